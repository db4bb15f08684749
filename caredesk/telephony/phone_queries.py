"""All SQL of phones: who has which, and which can be rung now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from caredesk.telephony.models import Phone

FIRST_USER = 1001


@dataclass(frozen=True)
class Noted:
    """A phone whose registration was told of, and whether that made it come or go."""

    phone: Phone
    came_or_went: bool


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


def note_registered(session: Session, *, user: str, until: datetime | None, now: datetime) -> Noted | None:
    """Note until when a phone can be rung, None for no more; None when there is no such phone."""
    query = select(Phone).where(Phone.user == user).with_for_update(key_share=True)
    phone = session.scalars(query.execution_options(populate_existing=True)).first()
    if phone is None:
        return None
    could = phone.registered_until is not None and phone.registered_until > now
    can = until is not None and until > now
    phone.registered_until = until
    if could != can:
        phone.since = now
    session.flush()
    return Noted(phone, can != could)


def forget_registrations(session: Session) -> list[str]:
    """Note that no phone can be rung, after the engine that knew them has gone; return whose they were."""
    gone = update(Phone).where(Phone.registered_until.is_not(None)).values(registered_until=None)
    return sorted(set(session.scalars(gone.returning(Phone.staff_id))))
