"""Pure decisions of the matcher: who may take a conversation, who is asked first, how long a wait will be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

POLICY_VERSION = 1

PAUSE_BEFORE_ASKING_AGAIN = timedelta(seconds=30)
"""Who declined or missed a conversation is not asked for it again before this."""

STICKY_FOR = timedelta(minutes=2)
"""How long a returning visitor's agent is preferred over others (B12)."""

URGENT = 10
"""Priority class of a conversation with a red flag; ordinary ones have 0."""

DEFAULT_HANDLING_SECONDS = 480.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One agent skilled for the queue, as the matcher sees them."""

    staff_id: str
    name: str
    state: str
    connected: bool
    may_reply: bool
    level: int
    load: int
    capacity: int
    idle_since: datetime
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with the reasons for exclusion, or a rank among the eligible (0 is asked first)."""

    candidate: Candidate
    excluded: tuple[str, ...]
    rank: int | None


@dataclass(frozen=True, slots=True)
class Match:
    """The matcher's decision and everything it was based on (B11)."""

    chosen: Candidate | None
    ranked: tuple[Ranked, ...]


def choose(candidates: Sequence[Candidate], *, preferred_id: str | None, arrived_at: datetime, now: datetime) -> Match:
    """Choose whom to ask: the preferred one for a short while, else least loaded, longest idle, most skilled."""
    excluded = {c.staff_id: exclusions(c, now=now) for c in candidates}
    sticky = preferred_id if now - arrived_at <= STICKY_FOR else None
    eligible = sorted((c for c in candidates if not excluded[c.staff_id]), key=lambda c: _order(c, preferred_id=sticky))
    ranks = {c.staff_id: rank for rank, c in enumerate(eligible)}
    ranked = tuple(Ranked(c, excluded[c.staff_id], ranks.get(c.staff_id)) for c in candidates)
    return Match(eligible[0] if eligible else None, ranked)


def exclusions(candidate: Candidate, *, now: datetime) -> tuple[str, ...]:
    """Return why the agent cannot be asked now; empty when they can (B8)."""
    asked_at = candidate.asked_at
    checks = {
        "not_connected": not candidate.connected,
        "not_ready": candidate.state != "ready",
        "not_permitted": not candidate.may_reply,
        "no_capacity": candidate.load >= candidate.capacity,
        "just_asked": asked_at is not None and now - asked_at < PAUSE_BEFORE_ASKING_AGAIN,
    }
    return tuple(code for code, holds in checks.items() if holds)


def _order(candidate: Candidate, *, preferred_id: str | None) -> tuple[bool, bool, float, datetime, int, str]:
    return (
        candidate.staff_id != preferred_id,
        # Somebody who has not been asked yet comes before somebody who declined.
        candidate.asked_at is not None,
        candidate.load / max(candidate.capacity, 1),
        candidate.idle_since,
        -candidate.level,
        candidate.staff_id,
    )


@dataclass(frozen=True, slots=True)
class Wait:
    """An honest range in whole minutes; None when nobody is there to serve it."""

    low_minutes: int | None
    high_minutes: int | None


def estimate_wait(*, position: int, slots: int, free_slots: int, handling_seconds: float) -> Wait:
    """Estimate the wait of the one at `position` (1 is next).

    `slots` conversations are served at a time by the agents who are ready, each for `handling_seconds` on average,
    so one slot falls free every handling/slots seconds. The range is wide on purpose: service times scatter about
    as much as their mean.
    """
    if slots <= 0:
        return Wait(None, None)
    if position <= free_slots:
        return Wait(0, 1)
    expected = (position - free_slots) * handling_seconds / slots / 60
    return Wait(math.floor(expected * 0.5), max(1, math.ceil(expected * 1.5)))
