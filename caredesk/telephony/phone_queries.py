"""All SQL of phones: who has which, and which can be rung now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from caredesk.telephony.models import Phone

FIRST_USER = 1001


def list_phones(session: Session) -> Sequence[Phone]:
    return session.scalars(select(Phone).order_by(Phone.user)).all()


def phones_of(session: Session, *, staff_id: str) -> dict[str, Phone]:
    """Return the phones of a member of staff by kind."""
    return {one.kind: one for one in session.scalars(select(Phone).where(Phone.staff_id == staff_id))}


def find_phone(session: Session, *, user: str) -> Phone | None:
    return session.get(Phone, user)


def registered_users(session: Session, *, staff_id: str, now: datetime) -> list[str]:
    """Return the users of a person that can be rung now, the browser before the phone on the desk."""
    query = select(Phone.user).where(Phone.staff_id == staff_id, Phone.registered_until > now)
    return list(session.scalars(query.order_by(Phone.kind, Phone.user)))


def with_phone(session: Session, *, now: datetime, staff_ids: Collection[str] | None = None) -> set[str]:
    """Return who can be rung now, of all or of these."""
    query = select(Phone.staff_id).where(Phone.registered_until > now)
    if staff_ids is not None:
        query = query.where(Phone.staff_id.in_(list(staff_ids)))
    return set(session.scalars(query))


def next_number(session: Session) -> int:
    """Return the next free number of a phone."""
    taken = session.scalars(select(Phone.user).where(Phone.kind == "desk"))
    return max((int(user) for user in taken if user.isdecimal()), default=FIRST_USER - 1) + 1


def book_version(session: Session) -> int:
    """Return the version of the whole book of phones."""
    return session.scalar(select(func.max(Phone.version))) or 0


def note_registered(session: Session, *, user: str, until: datetime | None) -> Phone | None:
    """Note until when a phone can be rung, None for no more; return the phone, or None when there is none."""
    noted = update(Phone).where(Phone.user == user).values(registered_until=until).returning(Phone)
    return session.scalars(noted.execution_options(populate_existing=True)).first()


def forget_registrations(session: Session) -> list[str]:
    """Note that no phone can be rung, after the engine that knew them has gone; return whose they were."""
    gone = update(Phone).where(Phone.registered_until.is_not(None)).values(registered_until=None)
    return sorted(set(session.scalars(gone.returning(Phone.staff_id))))
