"""All SQL of the knowledge base. What is served is published and within its validity (B47)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from caredesk.core.clock import clinic_time
from caredesk.knowledge_base.errors import NotServed
from caredesk.knowledge_base.models import KbEntry, KbRelease


def find_entry(session: Session, *, entry_id: str) -> KbEntry | None:
    return session.get(KbEntry, entry_id)


def find_served(session: Session, *, entry_id: str, at: datetime) -> KbEntry | None:
    """Return an entry that may be shown to a visitor at an instant, or None."""
    return session.scalars(select(KbEntry).where(KbEntry.id == entry_id, *_served(at))).first()


def get_served(session: Session, *, entry_id: str, at: datetime) -> KbEntry:
    """Return an entry that may be shown to a visitor at an instant, or raise."""
    entry = find_served(session, entry_id=entry_id, at=at)
    if entry is None:
        raise NotServed
    return entry


def list_served(session: Session, *, at: datetime) -> Sequence[KbEntry]:
    """Return everything that may be shown at an instant, popular entries first, in the base's order."""
    query = select(KbEntry).where(*_served(at))
    return session.scalars(query.order_by(KbEntry.popular.desc(), KbEntry.position, KbEntry.id)).all()


def list_related(session: Session, *, entry: KbEntry, at: datetime, limit: int) -> Sequence[KbEntry]:
    """Return neighbours of an entry in its category, nearest first: what people ask next."""
    query = (
        select(KbEntry)
        .where(*_served(at), KbEntry.category == entry.category, KbEntry.id != entry.id)
        .order_by(func.abs(KbEntry.position - entry.position), KbEntry.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def current_release(session: Session) -> int:
    """Return the number of the last publication; 0 before the first."""
    return session.scalar(select(func.max(KbRelease.number))) or 0


def _served(at: datetime) -> tuple[ColumnElement[bool], ...]:
    # Validity is a matter of clinic days: an entry valid until a day is served on that day.
    today = clinic_time(at).date()
    return (
        KbEntry.state == "published",
        or_(KbEntry.valid_from.is_(None), KbEntry.valid_from <= today),
        or_(KbEntry.valid_until.is_(None), KbEntry.valid_until >= today),
    )
