"""Who waited while something failed; read for the report of an incident and for nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from caredesk.conversations.models import Conversation


@dataclass(frozen=True)
class WaitRow:
    """When a conversation came to the line, was taken and closed."""

    arrived_at: datetime
    assigned_at: datetime | None
    closed_at: datetime | None


def list_waits(session: Session, *, first: datetime, last: datetime) -> Sequence[WaitRow]:
    """Return the waits that touch a span of time."""
    shown = Conversation
    query = select(shown.arrived_at, shown.assigned_at, shown.closed_at).where(
        shown.arrived_at <= last,
        or_(shown.assigned_at.is_(None), shown.assigned_at >= first),
        or_(shown.closed_at.is_(None), shown.closed_at >= first),
    )
    rows = session.execute(query.order_by(shown.arrived_at))
    return [WaitRow(row.arrived_at, row.assigned_at, row.closed_at) for row in rows]
