"""Telephone sound as bytes: WAV in and out, 8 kHz, silence cut, tones and hold music. No files, no database."""

from __future__ import annotations

import hashlib
import io
import struct
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caredesk.telephony.prompt_errors import SoundRefused

RATE = 8000
"""Samples a second of everything that a telephone plays (G.711)."""

Samples = NDArray[np.float64]
"""One channel, between -1 and 1."""

LOUDEST = 0.5
"""Peaks of prompts: half of full scale (-6 dBFS), so that no gateway clips them."""
QUIET = 0.01
EDGE_SECONDS = 0.03
"""What stays of the silence before and after spoken parts, so that joined parts sound like one sentence."""
SLOPE_TAPS = 101
"""Length of the low-pass filter before samples are left out; enough for speech."""
RATES = range(8000, 96_001)
MAX_CHANNELS = 2


@dataclass(frozen=True)
class Sound:
    """A finished prompt: a WAV file of 8 kHz, one channel, 16 bit."""

    wav: bytes
    seconds: float

    @property
    def sha256(self) -> str:
        """Return by what the telephony process knows whether it has this sound already."""
        return hashlib.sha256(self.wav).hexdigest()


@dataclass(frozen=True)
class WavHead:
    """What a WAV file says of itself: where its samples begin, and what they are."""

    rate: int
    channels: int
    offset: int

    @property
    def bytes_per_second(self) -> int:
        """Return how many bytes one second takes (16 bit)."""
        return self.rate * self.channels * 2


# ---- reading ---------------------------------------------------------------------------------------------


def read_head(content: bytes) -> WavHead:
    """Return what the first bytes of a WAV file say; raise SoundRefused with `reason` type or format.

    Lengths are not believed: programs that write to a pipe do not know them (WAVE as in RFC 2361).
    """
    if len(content) < 12 or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise SoundRefused(reason="type")
    at, said = 12, None
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if name == b"fmt " and at + 24 <= len(content):
            said = struct.unpack_from("<HHIIHH", content, at + 8)
        if name == b"data":
            return _checked_head(said, offset=at + 8)
        at += 8 + size + size % 2
    raise SoundRefused(reason="broken")


def _checked_head(said: tuple[int, ...] | None, *, offset: int) -> WavHead:
    if said is None:
        raise SoundRefused(reason="broken")
    encoding, channels, rate, _, _, bits = said
    # 1 is plain samples, 0xFFFE the extensible way of saying the same.
    if encoding not in (1, 0xFFFE) or bits != 16 or not 1 <= channels <= MAX_CHANNELS or rate not in RATES:
        raise SoundRefused(reason="format")
    return WavHead(rate=rate, channels=channels, offset=offset)


def read_wav(content: bytes) -> tuple[Samples, int]:
    """Return a WAV file's samples, channels mixed into one, and their rate; raise SoundRefused when it is none."""
    head = read_head(content)
    body = content[head.offset :]
    whole = len(body) - len(body) % (2 * head.channels)
    samples = np.frombuffer(body[:whole], dtype="<i2").astype(np.float64) / 32768
    return samples.reshape(-1, head.channels).mean(axis=1), head.rate


# ---- making it fit for a telephone -----------------------------------------------------------------------


def spoken_sound(content: bytes) -> Sound:
    """Return what a speech program wrote, as a prompt: 8 kHz, even loudness, without silence around it."""
    samples, rate = read_wav(content)
    return written(_evened(_without_silence(to_rate(samples, rate=rate))))


def uploaded_sound(content: bytes, *, limit_bytes: int, longest_seconds: float) -> Sound:
    """Return an uploaded recording as a prompt; raise SoundRefused with `reason` size, type, format, long or empty."""
    if len(content) > limit_bytes:
        raise SoundRefused(reason="size", limit=limit_bytes)
    samples, rate = read_wav(content)
    if len(samples) > longest_seconds * rate:
        raise SoundRefused(reason="long", limit=int(longest_seconds))
    if len(samples) < rate * 0.05 or float(np.abs(samples).max(initial=0)) < QUIET:
        raise SoundRefused(reason="empty")
    return written(_evened(to_rate(samples, rate=rate)))


