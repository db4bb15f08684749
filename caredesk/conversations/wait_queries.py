"""SQL of today's waits, which the floor's figures count; apart from the timeline's because no command needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from caredesk.conversations.line_queries import waited_since
from caredesk.conversations.models import Conversation

OPEN = ("bot", "waiting", "message", "active")


@dataclass(frozen=True, slots=True)
class Wait:
    """When one person asked for a person, was taken, or went without."""

    queue_id: str
    arrived_at: datetime
    taken_at: datetime | None
    closed_at: datetime | None
    waiting: bool
    channel: str


def list_waits_since(session: Session, *, since: datetime, queue_id: str | None = None) -> Sequence[Wait]:
    """Return the waits that ended since an instant, by being taken or by leaving, and those that go on."""
    # Whatever counts is open or was closed since then: both are found by an index, in years of records.
    recent = or_(Conversation.status.in_(OPEN), Conversation.closed_at >= since)
    counts = or_(
        Conversation.assigned_at >= since,
        Conversation.status == "waiting",
        and_(Conversation.closed_at >= since, Conversation.assigned_at.is_(None)),
    )
    times = (waited_since(), Conversation.assigned_at, Conversation.closed_at)
    columns = (Conversation.arrived_at, Conversation.queue_id, *times, Conversation.status, Conversation.channel)
    query = select(*columns).where(recent, counts)
    if queue_id is not None:
        query = query.where(Conversation.queue_id == queue_id)
    # Put in order here: a store that is asked for the order of arrivals may walk through all that ever arrived.
    rows = [row for row in session.execute(query) if row[0] is not None]
    return [
        Wait(queue_id or "", began, taken, gone, status == "waiting", channel)
        for _, queue_id, began, taken, gone, status, channel in sorted(rows, key=itemgetter(0))
        if began is not None
    ]


def list_open_of(session: Session, *, guardian_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Return guardian and conversation of everyone of these who is with a person or waits for one now."""
    query = select(Conversation.guardian_id, Conversation.id).where(
        Conversation.guardian_id.in_(guardian_ids), Conversation.status.in_(("waiting", "active"))
    )
    return [(guardian, conversation) for guardian, conversation in session.execute(query) if guardian]


def list_live(session: Session, *, limit: int) -> Sequence[Conversation]:
    """Return conversations that are with an agent or wait for one, longest first; what a supervisor can act on."""
    query = select(Conversation).where(Conversation.status.in_(("waiting", "active")))
    return session.scalars(query.order_by(Conversation.arrived_at, Conversation.id).limit(limit)).all()


def list_open_on(session: Session, *, channel: str, limit: int) -> Sequence[Conversation]:
    """Return the open conversations of a channel, oldest first."""
    query = select(Conversation).where(Conversation.status.in_(OPEN), Conversation.channel == channel)
    return session.scalars(query.order_by(Conversation.created_at, Conversation.id).limit(limit)).all()
