"""The floor's figures, one definition each: numerator, denominator, window (B60). Pure, so that a slow count agrees.

The words for people stand in the front end under `figure.<name>`; what is counted stands here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact as the figures see it. `limit` is its queue's level; `gone_at` is when it ended untaken.

    `arrived_at` is since when it waits for somebody at a desk: for a message left at night, since the opening.
    `waiting` is whether it waits now: for the first time, or again because its agent has left.
    """

    queue_id: str
    arrived_at: datetime
    taken_at: datetime | None
    gone_at: datetime | None
    limit: timedelta
    waiting: bool = False
    channel: str = "webchat"


CALLS = frozenset({"call", "hotline"})
"""Channels on which somebody holds a receiver; they are judged by 15 and 20 seconds (GB/T 33358)."""


@dataclass(frozen=True, slots=True)
class Share:
    """A rate with what it is made of. Without anything to judge it has no value: silence is not 100 %."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Return the rate between 0 and 1, or None."""
        return self.part / self.whole if self.whole else None


def service_level(contacts: Iterable[Contact]) -> Share:
    """Taken by a person within the queue's limit after arrival, of all who were taken today."""
    waits = [(c.taken_at - c.arrived_at, c.limit) for c in contacts if c.taken_at is not None]
    return Share(sum(wait <= limit for wait, limit in waits), len(waits))


def answer_rate(contacts: Iterable[Contact]) -> Share:
    """Taken by a person, of all whose wait is over: taken, or gone untaken. Who still waits is judged later."""
    over = [c for c in contacts if c.taken_at is not None or c.gone_at is not None]
    return Share(sum(c.taken_at is not None for c in over), len(over))


def abandonment(contacts: Iterable[Contact]) -> Share:
    """Gone untaken, of all whose wait is over: what the answer rate leaves."""
    answered = answer_rate(contacts)
    return Share(answered.whole - answered.part, answered.whole)


def calls_within(contacts: Iterable[Contact], *, seconds: int) -> Share:
    """Calls taken within so many seconds, of all calls whose wait is over: who hangs up counts against it."""
    over = [c for c in contacts if c.channel in CALLS and (c.taken_at is not None or c.gone_at is not None)]
    limit = timedelta(seconds=seconds)
    return Share(sum(c.taken_at is not None and c.taken_at - c.arrived_at <= limit for c in over), len(over))


def average_wait(contacts: Iterable[Contact]) -> float | None:
    """Mean seconds from arrival to being taken, of today's taken."""
    waits = [(c.taken_at - c.arrived_at).total_seconds() for c in contacts if c.taken_at is not None]
    return sum(waits) / len(waits) if waits else None


def longest_wait(contacts: Iterable[Contact], *, now: datetime) -> float | None:
    """Seconds that the longest of those who still wait has waited by now."""
    waits = [(now - c.arrived_at).total_seconds() for c in contacts if c.waiting]
    return max(waits, default=None)


def occupancy(seats: Sequence[tuple[int, int]]) -> Share:
    """Load held now, of the capacity of everyone who is ready or busy and connected; as (load, capacity)."""
    return Share(sum(min(load, capacity) for load, capacity in seats), sum(capacity for _, capacity in seats))
