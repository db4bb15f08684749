"""Tones and how to recognise them: what a peer plays, and for how long a recording holds which frequency.

Written without the engine's own G.711, so that a mistake there cannot hide itself.
"""

from __future__ import annotations

import struct
import wave
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE = 8_000
CALLER_HZ, AGENT_HZ, GREETING_HZ, MUSIC_HZ, SECOND_AGENT_HZ = 1_000, 600, 440, 350, 1_500
"""Who sounds how in these tests."""

A_LAW = 8
_WINDOW = RATE // 10
_QUIET = 200.0
_SEGMENT_ENDS = np.array([0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF])
_RTP_SAMPLES = 160
_EVENT_PAYLOAD = 101
_DIGITS = "0123456789*#ABCD"


def tone(hz: float, *, seconds: float) -> Samples:
    """Return a pure tone at a third of full loudness."""
    time = np.arange(int(seconds * RATE)) / RATE
    return cast("Samples", (10_000 * np.sin(2 * np.pi * hz * time)).astype(np.int16))


def seconds_of(hz: float, *, samples: Samples) -> float:
    """Return for how many seconds this frequency was the strongest, in windows of a tenth of a second."""
    windows = len(samples) // _WINDOW
    pieces = samples[: windows * _WINDOW].reshape(windows, _WINDOW).astype(float)
    loud = np.sqrt((pieces**2).mean(axis=1)) > _QUIET
    strongest = np.abs(np.fft.rfft(pieces * np.hanning(_WINDOW), axis=1)).argmax(axis=1) * RATE / _WINDOW
    return float((loud & (np.abs(strongest - hz) <= 15)).sum() / 10)


def seconds_with(hz: float, *, samples: Samples) -> float:
    """Return for how many seconds this frequency was among those that sounded, in windows of a tenth of a second."""
    windows = len(samples) // _WINDOW
    pieces = samples[: windows * _WINDOW].reshape(windows, _WINDOW).astype(float)
    loud = np.sqrt((pieces**2).mean(axis=1)) > _QUIET
    found = np.abs(np.fft.rfft(pieces * np.hanning(_WINDOW), axis=1))
    middle = round(hz * _WINDOW / RATE)
    return float((loud & (found[:, middle - 1 : middle + 2].max(axis=1) > 0.25 * found.max(axis=1))).sum() / 10)


def write_wav(path: Path, *, samples: Samples) -> Path:
    """Write one channel at 8 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def read_wav(path: Path) -> list[Samples]:
    """Return the channels of a WAV file, left first."""
    with wave.open(str(path), "rb") as file:
        assert file.getframerate() == RATE and file.getsampwidth() == 2
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return [both[side :: file.getnchannels()].astype(np.int16) for side in range(file.getnchannels())]


def to_a_law(samples: Samples) -> bytes:
    """Encode by ITU-T G.711."""
    value = samples.astype(np.int32) >> 3
    mask = np.where(value >= 0, 0xD5, 0x55)
    value = np.where(value >= 0, value, -value - 1)
    segment = np.searchsorted(_SEGMENT_ENDS, value, side="left")
    mantissa = np.where(segment < 2, value >> 1, value >> segment) & 0xF
    return ((segment << 4 | mantissa) ^ mask).astype(np.uint8).tobytes()


def from_a_law(payload: bytes) -> Samples:
    """Decode by ITU-T G.711."""
    code = np.frombuffer(payload, dtype=np.uint8).astype(np.int32) ^ 0x55
    segment = (code & 0x70) >> 4
    value = ((code & 0xF) << 4) + np.where(segment == 0, 8, 0x108)
    value = np.where(segment > 1, value << np.maximum(segment - 1, 0), value)
    return np.where(code & 0x80, value, -value).astype(np.int16)


# ---- RTP as a capture file, the form in which sipp plays it ----------------------------------------------


def write_tone_capture(path: Path, *, hz: float, seconds: float) -> Path:
    """Write a tone in A-law as RTP packets of 20 ms."""
    encoded = to_a_law(tone(hz, seconds=seconds))
    packets = [
        (number * 0.02, _rtp(A_LAW, sequence=number, timestamp=number * _RTP_SAMPLES, body=encoded[start:end]))
        for number, (start, end) in enumerate(_pieces(len(encoded)))
    ]
    return _write_capture(path, packets=packets)


def write_digits_capture(path: Path, *, digits: str) -> Path:
    """Write digits as RFC 4733 events of 100 ms: updates every 20 ms, the end three times, 100 ms of pause."""
    packets: list[tuple[float, bytes]] = []
    for position, digit in enumerate(digits):
        began, timestamp = position * 0.2, position * 1_600
        for update in range(8):
            ends = update >= 5
            lasted = min(update + 1, 5) * _RTP_SAMPLES
            body = struct.pack("!BBH", _DIGITS.index(digit), 0x80 * ends | 10, lasted)
            sequence = 1_000 + position * 8 + update
            mark = 0x80 if update == 0 else 0
            packet = _rtp(_EVENT_PAYLOAD | mark, sequence=sequence, timestamp=timestamp, body=body)
            packets.append((began + min(update, 5) * 0.02, packet))
    return _write_capture(path, packets=packets)


def _pieces(length: int) -> list[tuple[int, int]]:
    return [(start, start + _RTP_SAMPLES) for start in range(0, length - _RTP_SAMPLES + 1, _RTP_SAMPLES)]


def _rtp(payload_type: int, *, sequence: int, timestamp: int, body: bytes) -> bytes:
    return struct.pack("!BBHII", 0x80, payload_type, sequence, timestamp, 0x0CA11E12) + body


def _write_capture(path: Path, *, packets: list[tuple[float, bytes]]) -> Path:
    """Write Ethernet frames with IPv4 and UDP around the packets; sipp puts in its own addresses."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)]
    for seconds, packet in packets:
        udp = struct.pack("!HHHH", 40_000, 40_000, 8 + len(packet), 0) + packet
        host = bytes([127, 0, 0, 1])
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, host, host) + udp
        frame = bytes(12) + b"\x08\x00" + ip
        whole, part = divmod(round(seconds * 1_000_000), 1_000_000)
        parts += [struct.pack("<IIII", whole, part, len(frame), len(frame)), frame]
    path.write_bytes(b"".join(parts))
    return path
