"""Sounds that the engine makes itself, and WAV files in and out. What people are told comes from the desk."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from caredesk.infra.hotline.embedded.g711 import RATE, Samples

LOUD = 6000
"""Amplitude of the engine's own tones: well under full scale, so that two may sound together."""

DTMF: Mapping[str, tuple[int, int]] = {
    digit: (low, high)
    for low, row in ((697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D"))
    for digit, high in zip(row, (1209, 1336, 1477, 1633), strict=True)
}
"""The two frequencies of each key (ITU-T Q.23), Hz."""


class NotAWave(Exception):
    """A file is not mono 16-bit PCM at 8 kHz."""


def tone(*frequencies: float, seconds: float, loud: int = LOUD) -> Samples:
    """Return a tone of one or several frequencies, with soft ends so that it does not click."""
    moments = np.arange(int(seconds * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * each * moments) for each in frequencies) * (loud / max(len(frequencies), 1))
    edge = min(len(moments) // 2, RATE // 100)
    shape = np.ones(len(moments))
    if edge:
        ramp = np.linspace(0, 1, edge)
        shape[:edge], shape[-edge:] = ramp, ramp[::-1]
    return (sound * shape).astype(np.int16)


def silence(seconds: float) -> Samples:
    """Return nothing to be heard."""
    return np.zeros(int(seconds * RATE), dtype=np.int16)


def own_sounds() -> Mapping[str, Callable[[], Samples]]:
    """Return what the engine can always play, even before it has ever seen the desk.

    The ringing and busy tones are China's (450 Hz; 1 s on and 4 s off, 0.35 s on and 0.35 s off; GB 3380-82).
    """
    return {
        "beep": lambda: tone(1000, seconds=0.4),
        "ringback": lambda: join(tone(450, seconds=1.0), silence(4.0)),
        "busy": lambda: join(*[part for _ in range(6) for part in (tone(450, seconds=0.35), silence(0.35))]),
        "silence": lambda: silence(1.0),
        "hold": _melody,
        **{f"dtmf_{digit}": partial(_key, pair) for digit, pair in _keys()},
    }


def _key(pair: tuple[int, int]) -> Samples:
    return join(tone(*pair, seconds=0.16), silence(0.08))


def _keys() -> Sequence[tuple[str, tuple[int, int]]]:
    names = {"*": "star", "#": "pound"}
    return [(names.get(digit, digit.lower()), pair) for digit, pair in DTMF.items()]


def _melody() -> Samples:
    """A slow run of five notes (the pentatonic scale), for the case that the desk has sent no music."""
    notes = (523.25, 587.33, 659.25, 783.99, 880.0, 783.99, 659.25, 587.33)
    return join(*[part for note in notes for part in (tone(note, note * 1.5, seconds=0.9, loud=2500), silence(0.3))])


def join(*parts: Samples) -> Samples:
    """Return sounds one after the other."""
    return np.concatenate(parts) if parts else silence(0)


def read_wave(data: bytes) -> Samples:
    """Return the samples of a prompt; raise `NotAWave` for anything but mono 16-bit PCM at 8 kHz."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
                raise NotAWave
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
    except (wave.Error, EOFError) as fault:
        raise NotAWave from fault


def write_wave(channels: Sequence[Samples]) -> bytes:
    """Return a WAV file of 16-bit PCM at 8 kHz; shorter channels are filled with silence."""
    length = max((len(one) for one in channels), default=0)
    table: npt.NDArray[np.int16] = np.zeros((length, len(channels)), dtype="<i2")
    for place, one in enumerate(channels):
        table[: len(one), place] = one
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(table.tobytes())
    return kept.getvalue()
