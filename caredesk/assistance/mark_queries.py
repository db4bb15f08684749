"""All SQL about marks of numbers: which are wrong, and which an older release has stored without a key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from caredesk.assistance.call_up_models import CallUpLeg, ContactMark

PLAIN_LENGTH = 64
"""Characters of a SHA-256 in hexadecimal digits; a keyed mark has 22."""


def list_wrong(session: Session, *, number_keys: Collection[str]) -> Sequence[str]:
    """Return which of these marks stand for a wrong number."""
    return session.scalars(select(ContactMark.number_key).where(ContactMark.number_key.in_(number_keys))).all()


def mark_wrong(session: Session, *, number_key: str, guardian_id: str, by_id: str, now: datetime) -> None:
    """Mark a number; marking it again changes nothing."""
    if session.get(ContactMark, number_key) is None:
        session.add(ContactMark(number_key=number_key, guardian_id=guardian_id, by_id=by_id, at=now))
        session.flush()


def lift_marks(session: Session, *, number_keys: Collection[str]) -> bool:
    """Take back that a number is wrong; tell whether it was marked."""
    lifted = delete(ContactMark).where(ContactMark.number_key.in_(number_keys)).returning(ContactMark.number_key)
    return bool(session.execute(lifted).all())


# ---- what an older release has stored --------------------------------------------------------------------


def list_plain_marks(session: Session, *, limit: int) -> Sequence[str]:
    """Return marks of wrong numbers that have no key."""
    plain = func.length(ContactMark.number_key) == PLAIN_LENGTH
    return session.scalars(select(ContactMark.number_key).where(plain).limit(limit)).all()


def move_mark(session: Session, *, number_key: str, to: str) -> None:
    """Give a wrong number another mark; where it has that already, the older one goes."""
    old = ContactMark.number_key == number_key
    if session.scalar(select(ContactMark.number_key).where(ContactMark.number_key == to)) is None:
        session.execute(update(ContactMark).where(old).values(number_key=to))
    else:
        session.execute(delete(ContactMark).where(old))


def list_plain_legs(session: Session, *, after: str, limit: int) -> Sequence[CallUpLeg]:
    """Return the next attempts whose number has a mark without a key, locked."""
    plain = func.length(CallUpLeg.number_key) == PLAIN_LENGTH
    query = select(CallUpLeg).where(plain, CallUpLeg.id > after).order_by(CallUpLeg.id).limit(limit)
    return session.scalars(query.with_for_update(key_share=True)).all()