def to_rate(samples: Samples, *, rate: int) -> Samples:
    """Return samples at 8 kHz; what a telephone cannot carry is filtered out first, so that nothing folds back."""
    if rate == RATE or not len(samples):
        return samples
    taps = np.arange(SLOPE_TAPS) - (SLOPE_TAPS - 1) / 2
    kernel = np.sinc(2 * 3400 / rate * taps) * np.hamming(SLOPE_TAPS)
    smooth = np.convolve(samples, kernel / kernel.sum(), mode="same")
    wanted = np.arange(0, len(samples) / rate, 1 / RATE)
    fewer: Samples = np.interp(wanted, np.arange(len(samples)) / rate, smooth)
    return fewer


def _without_silence(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > QUIET)
    if not len(loud):
        return samples
    edge = int(EDGE_SECONDS * RATE)
    return samples[max(0, int(loud[0]) - edge) : int(loud[-1]) + edge]


def _evened(samples: Samples) -> Samples:
    peak = float(np.abs(samples).max(initial=0))
    return samples * (LOUDEST / peak) if peak else samples


def written(samples: Samples) -> Sound:
    """Return samples of 8 kHz as a prompt."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return Sound(wav=file.getvalue(), seconds=round(len(samples) / RATE, 3))


# ---- tones and music -------------------------------------------------------------------------------------


def tone(hertz: float, *, seconds: float, loud: float = 0.3) -> Samples:
    """Return a soft tone that begins and ends without a click."""
    at = np.arange(int(seconds * RATE)) / RATE
    ramp = np.minimum(1, np.minimum(at, seconds - at) / 0.02)
    return loud * np.sin(2 * np.pi * hertz * at) * ramp


def silence(seconds: float) -> Samples:
    """Return nothing to hear."""
    return np.zeros(int(seconds * RATE))


def beep() -> Sound:
    """Return the tone after which a message is recorded (1 kHz, 0.4 s)."""
    return written(tone(1000, seconds=0.4))


def signal_for(text: str) -> Sound:
    """Return tones in the place of words that cannot be spoken, the same for the same words."""
    seed = hashlib.sha256(text.encode()).digest()
    notes = [tone(440 * 2 ** (step % 12 / 12), seconds=0.12) for step in seed[:3]]
    return written(np.concatenate([*notes, silence(0.1)]))


@dataclass(frozen=True)
class Tones:
    """Says everything by tones, where nothing can speak."""

    speaks: bool = False

    def sound(self, name: str, *, text: str) -> Sound:
        """Return our own sound of this name, else tones for the words."""
        return OWN_SOUNDS[name]() if name in OWN_SOUNDS else signal_for(text)


CHORDS: Sequence[tuple[float, ...]] = (
    (261.63, 329.63, 392.00, 493.88),
    (220.00, 261.63, 329.63, 392.00),
    (174.61, 220.00, 261.63, 329.63),
    (196.00, 246.94, 293.66, 392.00),
)
"""C, A minor, F and G with their sevenths, the plainest of progressions: nobody's composition."""
ORDER = (0, 2, 1, 3, 2, 1)
NOTE_SECONDS = 0.5


def hold_music() -> Sound:
    """Return soft music to wait by, made of our own tones; it ends where it begins, so that it can be looped."""
    notes = [(chord[step], chord[0] / 2) for _ in range(2) for chord in CHORDS for step in ORDER]
    size = int(NOTE_SECONDS * RATE)
    mixed = np.zeros(size * len(notes))
    for index, (melody, bass) in enumerate(notes):
        struck = _struck(melody) + (0.6 * _struck(bass) if index % len(ORDER) == 0 else 0)
        # A note rings on into the next ones, and the last ones into the first.
        places = (np.arange(len(struck)) + index * size) % len(mixed)
        np.add.at(mixed, places, struck)
    return written(mixed * (0.22 / np.abs(mixed).max()))


def _struck(hertz: float) -> Samples:
    at = np.arange(int(2.4 * RATE)) / RATE
    fades = np.exp(-at * 2.2) * np.minimum(1, at / 0.015) * np.minimum(1, (2.4 - at) / 0.1)
    note: Samples = (np.sin(2 * np.pi * hertz * at) + 0.25 * np.sin(4 * np.pi * hertz * at)) * fades
    return note


OWN_SOUNDS: Mapping[str, Callable[[], Sound]] = {"hold": hold_music, "beep": beep}
"""Sounds that are no words, by name."""
