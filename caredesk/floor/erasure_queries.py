"""All SQL that takes typed reasons from what was done to a conversation on the floor."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from caredesk.floor.models import FloorAction


def forget_reasons(session: Session, *, conversation_id: str) -> None:
    """Empty the reasons that somebody typed; who did what and when stays."""
    session.execute(update(FloorAction).where(FloorAction.conversation_id == conversation_id).values(reason=""))
