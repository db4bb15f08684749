"""The day of whoever is at the doctor's desk: a doctor's own, that of a nurse's department, or the pharmacy's work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.accounts.errors import NoDepartmentBehindAccount
from caredesk.accounts.rules import CLINICAL, Role
from caredesk.accounts.schemas import SignedIn
from caredesk.actions.doctor_day import Booked, SessionToday, belongs, day_of_doctor, desk_of, masked, session_today
from caredesk.actions.parcels import TellableParcel, parcel_status
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.hours import Span, span_on
from caredesk.clinic.queries import SessionLine
from caredesk.conversations import search_queries
from caredesk.core.clock import clinic_time
from caredesk.events.shapes import QueueState
from caredesk.patients import pharmacy_queries
from caredesk.patients import queries as patient_queries
from caredesk.patients.models import Prescription
from caredesk.patients.rules import mask_child_name

Kind = Literal["doctor", "nurse", "pharmacist"]
SHOWN = 100
RECENT = timedelta(days=14)


@dataclass(frozen=True)
class Person:
    """Whose day it is, by name; doctors have a title."""

    id: str
    name: str
    name_en: str
    title: str = ""


@dataclass(frozen=True)
class StaffDay:
    """Somebody's day; `doctors` are the names of those whose sessions these are, where they are others'."""

    role: Kind
    person: Person
    date: date
    sessions: list[SessionToday]
    others: list[Booked]
    desk: list[QueueState]
    doctors: dict[str, tuple[str, str]] = field(default_factory=dict)


def day_of_staff(session: Session, *, who: SignedIn, at: datetime) -> StaffDay:
    """Return the day of the signed-in person on the clinic's date of an instant; who is several is the first."""
    role = next((one for one in CLINICAL if one in who.roles), Role.DOCTOR)
    if role is Role.NURSE:
        return _of_department(session, who=who, at=at)
    if role is Role.PHARMACIST:
        desk = desk_of(session, lines=[], home="", at=at)
        return StaffDay("pharmacist", _person(who), clinic_time(at).date(), [], [], desk)
    day = day_of_doctor(session, doctor_id=who.doctor_id, at=at)
    doctor = day.doctor
    person = Person(doctor.id, doctor.name, doctor.name_en, doctor.title)
    return StaffDay("doctor", person, day.date, day.sessions, day.others, day.desk)


def _person(who: SignedIn) -> Person:
    return Person(who.staff_id, who.name, who.name_en)


def _of_department(session: Session, *, who: SignedIn, at: datetime) -> StaffDay:
    home = who.department_id
    if clinic_queries.find_department(session, department_id=home) is None:
        raise NoDepartmentBehindAccount
    today = clinic_time(at).date()
    span = span_on(today, opens=time.min, closes=time.min)
    lines = _sessions_of(session, home=home, today=today, span=span, at=at)
    booked = _booked(session, home=home, lines=lines, span=span, at=at)
    by_session = {line.session.id: [one for one in booked if _is_in(one, line=line)] for line in lines}
    placed = {b.appointment.id for some in by_session.values() for b in some}
    return StaffDay(
        "nurse",
        _person(who),
        today,
        [session_today(line, booked=by_session[line.session.id], at=at) for line in lines],
        [b for b in booked if b.appointment.id not in placed and span.covers(b.appointment.starts_at)],
        desk_of(session, lines=lines, home=home, at=at),
        clinic_queries.doctor_names(session),
    )


def _sessions_of(session: Session, *, home: str, today: date, span: Span, at: datetime) -> list[SessionLine]:
    found = clinic_queries.list_sessions(session, since=span.start, until=span.end)
    # Last night's session is today's too while it runs.
    mine = [
        one
        for one in found
        if one.session.department_id == home and (one.session.day == today or one.session.ends_at > at)
    ]
    return sorted(mine, key=lambda line: (line.session.starts_at, line.session.doctor_id or "", line.session.id))


def _booked(session: Session, *, home: str, lines: Sequence[SessionLine], span: Span, at: datetime) -> list[Booked]:
    since = min([span.start, *(line.session.starts_at for line in lines)])
    until = max([span.end, *(line.session.ends_at for line in lines)])
    rows = patient_queries.list_appointments_of_department(session, department_id=home, since=since, until=until)
    seen = search_queries.last_seen_of_guardians(session, guardian_ids=sorted({a.guardian_id for a, _ in rows}))
    return [masked(one, patient, seen=seen.get(one.guardian_id), at=at) for one, patient in rows]


def _is_in(booked: Booked, *, line: SessionLine) -> bool:
    # Several doctors sit at the same hours in one department.
    doctor_id = line.session.doctor_id
    is_theirs = doctor_id is None or booked.appointment.doctor_id == doctor_id
    return is_theirs and belongs(booked.appointment, line=line)


# ---- the pharmacy ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dispensed:
    """A prescription that is on its way, with its child masked and what may be told of its parcels."""

    prescription: Prescription
    child: str
    parcels: list[TellableParcel]


def pharmacy_work(session: Session, *, at: datetime) -> list[Dispensed]:
    """Return recent prescriptions that have not arrived yet, oldest first: who waits longest stands on top."""
    rows = pharmacy_queries.list_under_way(session, since=at - RECENT, limit=SHOWN)
    parcels = pharmacy_queries.parcels_of(session, prescription_ids=[one.id for one, _ in rows])
    return [
        Dispensed(
            one,
            mask_child_name(name),
            [TellableParcel(parcel, parcel_status(parcel, now=at)) for parcel in parcels.get(one.id, ())],
        )
        for one, name in rows
    ]
