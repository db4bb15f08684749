"""All SQL about families. Loaders by guardian return nothing of another family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.core.ids import new_id
from caredesk.core.sealed import comparable, matches, may_contain
from caredesk.patients.errors import GuardianNotFound, NothingToReveal
from caredesk.patients.models import (
    Appointment,
    Guardian,
    Guardianship,
    Parcel,
    Patient,
    Prescription,
    RevealRecord,
)
from caredesk.patients.rules import RevealableField, phone_tail
from caredesk.patients.schemas import ChildOfFamily, Family

BEHIND, AHEAD = timedelta(days=30), timedelta(days=60)
"""How much of a family's past and future is shown."""

TO_COME = ("booked", "checked_in", "in_progress")
MOST_AT_ONCE = 500
"""More values than this in one statement are asked for in several."""


def find_guardian(session: Session, *, guardian_id: str) -> Guardian | None:
    """Return the guardian of this id, if there is one."""
    return session.get(Guardian, guardian_id)


def get_guardian(session: Session, *, guardian_id: str) -> Guardian:
    """Return the guardian of this id."""
    guardian = find_guardian(session, guardian_id=guardian_id)
    if guardian is None:
        raise GuardianNotFound(guardian_id=guardian_id)
    return guardian


def find_guardian_by_external_id(session: Session, *, external_id: str) -> Guardian | None:
    """Return the guardian whom the hospital knows by this number."""
    return session.scalars(select(Guardian).where(Guardian.external_id == external_id)).one_or_none()


def family_of(session: Session, *, guardian_id: str, at: datetime) -> Family:
    """Return a guardian's family: children, and the appointments, prescriptions and parcels around an instant."""
    return Family(
        guardian=get_guardian(session, guardian_id=guardian_id),
        children=list_children(session, guardian_id=guardian_id),
        appointments=list_appointments(session, guardian_id=guardian_id, around=at),
        prescriptions=list_prescriptions(session, guardian_id=guardian_id, around=at),
        parcels=list_parcels(session, guardian_id=guardian_id, around=at),
    )


def list_children(session: Session, *, guardian_id: str) -> list[ChildOfFamily]:
    """Return a guardian's children, eldest first."""
    rows = session.execute(
        select(Patient, Guardianship.relation)
        .join(Guardianship, Guardianship.patient_id == Patient.id)
        .where(Guardianship.guardian_id == guardian_id)
        .order_by(Patient.id)
    )
    children = [ChildOfFamily(patient, relation) for patient, relation in rows]
    # Birthdays are sealed, so that the database cannot put them in order.
    return sorted(children, key=lambda one: (one.patient.birth_date or date.max, one.patient.id))


def find_appointment(session: Session, *, appointment_id: str) -> Appointment | None:
    return session.get(Appointment, appointment_id)


def find_patient(session: Session, *, patient_id: str) -> Patient | None:
    return session.get(Patient, patient_id)


def names_of_patients(session: Session, *, patient_ids: Sequence[str]) -> dict[str, str]:
    """Return children's names by id; they are masked before anybody sees them."""
    query = select(Patient.id, Patient.name).where(Patient.id.in_(patient_ids))
    return dict(session.execute(query).all())


def list_appointments(session: Session, *, guardian_id: str, around: datetime) -> Sequence[Appointment]:
    """Return a guardian's appointments from a month before an instant to two months after it, in order."""
    return session.scalars(
        select(Appointment)
        .where(Appointment.guardian_id == guardian_id, Appointment.starts_at.between(around - BEHIND, around + AHEAD))
        .order_by(Appointment.starts_at, Appointment.id)
    ).all()


def list_appointments_of_doctor(
    session: Session, *, doctor_id: str, since: datetime, until: datetime
) -> list[tuple[Appointment, Patient]]:
    """Return a doctor's own appointments of a stretch of time with their children, in order of time and line."""
    rows = session.execute(
        select(Appointment, Patient)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(Appointment.doctor_id == doctor_id, Appointment.starts_at >= since, Appointment.starts_at < until)
        .order_by(Appointment.starts_at, Appointment.number_in_line, Appointment.id)
    )
    return [(appointment, patient) for appointment, patient in rows]


