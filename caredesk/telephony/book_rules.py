"""The book of calls: which callers nobody has reached yet, and how one call went. Pure.

A caller is missed who asked for a person, got none, wished nothing else, and has not been spoken with since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

MISSED = frozenset({"abandoned_queue", "abandoned_ring", "queue_timeout", "overflow"})
"""How a call ends whose caller wanted somebody. Messages and wanted call-backs have lists of their own."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One call between a number and the desk, whoever dialled."""

    call_id: str
    number: str
    incoming: bool
    started_at: datetime
    bridged_at: datetime | None
    ended_at: datetime | None
    disposition: str


@dataclass(frozen=True, slots=True)
class Missed:
    """The newest missed call of a number, how often it tried in vain, and how often the desk has tried since."""

    call_id: str
    times: int
    tried: int
    being_called: bool


def missed_of(touches: Iterable[Touch]) -> list[Missed]:
    """Return whom nobody has reached, the newest call of each number, newest first; withheld numbers are left out."""
    by_number: dict[str, list[Touch]] = {}
    for one in sorted(touches, key=lambda touch: (touch.started_at, touch.call_id)):
        if one.number:
            by_number.setdefault(one.number, []).append(one)
    found = [(open_ones[-1], missed) for open_ones, missed in map(_of_number, by_number.values()) if missed]
    found.sort(key=lambda pair: (pair[0].started_at, pair[0].call_id), reverse=True)
    return [missed for _, missed in found]


def _of_number(touches: list[Touch]) -> tuple[list[Touch], Missed | None]:
    """Return the missed calls since the number was last spoken with, and what they come to."""
    since: list[Touch] = []
    for one in touches:
        since = [] if one.bridged_at is not None else [*since, one]
    vain = [one for one in since if one.incoming and one.disposition in MISSED]
    if not vain or any(one.incoming and one.ended_at is None for one in since):
        # Whoever is on the line again is waiting, not missed.
        return [], None
    later = [one for one in since if not one.incoming and one.started_at >= vain[-1].started_at]
    return vain, Missed(
        call_id=vain[-1].call_id,
        times=len(vain),
        tried=sum(one.ended_at is not None for one in later),
        being_called=any(one.ended_at is None for one in later),
    )
