"""Decisions about recordings, and their measure: length and peaks, taken while the bytes pass by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import numpy as np

from caredesk.telephony.recording_errors import PurposeRefused, RecordingRefused
from caredesk.telephony.sound import WavHead, read_head

Purpose = Literal["service", "quality", "complaint", "training"]
"""What somebody listens for: the family's matter, a quality review, a complaint, or teaching."""

FOR_EVERYONE = frozenset({"service"})
MOST_PEAKS = 400
"""Columns of a waveform: as many as a wide screen can show apart."""
SLICE_SECONDS = 0.1
HEAD_BYTES = 4096
"""Within so many bytes a WAV file's samples begin; a header that goes on for longer is no honest one."""


def check_purpose(purpose: Purpose, *, sees_floor: bool) -> None:
    """Refuse a purpose that only supervisors have."""
    if purpose not in FOR_EVERYONE and not sees_floor:
        raise PurposeRefused(purpose=purpose)


def kept_until(kept_at: datetime, *, days: int) -> datetime:
    """Return when a recording is deleted."""
    return kept_at + timedelta(days=days)


@dataclass(frozen=True)
class Measured:
    """What a whole recording is: its length, and the loudest of each stretch by channel, from 0 to 100."""

    seconds: float
    channels: int
    peaks: list[list[int]]


class Meter:
    """Measures a WAV file that comes in pieces of any size; holds no more of it than its head and one slice."""

    def __init__(self) -> None:
        self._head: WavHead | None = None
        self._rest = b""
        self._samples = 0
        self._slices: list[tuple[int, ...]] = []

    def feed(self, piece: bytes) -> None:
        """Take the next bytes; raise SoundRefused when they are no WAV file of 16 bit."""
        self._rest += piece
        if self._head is None:
            if len(self._rest) < HEAD_BYTES:
                return
            self._begin()
        self._measure(last=False)

    def result(self) -> Measured:
        """Return the measure of everything that came; raise RecordingRefused when there was no sound at all."""
        if self._head is None:
            self._begin()
        self._measure(last=True)
        if self._head is None or not self._samples:
            raise RecordingRefused(reason="empty")
        columns = _columns(self._slices)
        return Measured(
            seconds=round(self._samples / self._head.rate, 2),
            channels=self._head.channels,
            peaks=[[column[channel] for column in columns] for channel in range(self._head.channels)],
        )

    def _begin(self) -> None:
        self._head = read_head(self._rest[:HEAD_BYTES])
        self._rest = self._rest[self._head.offset :]

    def _measure(self, *, last: bool) -> None:
        head = self._head
        if head is None:
            return
        step = int(head.rate * SLICE_SECONDS) * head.channels * 2
        whole = len(self._rest) if last else len(self._rest) - len(self._rest) % step
        whole -= whole % (2 * head.channels)
        for start in range(0, whole, step):
            self._slice(self._rest[start : min(start + step, whole)], channels=head.channels)
        self._rest = self._rest[whole:]

    def _slice(self, piece: bytes, *, channels: int) -> None:
        samples = np.frombuffer(piece, dtype="<i2").reshape(-1, channels).astype(np.int32)
        self._samples += len(samples)
        self._slices.append(tuple(int(loud) for loud in np.abs(samples).max(axis=0) * 100 // 32768))


def _columns(slices: Sequence[tuple[int, ...]]) -> Sequence[tuple[int, ...]]:
    """Return at most so many columns as can be shown, each the loudest of its stretch."""
    if len(slices) <= MOST_PEAKS:
        return slices
    edges = np.linspace(0, len(slices), MOST_PEAKS + 1).astype(int)
    return [tuple(max(channel) for channel in zip(*slices[start:end], strict=True)) for start, end in pairwise(edges)]
