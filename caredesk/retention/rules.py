"""Pure decisions about time limits: when something's time is over, and what keeps a family from being erased."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Period:
    """A stretch of the calendar: months, and days after them."""

    months: int = 0
    days: int = 0


def later_by(at: datetime, *, period: Period) -> datetime:
    """Return the instant a period after another; a month's missing last days are its last one."""
    return _moved(at, months=period.months) + timedelta(days=period.days)


def earlier_by(at: datetime, *, period: Period) -> datetime:
    """Return the instant before which everything has lain for a whole period."""
    return _moved(at, months=-period.months) - timedelta(days=period.days)


def _moved(at: datetime, *, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


BARRIERS = ("held", "conversation_open", "visit_to_come", "parcel_under_way")
"""Why a family cannot be erased yet, the gravest first."""


def barriers_of(*, held: bool, open_conversations: int, visits: int, parcels: int) -> list[str]:
    """Return what has to end before a family is erased: its own matters, or the hold on it."""
    stands = (held, open_conversations > 0, visits > 0, parcels > 0)
    return [name for name, there in zip(BARRIERS, stands, strict=True) if there]


def added(counts: Mapping[str, int], *, name: str, count: int) -> dict[str, int]:
    """Return counts with some more of one name; nothing more leaves no trace."""
    return {**counts, name: counts.get(name, 0) + count} if count else dict(counts)