def list_appointments_of_department(
    session: Session, *, department_id: str, since: datetime, until: datetime
) -> list[tuple[Appointment, Patient]]:
    """Return a department's appointments of a stretch of time with their children, in order of time and line."""
    rows = session.execute(
        select(Appointment, Patient)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(
            Appointment.department_id == department_id, Appointment.starts_at >= since, Appointment.starts_at < until
        )
        .order_by(Appointment.starts_at, Appointment.number_in_line, Appointment.id)
    )
    return [(appointment, patient) for appointment, patient in rows]


def count_booked(session: Session, *, session_ids: Sequence[str]) -> dict[str, int]:
    """Return how many visits that are still to come are booked into each of these clinic sessions."""
    counts: dict[str, int] = {}
    for start in range(0, len(session_ids), MOST_AT_ONCE):
        some = session_ids[start : start + MOST_AT_ONCE]
        rows = session.execute(
            select(Appointment.clinic_session_id, func.count())
            .where(Appointment.clinic_session_id.in_(some), Appointment.status.in_(TO_COME))
            .group_by(Appointment.clinic_session_id)
        )
        counts |= {str(id): number for id, number in rows}
    return counts


def guardians_booked(session: Session, *, session_id: str) -> set[str]:
    """Return the guardians of whom a visit that is still to come is booked into a clinic session."""
    rows = select(Appointment.guardian_id).where(
        Appointment.clinic_session_id == session_id, Appointment.status.in_(TO_COME)
    )
    return set(session.scalars(rows))


def list_prescriptions(session: Session, *, guardian_id: str, around: datetime) -> Sequence[Prescription]:
    """Return the recent prescriptions of a guardian's children, newest first."""
    return session.scalars(
        select(Prescription)
        .join(Guardianship, Guardianship.patient_id == Prescription.patient_id)
        .where(Guardianship.guardian_id == guardian_id, Prescription.issued_at >= around - 2 * BEHIND)
        .order_by(Prescription.issued_at.desc(), Prescription.id)
    ).all()


def list_parcels(session: Session, *, guardian_id: str, around: datetime) -> Sequence[Parcel]:
    """Return the parcels of recent prescriptions, newest prescription first."""
    return session.scalars(
        select(Parcel)
        .join(Prescription, Prescription.id == Parcel.prescription_id)
        .join(Guardianship, Guardianship.patient_id == Prescription.patient_id)
        .where(Guardianship.guardian_id == guardian_id, Prescription.issued_at >= around - 2 * BEHIND)
        .order_by(Prescription.issued_at.desc(), Parcel.number)
    ).all()


def list_guardian_ids_by_phone(session: Session, *, tail: str) -> Sequence[str]:
    """Return the guardians whose number ends in these four digits."""
    found = select(Guardian.id).where(matches(Guardian.phone_tail, tail))
    return session.scalars(found.order_by(Guardian.id)).all()


def list_guardian_ids_by_name(session: Session, *, name: str) -> Sequence[str]:
    """Return the guardians whose own name, or whose child's name, contains these words."""
    children = (
        select(Guardianship.guardian_id, Patient.name)
        .join(Patient, Patient.id == Guardianship.patient_id)
        .where(may_contain(session, Patient.name, part=name))
    )
    own = select(Guardian.id, Guardian.name).where(may_contain(session, Guardian.name, part=name))
    found = [*session.execute(own), *session.execute(children)]
    return sorted({guardian_id for guardian_id, whole in found if comparable(name) in comparable(whole)})


def list_guardian_ids_by_person(session: Session, *, text: str) -> Sequence[str]:
    """Return the guardians that a search for a person means: four or more digits are a phone, else a name."""
    words = text.strip()
    if not words:
        return []
    tail = phone_tail(words) if not any(letter.isalpha() for letter in words) else ""
    by_name = list_guardian_ids_by_name(session, name=words)
    return by_name if not tail else list_guardian_ids_by_phone(session, tail=tail)


def list_guardian_names(session: Session, *, guardian_ids: Sequence[str]) -> dict[str, str]:
    """Return full names by guardian id, to be masked by the caller."""
    rows = session.execute(select(Guardian.id, Guardian.name).where(Guardian.id.in_(guardian_ids)))
    return dict(rows.all())


# ---- what a hospital's system hands in -------------------------------------------------------------------


Outcome = Literal["added", "changed", "unchanged"]
Keyed = TypeVar("Keyed", Guardian, Patient, Appointment, Prescription)


