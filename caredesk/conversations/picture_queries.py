"""All SQL about where pictures were shown."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.models import Conversation, Picture


def was_shown_to(session: Session, *, picture_id: str, visitor_id: str) -> bool:
    """Tell whether a picture stands on the visitor's side of one of their conversations."""
    shown = (
        exists()
        .where(Told.picture_id == picture_id, Told.patient_seq.is_not(None))
        .where(Told.conversation_id == Conversation.id, Conversation.visitor_id == visitor_id)
    )
    return session.scalar(select(shown)) or False


def list_conversations_with(session: Session, *, picture_id: str) -> Sequence[Conversation]:
    """Return the conversations in which a picture was shown."""
    shown_in = select(Told.conversation_id).where(Told.picture_id == picture_id)
    return session.scalars(select(Conversation).where(Conversation.id.in_(shown_in))).all()


def list_pictures_of(session: Session, *, conversation_id: str) -> Sequence[Picture]:
    """Return the pictures of a conversation in the order in which they were uploaded."""
    shown = select(Told.picture_id).where(Told.conversation_id == conversation_id, Told.picture_id.is_not(None))
    return session.scalars(select(Picture).where(Picture.id.in_(shown)).order_by(Picture.created_at, Picture.id)).all()
