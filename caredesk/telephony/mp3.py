"""MP3 as call centres keep it: how long a recording is and how many channels it has, read while its bytes pass by.

Frames are counted by their heads (ISO/IEC 11172-3 and 13818-3, layer III); nothing is decoded, so there are no peaks.
"""

from __future__ import annotations

from dataclasses import dataclass

from caredesk.telephony.prompt_errors import SoundRefused
from caredesk.telephony.recording_rules import Measured, Meter

_LAYER_THREE = 1
_MONO = 3
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Samples a second by version: MPEG 1, 2 and 2.5."""
_KILOBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""A second by the head's index; first of MPEG 1, then of the lower rates."""
HEAD = 4
TAG = 10
FEWEST_FRAMES = 2
"""Any bytes may hold something like one head."""
MOST_STRAY = 65_536
"""So many bytes that belong to no frame are let be before the first one; more is something else than sound."""


@dataclass(frozen=True)
class Frame:
    """What the head of a frame says."""

    length: int
    samples: int
    rate: int
    channels: int


def read_frame(head: bytes) -> Frame | None:
    """Return what four bytes say as the head of a frame; None when they are none."""
    if len(head) < HEAD or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or (head[1] >> 1) & 3 != _LAYER_THREE:
        return None
    version, bits, speed = (head[1] >> 3) & 3, head[2] >> 4, (head[2] >> 2) & 3
    if version not in _RATES or speed == 3 or not 0 < bits < 15:
        return None
    is_first, rate = version == 3, _RATES[version][speed]
    samples = 1152 if is_first else 576
    length = samples // 8 * _KILOBITS[is_first][bits] * 1000 // rate + ((head[2] >> 1) & 1)
    return Frame(length, samples, rate, 1 if head[3] >> 6 == _MONO else 2)


class Mp3Meter:
    """Measures an MP3 file that comes in pieces of any size; holds no more of it than one head."""

    def __init__(self) -> None:
        self._rest = b""
        self._skip = 0
        self._begun = False
        self._stray = 0
        self._frames = 0
        self._seconds = 0.0
        self._channels = 1

    def feed(self, piece: bytes) -> None:
        """Take the next bytes; raise SoundRefused when they are no MP3."""
        data = self._rest + piece
        at = 0
        while True:
            step = min(self._skip, len(data) - at)
            at, self._skip = at + step, self._skip - step
            if self._skip or len(data) - at < (HEAD if self._begun else TAG):
                break
            at += self._look(data[at : at + TAG])
        self._rest = data[at:]

    def _look(self, here: bytes) -> int:
        """Take what begins here; return by how much to go on, what is longer is skipped as it comes."""
        if not self._begun:
            self._begun = True
            if here[:3] == b"ID3":
                self._skip = TAG + sum(byte << shift for byte, shift in zip(here[6:10], (21, 14, 7, 0), strict=True))
                return 0
        frame = read_frame(here[:HEAD])
        if frame is None:
            self._stray += 1
            if not self._frames and self._stray > MOST_STRAY:
                raise SoundRefused(reason="type")
            return 1
        self._frames += 1
        self._seconds += frame.samples / frame.rate
        self._channels, self._skip = frame.channels, frame.length
        return 0

    def result(self) -> Measured:
        """Return the measure of everything that came; raise SoundRefused when there were no frames."""
        if self._frames < FEWEST_FRAMES:
            raise SoundRefused(reason="type")
        return Measured(seconds=round(self._seconds, 2), channels=self._channels, peaks=[])


class AnyMeter:
    """Measures what a call centre sends, by its first bytes: a WAV file, or else an MP3 file."""

    def __init__(self) -> None:
        self._first = b""
        self._meter: Meter | Mp3Meter | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next bytes; raise SoundRefused when they are neither."""
        if self._meter is None:
            self._first += piece
            if len(self._first) < HEAD:
                return
            self._meter = Meter() if self._first.startswith(b"RIFF") else Mp3Meter()
            piece = self._first
        self._meter.feed(piece)

    def result(self) -> Measured:
        """Return the measure of everything that came; raise SoundRefused or RecordingRefused when it is no sound."""
        if self._meter is None:
            raise SoundRefused(reason="type")
        return self._meter.result()
