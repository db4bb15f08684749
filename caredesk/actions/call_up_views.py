"""What screens are told of call-ups: the attempts of requests, in their order."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from caredesk.assistance import call_up_queries as queries
from caredesk.assistance.call_up_models import CallUp, CallUpLeg
from caredesk.assistance.call_up_schemas import DeadLeg
from caredesk.events.assist_shapes import LegView

SHOWN = (
    "id",
    "step",
    "channel",
    "to",
    "attempt",
    "state",
    "reason",
    "planned_at",
    "sent_at",
    "delivered_at",
    "ended_at",
    "outcome",
)
"""What a view shows just as the row has it."""


def legs_of(session: Session, *, request_ids: Collection[str]) -> dict[str, list[LegView]]:
    """Return every attempt for some requests, oldest first; a request without any has an empty list."""
    found: dict[str, list[LegView]] = {request_id: [] for request_id in request_ids}
    if not found:
        return found
    for request_id, leg, relation in queries.list_legs_of_requests(session, request_ids=request_ids):
        found[request_id].append(leg_view(leg, relation=relation))
    return found


def leg_view(leg: CallUpLeg, *, relation: str) -> LegView:
    """Return one attempt."""
    return LegView(**{name: getattr(leg, name) for name in SHOWN}, relation=relation)


def dead_view(leg: CallUpLeg, *, call_up: CallUp) -> DeadLeg:
    """Return a message that nobody could send."""
    return DeadLeg(
        id=leg.id,
        call_up_id=leg.call_up_id,
        request_id=call_up.request_id,
        channel=leg.channel,
        to=leg.to,
        error=leg.reason,
        tries=leg.tries,
        planned_at=leg.planned_at,
    )
