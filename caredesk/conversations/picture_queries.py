"""All SQL about where pictures were shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.models import Conversation, Picture


@dataclass(frozen=True)
class WaitingPicture:
    """A picture that waits for the scanner, and under which id its original lies."""

    picture_id: str
    held_id: str


def list_waiting(session: Session, *, limit: int) -> Sequence[WaitingPicture]:
    """Return pictures that wait for the scanner, oldest first."""
    query = select(Picture.id, Picture.held_id).where(Picture.scan == "waiting").order_by(Picture.id).limit(limit)
    return [WaitingPicture(picture_id, held_id) for picture_id, held_id in session.execute(query)]


def count_waiting(session: Session) -> int:
    """Return how many pictures wait for the scanner."""
    return session.scalar(select(func.count()).select_from(Picture).where(Picture.scan == "waiting")) or 0


def claim_scan(session: Session, *, picture_id: str, fate: str) -> str | None:
    """Note what the scanner said of a picture that waits; return its original's id, None when it waits no more."""
    held = session.scalar(select(Picture.held_id).where(Picture.id == picture_id, Picture.scan == "waiting"))
    claim = update(Picture).where(Picture.id == picture_id, Picture.scan == "waiting").values(scan=fate, held_id="")
    won = session.execute(claim.returning(Picture.id)).first()
    return held if won is not None else None


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
