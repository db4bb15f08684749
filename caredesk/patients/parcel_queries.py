"""All SQL about parcels alone: finding, locking, and who is due to be asked about. Families' own stand in `queries`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, or_, select, update
from sqlalchemy.orm import Session

from caredesk.core.ids import new_id
from caredesk.patients.errors import ParcelNotFound, PrescriptionNotFound
from caredesk.patients.models import Appointment, Guardian, Guardianship, Parcel, Prescription
from caredesk.patients.parcel_rules import FINISHED, UNDER_WAY
from caredesk.patients.rules import phone_tail

NO_STEPS = "[]"
"""How a way without steps is written on either store."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The child a parcel is for, and the guardian who is spoken to about it."""

    patient_id: str
    guardian_id: str | None
    phone_tail: str


def get_parcel(session: Session, *, parcel_id: str) -> Parcel:
    """Return a parcel."""
    parcel = session.get(Parcel, parcel_id)
    if parcel is None:
        raise ParcelNotFound
    return parcel


def lock_parcel(session: Session, *, parcel_id: str) -> Parcel:
    """Return a parcel with its row locked."""
    return _locked(session, Parcel.id == parcel_id)


def lock_parcel_of(session: Session, *, parcel_id: str, guardian_id: str) -> Parcel:
    """Return a parcel of this family with its row locked; another family's does not exist."""
    own = (
        select(Prescription.id)
        .join(Guardianship, Guardianship.patient_id == Prescription.patient_id)
        .where(Guardianship.guardian_id == guardian_id)
    )
    return _locked(session, Parcel.id == parcel_id, Parcel.prescription_id.in_(own))


def lock_parcel_by_number(session: Session, *, number: str) -> Parcel:
    """Return the parcel of a number with its row locked."""
    return _locked(session, Parcel.number == number)


def _locked(session: Session, *where: object) -> Parcel:
    query = select(Parcel).where(*where)  # type: ignore[arg-type]
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(locked).one_or_none()
    if found is None:
        raise ParcelNotFound
    return found


def find_by_number(session: Session, *, number: str) -> Parcel | None:
    """Return the parcel of a number, if it is known."""
    return session.scalars(select(Parcel).where(Parcel.number == number)).one_or_none()


def get_prescription_of(session: Session, *, prescription_id: str, guardian_id: str) -> Prescription:
    """Return a prescription of this family; another family's does not exist."""
    query = (
        select(Prescription)
        .join(Guardianship, Guardianship.patient_id == Prescription.patient_id)
        .where(Prescription.id == prescription_id, Guardianship.guardian_id == guardian_id)
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise PrescriptionNotFound
    return found


def add_parcel(session: Session, **values: object) -> Parcel:
    """Add a parcel."""
    parcel = Parcel(id=new_id(), **values)
    session.add(parcel)
    session.flush()
    return parcel


def owner_of(session: Session, *, parcel: Parcel) -> Owner:
    """Return for whom a parcel is; of several guardians the first who has a number is spoken to."""
    patient_id = session.get_one(Prescription, parcel.prescription_id).patient_id
    query = (
        select(Guardian.id, Guardian.phone)
        .join(Guardianship, Guardianship.guardian_id == Guardian.id)
        .where(Guardianship.patient_id == patient_id)
        .order_by((Guardian.phone_tail == ""), Guardian.id)
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    return Owner(patient_id, found.id if found else None, phone_tail(found.phone) if found else "")


def guardians_of(session: Session, *, parcel: Parcel) -> Sequence[str]:
    """Return everyone who acts for the child a parcel is for."""
    query = (
        select(Guardianship.guardian_id)
        .join(Prescription, Prescription.patient_id == Guardianship.patient_id)
        .where(Prescription.id == parcel.prescription_id)
    )
    return session.scalars(query).all()


def list_parcels_of_patient(session: Session, *, patient_id: str, since: datetime) -> Sequence[Parcel]:
    """Return the parcels of a child's recent prescriptions, newest prescription first."""
    return session.scalars(
        select(Parcel)
        .join(Prescription, Prescription.id == Parcel.prescription_id)
        .where(Prescription.patient_id == patient_id, Prescription.issued_at >= since)
        .order_by(Prescription.issued_at.desc(), Parcel.number)
    ).all()


def is_patient_of(session: Session, *, patient_id: str, doctor_id: str, since: datetime) -> bool:
    """Tell whether a child has or had a visit with a doctor since an instant."""
    query = select(Appointment.id).where(
        Appointment.patient_id == patient_id, Appointment.doctor_id == doctor_id, Appointment.starts_at >= since
    )
    return session.scalars(query.limit(1)).first() is not None


def is_patient_of_department(session: Session, *, patient_id: str, department_id: str, since: datetime) -> bool:
    """Tell whether a child has or had a visit in a department since an instant."""
    query = select(Appointment.id).where(
        Appointment.patient_id == patient_id,
        Appointment.department_id == department_id,
        Appointment.starts_at >= since,
    )
    return session.scalars(query.limit(1)).first() is not None


# ---- whom to ask about -----------------------------------------------------------------------------------


def claim_question(session: Session, *, parcel_id: str, before: datetime, now: datetime) -> bool:
    """Note that the carrier is asked now, unless it was asked after `before`; tell whether the turn was won."""
    asked = or_(Parcel.asked_at.is_(None), Parcel.asked_at <= before)
    done = session.execute(
        update(Parcel).where(Parcel.id == parcel_id, Parcel.status.not_in(FINISHED), asked).values(asked_at=now)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def list_due(session: Session, *, now: datetime, moved_since: datetime, limit: int) -> Sequence[str]:
    """Return the parcels that should be asked about, those that nobody asked about first."""
    due = or_(Parcel.next_ask_at.is_(None), Parcel.next_ask_at <= now)
    query = (
        select(Parcel.id)
        .where(Parcel.status.in_(UNDER_WAY), Parcel.moved_at >= moved_since, due)
        .order_by(Parcel.next_ask_at.is_not(None), Parcel.next_ask_at, Parcel.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def list_stuck(session: Session, *, moved_before: datetime, moved_since: datetime, limit: int) -> Sequence[Parcel]:
    """Return the parcels that have not moved for too long and that nobody has been asked to look after.

    Of what nobody has reported and nobody can ask about it is not known that it does not move.
    """
    followed = or_(Parcel.asked_at.is_not(None), cast(Parcel.trace, String) != NO_STEPS)
    query = (
        select(Parcel)
        .where(
            Parcel.status.in_(UNDER_WAY),
            Parcel.moved_at <= moved_before,
            Parcel.moved_at >= moved_since,
            Parcel.stuck_key == "",
            followed,
        )
        .order_by(Parcel.moved_at, Parcel.id)
        .limit(limit)
    )
    return session.scalars(query).all()
