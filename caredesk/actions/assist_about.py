"""Whom and what a wish is about: checked against whose patients these are, before anything is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from caredesk.accounts.rules import Role
from caredesk.accounts.schemas import SignedIn
from caredesk.assistance.errors import PatientMissing, PatientNotYours
from caredesk.assistance.request_types import RequestType
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.models import Doctor
from caredesk.core.work import Work
from caredesk.patients import queries as patient_queries
from caredesk.patients.models import Appointment


@dataclass(frozen=True)
class Wish:
    """What is asked for: the type, the visit it is about, the form, and pictures of one's own."""

    type_key: str
    appointment_id: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    pictures: Sequence[str] = ()


@dataclass(frozen=True)
class About:
    """Whom and what a request is about; nothing where it is about nobody."""

    doctor: Doctor | None = None
    department_id: str = ""
    appointment: Appointment | None = None
    session_id: str | None = None
    in_session: bool = False
    patient_id: str | None = None
    guardian_id: str | None = None


def about_wish(work: Work, *, who: SignedIn, kind: RequestType, wish: Wish) -> About:
    """Return what a wish is about: a doctor's own patient, or one of the department in which a nurse works."""
    own = clinic_queries.find_doctor(work.session, doctor_id=who.doctor_id) if who.doctor_id else None
    if wish.appointment_id is None:
        if kind.about == "patient":
            raise PatientMissing
        return placed(work, doctor=own, appointment=None, department_id=home_of(who))
    appointment = patient_queries.find_appointment(work.session, appointment_id=wish.appointment_id)
    if appointment is not None and own is not None and appointment.doctor_id == own.id:
        return placed(work, doctor=own, appointment=appointment)
    if appointment is None or not home_of(who) or appointment.department_id != home_of(who):
        raise PatientNotYours
    # A nurse asks for the doctor whose patient it is: the session that counts is that doctor's.
    theirs = clinic_queries.find_doctor(work.session, doctor_id=appointment.doctor_id or "")
    return placed(work, doctor=theirs, appointment=appointment)


def home_of(who: SignedIn) -> str:
    """Return the department whose patients somebody looks after as a nurse; empty for everybody else."""
    return who.department_id if Role.NURSE in who.roles else ""


def placed(work: Work, *, doctor: Doctor | None, appointment: Appointment | None, department_id: str = "") -> About:
    """Return what is about a doctor, a visit or a department, with the session that runs for it."""
    department = doctor.department_id if doctor is not None else department_id
    if appointment is not None:
        department = appointment.department_id
    running = clinic_queries.find_session_at(
        work.session, department_id=department, doctor_id=doctor.id if doctor else None, at=work.now
    )
    own_session = appointment.clinic_session_id if appointment is not None else None
    return About(
        doctor=doctor,
        department_id=department,
        appointment=appointment,
        session_id=own_session or (running.id if running is not None else None),
        in_session=running is not None and doctor is not None,
        patient_id=appointment.patient_id if appointment is not None else None,
        guardian_id=appointment.guardian_id if appointment is not None else None,
    )


def name_of(who: SignedIn, *, about: About) -> str:
    """Return under which name somebody asks: doctors with their title, everybody else as themselves."""
    is_own = about.doctor is not None and about.doctor.id == who.doctor_id
    return f"{about.doctor.name} {about.doctor.title}".strip() if is_own and about.doctor else who.name
