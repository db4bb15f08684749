"""How many agents each quarter needs: Erlang A on the forecast, with measured patience and handling times. Pure.

Each queue is reckoned alone, and all queues together as one pool: an agent who knows several queues may serve a quiet
one beside another, so the pool needs fewer than the sum. A roster is enough when every queue has as many skilled
agents as it needs and the pool as many agents as it needs. Groups of some queues between one and all are not
reckoned, so a roster may look sufficient although two busy queues share the same few people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from caredesk.staffing.assumptions import Assumptions, ChannelUse
from caredesk.staffing.erlang import Load, Target, agents_needed
from caredesk.staffing.grid import Numbers

QUARTER_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Service:
    """How a queue is served: seconds to handle, willingness to wait, chats at a time, and what is wanted."""

    handling_seconds: float
    patience_seconds: float
    slots: int
    target: Target
    shrinkage: float


def handling_of(channels: Mapping[str, ChannelUse], *, slots: int) -> float:
    """Return the mean slot-seconds of a contact: an exclusive one takes all slots of its agent while it lasts."""
    whole = sum(use.share for use in channels.values()) or 1.0
    taken = sum(use.share * use.handling_seconds * (slots if use.exclusive else 1) for use in channels.values())
    return taken / whole


def service_of(assumptions: Assumptions, *, within_seconds: float) -> Service:
    """Return how a queue is served until anything is measured."""
    return Service(
        handling_seconds=handling_of(assumptions.channels, slots=assumptions.slots),
        patience_seconds=assumptions.patience_seconds,
        slots=assumptions.slots,
        target=Target(assumptions.share, within_seconds, assumptions.max_occupancy),
        shrinkage=assumptions.shrinkage,
    )


def measured_patience(*, waited_seconds: float, abandoned: int, assumed: float, weight: float) -> float:
    """Return the mean patience: time waited by all over those who gave up, shrunk toward the assumption.

    Who was answered might have waited longer: their time counts, they do not (censoring). This is the maximum
    likelihood of an exponential patience; `weight` imagined givers-up at the assumed patience stand beside it.
    """
    return (weight * assumed + waited_seconds) / (weight + abandoned)


def measured_handling(*, handled_seconds: float, contacts: int, assumed: float, weight: float) -> float:
    """Return the mean handling time, shrunk toward the assumption in the same way."""
    return (weight * assumed + handled_seconds) / (weight + contacts)


def agents_for(contacts: Numbers, *, is_open: Numbers, service: Service) -> np.ndarray:
    """Return the agents that each quarter needs: at least one while open, none while closed."""
    # Rounding to hundredths of a contact lets equal quarters be reckoned once; it is far below any forecast's error.
    rounded = np.round(contacts, 2)
    needed = [_agents(float(rate), service) if opened > 0 else 0 for rate, opened in zip(rounded, is_open, strict=True)]
    return np.array(needed, dtype=np.int64)


def pooled(contacts: Sequence[Numbers], services: Sequence[Service]) -> tuple[Numbers, Service]:
    """Return all queues as one: contacts added, times weighed by contacts, the strictest of what is wanted."""
    total: Numbers = np.sum(contacts, axis=0)
    weights = [max(float(one.sum()), 1e-9) for one in contacts]
    handling = float(np.average([s.handling_seconds for s in services], weights=weights))
    patience = float(np.average([s.patience_seconds for s in services], weights=weights))
    target = Target(
        max(s.target.share for s in services),
        float(np.average([s.target.within_seconds for s in services], weights=weights)),
        min(s.target.max_occupancy for s in services),
    )
    slots = min(s.slots for s in services)
    return total, Service(round(handling), round(patience), slots, target, max(s.shrinkage for s in services))


@lru_cache(maxsize=65536)
def _agents(contacts: float, service: Service) -> int:
    load = Load(contacts / QUARTER_SECONDS, service.handling_seconds, service.patience_seconds)
    bare = agents_needed(load, target=service.target, slots=service.slots, at_least=1)
    # Shrinkage is rounded, not rounded up: one agent at night must not become two because nobody works every minute.
    return max(1, math.floor(bare / (1 - service.shrinkage) + 0.5))
