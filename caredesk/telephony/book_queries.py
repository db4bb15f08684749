"""SQL of the book of calls: those that go on, those of a time, and the keys that a caller pressed.

Numbers are never compared here: who has the same one is found by whoever has read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from caredesk.telephony.models import Call, HeardFact

DIGIT = "call.digit"


def list_live(session: Session, *, limit: int) -> Sequence[Call]:
    """Return calls that have not ended, the oldest first."""
    query = select(Call).where(Call.ended_at.is_(None)).order_by(Call.started_at, Call.id)
    return session.scalars(query.limit(limit)).all()


def list_begun(session: Session, *, since: datetime, limit: int) -> Sequence[Call]:
    """Return calls that began since an instant, the newest first."""
    query = select(Call).where(Call.started_at >= since).order_by(Call.started_at.desc(), Call.id)
    return session.scalars(query.limit(limit)).all()


def list_digits(session: Session, *, call_id: str, limit: int) -> list[tuple[datetime, str]]:
    """Return the keys that the caller pressed and when, in order."""
    query = select(HeardFact).where(HeardFact.call_id == call_id, HeardFact.type == DIGIT)
    facts = session.scalars(query.order_by(HeardFact.at, HeardFact.id).limit(limit))
    return [(fact.at, str(fact.data.get("digit", ""))) for fact in facts]
