"""SQL of a family at the desk: its pages, who stands behind those that are open, and its open talks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from caredesk.conversations.models import Conversation, Visitor


def find_page_of(session: Session, *, guardian_id: str) -> Visitor | None:
    """Return the page that a guardian used last under their signed identity."""
    query = select(Visitor).where(Visitor.guardian_id == guardian_id)
    return session.scalars(query.order_by(Visitor.last_seen_at.desc(), Visitor.id.desc()).limit(1)).first()


def guardians_with_page(session: Session, *, guardian_ids: Collection[str]) -> set[str]:
    """Return which of these guardians ever came under their signed identity."""
    query = select(Visitor.guardian_id).where(Visitor.guardian_id.in_(guardian_ids)).distinct()
    return {found for found in session.scalars(query) if found}


def guardians_behind(session: Session, *, visitor_ids: Sequence[str], among: Collection[str]) -> set[str]:
    """Return which of some guardians stand behind these pages."""
    query = select(Visitor.guardian_id).where(Visitor.id.in_(visitor_ids), Visitor.guardian_id.in_(among)).distinct()
    return {found for found in session.scalars(query) if found}


def list_open_talks(session: Session, *, guardian_id: str) -> Sequence[Conversation]:
    """Return a guardian's conversations that are not closed, newest first."""
    query = select(Conversation).where(Conversation.guardian_id == guardian_id, Conversation.status != "closed")
    return session.scalars(query.order_by(Conversation.created_at.desc(), Conversation.id)).all()


def list_newest_talks(session: Session, *, guardian_id: str, channel: str, limit: int) -> Sequence[Conversation]:
    """Return a guardian's last conversations on a channel, newest first."""
    query = select(Conversation).where(Conversation.guardian_id == guardian_id, Conversation.channel == channel)
    return session.scalars(query.order_by(Conversation.created_at.desc(), Conversation.id).limit(limit)).all()
