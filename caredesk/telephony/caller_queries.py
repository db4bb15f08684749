"""SQL of who callers turned out to be. Beside the calls' own because it is asked for by people, not by engines."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from caredesk.telephony.models import CallerTie


def find_tie(session: Session, *, conversation_id: str) -> CallerTie | None:
    """Return what somebody has said about who calls, if anybody has."""
    return session.get(CallerTie, conversation_id)


def add_tie(session: Session, *, tie: CallerTie) -> None:
    """Keep who calls; the conversation is locked, so that two people cannot say it at once."""
    session.add(tie)
    session.flush()


def drop_tie(session: Session, *, conversation_id: str) -> bool:
    """Forget what was said about who calls; False when nobody had said anything."""
    gone = delete(CallerTie).where(CallerTie.conversation_id == conversation_id)
    return session.execute(gone.returning(CallerTie.conversation_id)).first() is not None
