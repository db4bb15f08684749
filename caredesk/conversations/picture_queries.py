"""All SQL about where pictures were shown."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from caredesk.conversations.models import Conversation, Entry, Picture


def was_shown_to(session: Session, *, picture_id: str, visitor_id: str) -> bool:
    """Tell whether a picture stands on the visitor's side of one of their conversations."""
    shown = (
        exists()
        .where(Entry.picture_id == picture_id, Entry.patient_seq.is_not(None))
        .where(Entry.conversation_id == Conversation.id, Conversation.visitor_id == visitor_id)
    )
    return session.scalar(select(shown)) or False


def list_conversations_with(session: Session, *, picture_id: str) -> Sequence[Conversation]:
    """Return the conversations in which a picture was shown."""
    shown_in = select(Entry.conversation_id).where(Entry.picture_id == picture_id)
    return session.scalars(select(Conversation).where(Conversation.id.in_(shown_in))).all()


def list_pictures_of(session: Session, *, conversation_id: str) -> Sequence[Picture]:
    """Return the pictures of a conversation in the order in which they were uploaded."""
    shown = select(Entry.picture_id).where(Entry.conversation_id == conversation_id, Entry.picture_id.is_not(None))
    return session.scalars(select(Picture).where(Picture.id.in_(shown)).order_by(Picture.created_at, Picture.id)).all()
