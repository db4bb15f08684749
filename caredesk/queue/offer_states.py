"""The life of an offer as one table: made, then answered, missed or taken back, once. Whatever is not here is refused.

A sixth file beside the island's rules: the queries claim by it and the actions speak in its events.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from caredesk.queue.errors import OfferGone


class OfferState(StrEnum):
    """Where an offer stands. All but the first are for ever."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    WITHDRAWN = "withdrawn"


class OfferEvent(StrEnum):
    """What can happen to an offer."""

    ACCEPT = "accept"
    """Its agent takes the work."""
    DECLINE = "decline"
    """Its agent gives the work back."""
    TIME_OUT = "time_out"
    """Nobody answered in time."""
    WITHDRAW = "withdraw"
    """The work or the agent is gone."""


FIRST = OfferState.PENDING

TRANSITIONS: Mapping[tuple[OfferState, OfferEvent], OfferState] = {
    (OfferState.PENDING, OfferEvent.ACCEPT): OfferState.ACCEPTED,
    (OfferState.PENDING, OfferEvent.DECLINE): OfferState.DECLINED,
    (OfferState.PENDING, OfferEvent.TIME_OUT): OfferState.TIMED_OUT,
    (OfferState.PENDING, OfferEvent.WITHDRAW): OfferState.WITHDRAWN,
}


def after(state: OfferState, event: OfferEvent) -> OfferState:
    """Return the state that follows; `OfferGone` when nothing does."""
    follows = TRANSITIONS.get((state, event))
    if follows is None:
        raise OfferGone
    return follows


def outcome_of(event: OfferEvent) -> OfferState:
    """Return the state in which an event leaves an offer, from whichever state it may happen."""
    return next(follows for (_, what), follows in TRANSITIONS.items() if what is event)


def states_before(event: OfferEvent) -> list[OfferState]:
    """Return the states in which an event may happen; what claims an offer in one statement asks for these."""
    return [state for state, what in TRANSITIONS if what is event]
