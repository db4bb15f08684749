"""Recorded traffic made playable: what happened is kept, what was cut short by it is drawn anew.

Whoever was answered would have waited longer: their patience is known only to exceed their wait (censoring). The mean
patience is estimated with that in mind, and each of them gets the wait they had plus a drawn rest, which is exact for
exponential patience since it has no memory. Whoever gave up keeps the patience they showed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from caredesk.queue.rules import DEFAULT_HANDLING_SECONDS
from caredesk.sandbox.values import Contact

FEWEST_ABANDONED = 5
"""With fewer who gave up, the queues are taken together."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One conversation that asked for a person, as it went. `handling_seconds` is None when nobody ever served it."""

    id: str
    queue: str
    channel: str
    arrived_at: datetime
    priority: int
    language: str
    preferred_agent: str | None
    waited_seconds: float
    ended: Literal["answered", "abandoned", "otherwise"]
    handling_seconds: float | None
    skills: tuple[str, ...] = ()


def mean_patience(recorded: Sequence[Recorded]) -> float | None:
    """Estimate mean patience: all time waited over how many gave up, the maximum likelihood under censoring.

    None when nobody gave up: then nothing says how long people would wait.
    """
    gave_up = sum(1 for one in recorded if one.ended == "abandoned")
    return math.fsum(one.waited_seconds for one in recorded) / gave_up if gave_up else None


def patience_by_queue(recorded: Sequence[Recorded]) -> dict[str, float | None]:
    """Return the mean patience of each queue; of all queues together where too few gave up."""
    found: dict[str, float | None] = {}
    for key in sorted({one.queue for one in recorded}):
        own = [one for one in recorded if one.queue == key]
        enough = sum(1 for one in own if one.ended == "abandoned") >= FEWEST_ABANDONED
        found[key] = mean_patience(own if enough else recorded)
    return found


def playable(recorded: Sequence[Recorded], *, seed: int, replication: int) -> tuple[Contact, ...]:
    """Return the recorded contacts with what is unknown drawn for one replication."""
    patience = patience_by_queue(recorded)
    known = {key: [o.handling_seconds for o in recorded if o.queue == key and o.handling_seconds] for key in patience}
    draws = np.random.default_rng([seed, replication])
    ordered = sorted(recorded, key=lambda one: (one.arrived_at, one.id))
    return tuple(_contact(one, patience=patience[one.queue], known=known[one.queue], draws=draws) for one in ordered)


def _contact(one: Recorded, *, patience: float | None, known: Sequence[float], draws: np.random.Generator) -> Contact:
    # Both are drawn for everybody, so that the numbers of one contact never depend on what another one did.
    rest, place = float(draws.standard_exponential()), float(draws.random())
    handling = one.handling_seconds or (known[int(place * len(known))] if known else DEFAULT_HANDLING_SECONDS)
    stays = math.inf if patience is None else one.waited_seconds + rest * patience
    return Contact(
        id=one.id,
        queue=one.queue,
        arrives_at=one.arrived_at,
        handling_seconds=handling,
        patience_seconds=one.waited_seconds if one.ended == "abandoned" else stays,
        channel=one.channel,
        priority=one.priority,
        skills=one.skills,
        preferred_agent=one.preferred_agent,
        language=one.language,
    )
