"""SQL of whom to call: who acts for a child, and whether a number belongs to another family, too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, or_, select, type_coerce
from sqlalchemy.orm import Session

from caredesk.patients.models import Appointment, Guardian, Guardianship, Patient
from caredesk.patients.rules import phone_digits, phone_tail


def list_guardians_of(session: Session, *, patient_id: str) -> list[tuple[Guardian, str]]:
    """Return who acts for a child, each with the relation."""
    query = (
        select(Guardian, Guardianship.relation)
        .join(Guardianship, Guardianship.guardian_id == Guardian.id)
        .where(Guardianship.patient_id == patient_id)
        .order_by(Guardian.id)
    )
    return [(guardian, relation) for guardian, relation in session.execute(query)]


def list_guardians(session: Session, *, guardian_ids: Collection[str]) -> Sequence[Guardian]:
    return session.scalars(select(Guardian).where(Guardian.id.in_(guardian_ids))).all()


def list_by_phone(session: Session, *, phone: str) -> list[Guardian]:
    """Return everybody whose number this is; a family may share one, and strangers may, too."""
    tail, digits = phone_tail(phone), phone_digits(phone)
    if not tail:
        return []
    query = select(Guardian).where(_has_number(digits, tail=tail)).order_by(Guardian.id)
    return [one for one in session.scalars(query) if phone_digits(one.phone) == digits]


def is_shared_with_others(session: Session, *, phone: str, patient_id: str) -> bool:
    """Tell whether a number is also that of somebody who does not act for this child."""
    own = select(Guardianship.guardian_id).where(Guardianship.patient_id == patient_id)
    digits = phone_digits(phone)
    query = select(Guardian.phone).where(_has_number(digits, tail=phone_tail(phone)), Guardian.id.not_in(own))
    return any(phone_digits(other) == digits for other in session.scalars(query))


def _has_number(digits: str, *, tail: str) -> ColumnElement[bool]:
    # Rows from before numbers were sealed have no index of the whole number yet, but their last digits in plain.
    return or_(Guardian.phone_index == digits, type_coerce(Guardian.phone_tail, String()) == tail)


def find_patient_by_external_id(session: Session, *, external_id: str) -> Patient | None:
    """Return the child whom the hospital knows by this number."""
    return session.scalars(select(Patient).where(Patient.external_id == external_id)).one_or_none()


def find_appointment_by_external_id(session: Session, *, external_id: str) -> Appointment | None:
    """Return the visit that the hospital knows by this number."""
    return session.scalars(select(Appointment).where(Appointment.external_id == external_id)).one_or_none()


def list_visits_between(session: Session, *, since: datetime, until: datetime) -> Sequence[Appointment]:
    """Return the visits by text or video that are still to come and begin in a stretch of time, in order."""
    query = select(Appointment).where(
        Appointment.starts_at >= since,
        Appointment.starts_at < until,
        Appointment.status.in_(("booked", "checked_in")),
        Appointment.kind != "visit",
    )
    return session.scalars(query.order_by(Appointment.starts_at, Appointment.id)).all()


def list_visits(session: Session, *, appointment_ids: Collection[str]) -> Sequence[Appointment]:
    return session.scalars(select(Appointment).where(Appointment.id.in_(appointment_ids))).all()
