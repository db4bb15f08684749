"""Between what the matcher saw and how it is kept: values to data and back, and a decision made again from its record.

A sixth file: the codec belongs neither to the pure rules, which know no storage, nor to the queries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from caredesk.queue.policy import Policy
from caredesk.queue.rules import Candidate, Match, WorkItem, choose


def item_data(item: WorkItem) -> dict[str, Any]:
    """Return a piece of work as data."""
    return {name: _plain(value) for name, value in asdict(item).items()}


def item_from(data: Mapping[str, Any]) -> WorkItem:
    """Return the piece of work that data describe."""
    times = {name: _time(data[name]) for name in ("arrived_at", "deadline", "waiting_since")}
    return WorkItem(**{**data, **times, "skills": tuple(data["skills"])})


def candidate_data(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as data, without what only concerns one piece of work."""
    fields = (
        "staff_id", "name", "state", "connected", "may_reply", "load", "capacity", "exclusive", "has_phone",
    )  # fmt: skip
    kept = {name: getattr(candidate, name) for name in fields}
    return {
        **kept,
        "idle_since": candidate.idle_since.isoformat(),
        "levels": dict(candidate.levels),
        "languages": list(candidate.languages),
    }


def candidate_from(data: Mapping[str, Any]) -> Candidate:
    """Return the candidate that data describe."""
    idle_since = datetime.fromisoformat(data["idle_since"])
    return Candidate(**{**data, "idle_since": idle_since, "languages": tuple(data["languages"])})


def as_found(
    candidates: Sequence[Candidate], *, taken: Mapping[str, int], asked: Mapping[str, datetime]
) -> list[Candidate]:
    """Return the candidates with what was given out since, and when each was asked for this piece of work."""
    return [
        replace(c, load=c.load + taken.get(c.staff_id, 0), asked_at=asked.get(c.staff_id))
        if c.staff_id in taken or c.staff_id in asked
        else c
        for c in candidates
    ]


def make_again(
    *,
    item: Mapping[str, Any],
    candidates: Sequence[Mapping[str, Any]],
    taken: Mapping[str, int],
    asked: Mapping[str, str],
    policy: Policy,
    at: datetime,
) -> Match:
    """Make a recorded decision again from what was seen, by the version of the policy that held."""
    seen = [candidate_from(data) for data in candidates]
    times = {staff_id: datetime.fromisoformat(when) for staff_id, when in asked.items()}
    return choose(item_from(item), as_found(seen, taken=taken, asked=times), policy=policy, now=at)


def fingerprint(match: Match) -> str:
    """Return a short mark of who was excluded and why: two decisions for nobody with the same mark say the same."""
    said = sorted((r.candidate.staff_id, r.excluded) for r in match.ranked)
    return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
