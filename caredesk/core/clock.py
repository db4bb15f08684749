"""The clock port, and the one conversion between UTC and the clinic's wall clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

CLINIC_ZONE = ZoneInfo("Asia/Shanghai")
"""All of mainland China keeps one time without daylight saving."""


class Clock(Protocol):
    """Where time comes from: always aware and in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until told otherwise; for tests and simulations."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def advance(self, **delta: float) -> datetime:
        self._at += timedelta(**delta)
        return self._at


class ShiftedClock:
    """The machine's clock plus an offset read from a small JSON file: `{"shift_seconds": 3600}`.

    For drills and browser tests: a running desk can be moved to closing time without touching the machine.
    The file is read again whenever it changes; a missing file means no shift.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._shift = timedelta(0)

    def now(self) -> datetime:
        self._refresh()
        return datetime.now(UTC) + self._shift

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._shift, self._stamp = timedelta(0), None
            return
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            seconds = float(json.loads(self._path.read_text("utf-8"))["shift_seconds"])
            self._shift, self._stamp = timedelta(seconds=seconds), stamp


def clock_of(file: Path | None) -> Clock:
    """Return the clock of a process: the machine's, shifted by a drill's file if there is one (`clock_file`)."""
    return ShiftedClock(file) if file else SystemClock()


def clinic_time(at: datetime) -> datetime:
    """Return the clinic's wall-clock time of an instant."""
    return at.astimezone(CLINIC_ZONE)


def from_clinic(local: datetime) -> datetime:
    """Return the instant of a naive or aware wall-clock time at the clinic, in UTC."""
    aware = local if local.tzinfo else local.replace(tzinfo=CLINIC_ZONE)
    return aware.astimezone(UTC)
