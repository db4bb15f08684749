"""All SQL that takes typed reasons from how a conversation was given out."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from caredesk.queue.models import OutOfOrderClaim


def forget_reasons(session: Session, *, conversation_id: str) -> None:
    """Empty the reasons of those who took it out of its order."""
    claims = OutOfOrderClaim.conversation_id == conversation_id
    session.execute(update(OutOfOrderClaim).where(claims).values(reason=""))
