"""All SQL that forgets a family: its values are blanked, what belongs to it alone goes, and an empty row stays.

The empty rows keep what points at them true: visits that were, looks behind masks, the audit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from caredesk.core.sealed import matches
from caredesk.patients.models import Appointment, Guardian, Guardianship, Parcel, Patient, Prescription, RevealRecord
from caredesk.patients.queries import TO_COME
from caredesk.patients.rules import phone_digits

ARRIVED = ("delivered", "returned")


def list_guardians_by_phone(session: Session, *, phone: str) -> Sequence[Guardian]:
    """Return the guardians who have exactly this number; several may share one."""
    digits = phone_digits(phone)
    if not digits:
        return []
    found = session.scalars(select(Guardian).where(matches(Guardian.phone_index, digits)).order_by(Guardian.id)).all()
    return [one for one in found if phone_digits(one.phone) == digits]


def lock_guardian(session: Session, *, guardian_id: str) -> Guardian | None:
    """Return a guardian who was not erased, with the row locked."""
    query = select(Guardian).where(Guardian.id == guardian_id, Guardian.erased_at.is_(None))
    return session.scalars(query.with_for_update(key_share=True)).one_or_none()


def list_own_children(session: Session, *, guardian_id: str) -> Sequence[Patient]:
    """Return the children for whom nobody else acts: they are forgotten with this guardian."""
    own, other = aliased(Guardianship), aliased(Guardianship)
    others = (
        exists()
        .where(other.patient_id == own.patient_id, other.guardian_id != guardian_id)
        .where(Guardian.id == other.guardian_id, Guardian.erased_at.is_(None))
    )
    mine = select(own.patient_id).where(own.guardian_id == guardian_id, ~others)
    return session.scalars(select(Patient).where(Patient.id.in_(mine)).order_by(Patient.id)).all()


def prescription_ids_of(session: Session, *, patient_ids: Collection[str]) -> Sequence[str]:
    return session.scalars(select(Prescription.id).where(Prescription.patient_id.in_(list(patient_ids)))).all()


def count_parcels(session: Session, *, prescription_ids: Collection[str], under_way: bool = False) -> int:
    """Return how many parcels these prescriptions have; with `under_way` those that have not arrived."""
    query = select(func.count()).select_from(Parcel).where(Parcel.prescription_id.in_(list(prescription_ids)))
    return session.scalar(query.where(Parcel.status.not_in(ARRIVED)) if under_way else query) or 0


def count_appointments(session: Session, *, guardian_id: str, to_come_after: datetime | None = None) -> int:
    """Return how many visits a guardian has booked; of these, those that are still to come."""
    query = select(func.count()).select_from(Appointment).where(Appointment.guardian_id == guardian_id)
    if to_come_after is not None:
        query = query.where(Appointment.starts_at > to_come_after, Appointment.status.in_(TO_COME))
    return session.scalar(query) or 0


def blank_guardian(guardian: Guardian, *, now: datetime) -> None:
    """Take every value from a guardian; the words of search follow by themselves."""
    guardian.external_id, guardian.name, guardian.phone, guardian.id_number = None, "", "", None
    guardian.erased_at = now


def blank_patient(patient: Patient, *, now: datetime) -> None:
    """Take every value from a child."""
    patient.external_id, patient.name, patient.birth_date, patient.sex = None, "", None, "unknown"
    patient.erased_at = now


def drop_belongings(session: Session, *, guardian_id: str, patient_ids: Collection[str]) -> int:
    """Remove prescriptions and parcels, and the hospital's own numbers of visits; return how many rows went."""
    ids = list(patient_ids)
    gone = session.execute(
        delete(Prescription).where(Prescription.patient_id.in_(ids)).returning(Prescription.id)
    ).all()
    visits = Appointment.guardian_id == guardian_id, Appointment.patient_id.in_(ids)
    session.execute(update(Appointment).where(*visits).values(external_id=None))
    looks = RevealRecord.guardian_id == guardian_id
    session.execute(update(RevealRecord).where(looks).values(reason=""))
    return len(gone)