def put_by_external_id(
    session: Session, model: type[Keyed], *, external_id: str, **values: object
) -> tuple[Keyed, Outcome]:
    """Add the row that the hospital knows by this number, or bring it up to date."""
    row = session.scalars(select(model).where(model.external_id == external_id)).one_or_none()
    if row is None:
        row = model(id=new_id(), external_id=external_id, **values)
        session.add(row)
        session.flush()
        return row, "added"
    return row, _bring_up_to_date(row, values)


def put_guardianship(session: Session, *, guardian_id: str, patient_id: str, relation: str) -> Outcome:
    """Note who acts for whom."""
    row = session.get(Guardianship, (guardian_id, patient_id))
    if row is None:
        session.add(Guardianship(guardian_id=guardian_id, patient_id=patient_id, relation=relation))
        session.flush()
        return "added"
    return _bring_up_to_date(row, {"relation": relation})


def ids_by_external_id(session: Session, model: type[Keyed], *, external_ids: Iterable[str]) -> dict[str, str]:
    """Return our ids by the hospital's numbers; unknown numbers are missing."""
    wanted = model.external_id.in_(set(external_ids))
    rows = session.execute(select(model.external_id, model.id).where(wanted))
    return {external_id: id for external_id, id in rows if external_id is not None}


def _bring_up_to_date(row: object, values: Mapping[str, object]) -> Outcome:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return "changed" if changed else "unchanged"


# ---- behind the mask -------------------------------------------------------------------------------------


def get_hidden_value(session: Session, *, guardian_id: str, field: RevealableField, subject_id: str) -> str:
    """Return one unmasked value of a family. The caller has checked permission and records the reveal."""
    if field == "address":
        value = _address_of(session, guardian_id=guardian_id, parcel_id=subject_id)
    elif field == "child_name":
        value = _child_name(session, guardian_id=guardian_id, patient_id=subject_id)
    else:
        guardian = get_guardian(session, guardian_id=guardian_id)
        value = {"phone": guardian.phone, "name": guardian.name, "id_number": guardian.id_number}[field]
    if not value:
        raise NothingToReveal(field=field)
    return value


def _address_of(session: Session, *, guardian_id: str, parcel_id: str) -> str | None:
    return session.scalar(
        select(Parcel.address)
        .join(Prescription, Prescription.id == Parcel.prescription_id)
        .join(Guardianship, Guardianship.patient_id == Prescription.patient_id)
        .where(Guardianship.guardian_id == guardian_id, Parcel.id == parcel_id)
    )


def _child_name(session: Session, *, guardian_id: str, patient_id: str) -> str | None:
    return session.scalar(
        select(Patient.name)
        .join(Guardianship, Guardianship.patient_id == Patient.id)
        .where(Guardianship.guardian_id == guardian_id, Patient.id == patient_id)
    )


def add_reveal(session: Session, *, record: RevealRecord) -> RevealRecord:
    """Store that someone looked behind a mask."""
    session.add(record)
    session.flush()
    return record


def list_reveals(session: Session, *, guardian_id: str, limit: int = 100) -> Sequence[RevealRecord]:
    """Return who looked at this family's values, newest first."""
    return session.scalars(
        select(RevealRecord)
        .where(RevealRecord.guardian_id == guardian_id)
        .order_by(RevealRecord.at.desc(), RevealRecord.id.desc())
        .limit(limit)
    ).all()


def list_reveals_in(session: Session, *, conversation_id: str) -> Sequence[RevealRecord]:
    """Return who looked behind masks from within a conversation, in order."""
    query = select(RevealRecord).where(RevealRecord.conversation_id == conversation_id)
    return session.scalars(query.order_by(RevealRecord.at, RevealRecord.id)).all()


def list_live_reveals(session: Session, *, guardian_id: str, staff_id: str, at: datetime) -> Sequence[RevealRecord]:
    """Return what this member of staff may still see uncovered of this family."""
    return session.scalars(
        select(RevealRecord)
        .where(
            RevealRecord.guardian_id == guardian_id,
            RevealRecord.staff_id == staff_id,
            RevealRecord.at <= at,
            RevealRecord.until > at,
        )
        .order_by(RevealRecord.at)
    ).all()


def list_first_guardians(session: Session, *, limit: int) -> Sequence[Guardian]:
    """Return guardians known to the hospital's own system, in the order of its ids."""
    query = select(Guardian).where(Guardian.external_id.is_not(None)).order_by(Guardian.external_id).limit(limit)
    return session.scalars(query).all()
