"""What staffing learns from: when contacts came to which queue, how long they waited, and how long they took."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.conversations.line_queries import was_put_off
from caredesk.conversations.models import Conversation


class Contact(NamedTuple):
    """One contact that asked for a person: its queue, arrival, answer and end; `promised` when it was put off."""

    queue_id: str
    arrived_at: datetime
    assigned_at: datetime | None
    closed_at: datetime | None
    promised: bool


def list_contacts(session: Session, *, since: datetime, until: datetime) -> list[Contact]:
    """Return the contacts that arrived at a queue within a stretch."""
    rows = session.execute(
        select(
            Conversation.queue_id,
            Conversation.arrived_at,
            Conversation.assigned_at,
            Conversation.closed_at,
            was_put_off().label("promised"),
        ).where(Conversation.queue_id.is_not(None), Conversation.arrived_at >= since, Conversation.arrived_at < until)
    )
    return [
        Contact(queue_id, arrived, taken, ended, bool(promised))
        for queue_id, arrived, taken, ended, promised in rows
        if queue_id is not None and arrived is not None
    ]


def contact_range(session: Session) -> tuple[datetime, datetime] | None:
    """Return when the first and the last contact arrived at a queue, if any did."""
    # Each end by itself is one look into the index of arrivals; both in one question would read all of it.
    asked = Conversation.queue_id.is_not(None)
    first = session.scalar(select(func.min(Conversation.arrived_at)).where(asked))
    last = session.scalar(select(func.max(Conversation.arrived_at)).where(asked))
    return (first, last) if first is not None and last is not None else None
