"""Sound for telephones: any usable WAV becomes 8 kHz of even loudness, anything else is refused with a reason."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from caredesk.telephony.prompt_errors import SoundRefused
from caredesk.telephony.sound import (
    RATE,
    beep,
    hold_music,
    read_wav,
    signal_for,
    silence,
    spoken_sound,
    tone,
    uploaded_sound,
    written,
)

LIMITS = {"limit_bytes": 2_000_000, "longest_seconds": 60.0}


def wav(samples: np.ndarray, *, rate: int = RATE, channels: int = 1, width: int = 2) -> bytes:
    """Return a WAV file as another program writes it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


def pitch(samples: np.ndarray) -> float:
    """Return the loudest frequency of samples at 8 kHz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / RATE)[spectrum.argmax()])


def sine(hertz: float, *, rate: int, seconds: float = 1.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_any_usual_rate_becomes_a_telephones(rate: int) -> None:
    sound = uploaded_sound(wav(sine(1000, rate=rate), rate=rate), **LIMITS)
    samples, made = read_wav(sound.wav)
    assert made == RATE and sound.seconds == pytest.approx(1, abs=0.01)
    assert pitch(samples) == pytest.approx(1000, abs=3)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.01)


def test_what_a_telephone_cannot_carry_does_not_fold_back() -> None:
    mixed = sine(1000, rate=48000) + sine(6000, rate=48000)
    samples, _ = read_wav(uploaded_sound(wav(mixed, rate=48000), **LIMITS).wav)
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum[1000] > 100 * spectrum[RATE - 6000]


def test_two_channels_are_mixed() -> None:
    both = np.repeat(sine(500, rate=16000), 2)
    assert uploaded_sound(wav(both, rate=16000, channels=2), **LIMITS).seconds == pytest.approx(1, abs=0.01)


def test_speech_loses_the_silence_around_it() -> None:
    spoken = np.concatenate([silence(0.5), tone(600, seconds=0.4), silence(0.8)])
    assert spoken_sound(wav(spoken)).seconds == pytest.approx(0.46, abs=0.05)


def test_lengths_that_a_program_did_not_know_are_not_believed() -> None:
    content = bytearray(wav(sine(600, rate=RATE)))
    content[4:8] = content[40:44] = b"\xff\xff\xff\x7f"
    assert uploaded_sound(bytes(content), **LIMITS).seconds == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "type"),
        (b"ID3\x03 no wave", "type"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "broken"),
        (wav(sine(600, rate=RATE))[:44].replace(b"data", b"junk"), "broken"),
        (wav(sine(600, rate=RATE)[: RATE - RATE % 2], width=1), "format"),
        (wav(np.repeat(sine(600, rate=RATE), 4), channels=4), "format"),
        (wav(sine(600, rate=RATE), rate=4000), "format"),
        (wav(silence(1)), "empty"),
        (wav(sine(600, rate=RATE)[:10]), "empty"),
        (wav(sine(600, rate=RATE, seconds=61)), "long"),
        (b"RIFF" + b"\0" * 2_000_001, "size"),
    ],
)
def test_what_is_no_usable_recording_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(SoundRefused) as refused:
        uploaded_sound(content, **LIMITS)
    assert refused.value.fields["reason"] == reason


def test_music_is_soft_and_can_be_looped_without_a_click() -> None:
    samples, rate = read_wav(hold_music().wav)
    assert rate == RATE and 20 <= len(samples) / RATE <= 40
    assert np.abs(samples).max() < 0.25
    inside = np.abs(np.diff(samples)).max()
    assert abs(samples[0] - samples[-1]) <= inside


def test_the_beep_is_one_kilohertz() -> None:
    samples, _ = read_wav(beep().wav)
    assert pitch(samples) == pytest.approx(1000, abs=5)


def test_tones_in_the_place_of_words_tell_words_apart() -> None:
    assert signal_for("请按").wav == signal_for("请按").wav
    assert signal_for("请按").wav != signal_for("留言").wav
    assert signal_for("请按").seconds < 1


def test_a_sound_is_known_by_its_content() -> None:
    assert written(tone(600, seconds=0.1)).sha256 != written(tone(601, seconds=0.1)).sha256
