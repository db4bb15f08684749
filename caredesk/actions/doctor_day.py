"""The doctor's day: own sessions of today, who has booked into them, and who of these is online."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts.errors import NoDoctorBehindAccount
from caredesk.actions.summaries import queue_view
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.hours import Span, span_on
from caredesk.clinic.models import Doctor
from caredesk.clinic.queries import SessionLine
from caredesk.conversations import search_queries
from caredesk.core.clock import clinic_time
from caredesk.events.shapes import QueueState
from caredesk.patients import queries as patient_queries
from caredesk.patients.models import Appointment, Patient
from caredesk.patients.rules import Age, age_on, mask_child_name
from caredesk.queue import queries as queue_queries

ONLINE_WITHIN = timedelta(seconds=90)
"""A family whose page was heard of this lately has it open; the live connection is noted every few seconds."""


@dataclass(frozen=True)
class Booked:
    """An appointment as the doctor sees it."""

    appointment: Appointment
    child: str
    sex: str
    age: Age | None
    online: bool
    last_seen_at: datetime | None


@dataclass(frozen=True)
class SessionToday:
    """One session of the doctor and who has booked into it."""

    line: SessionLine
    running: bool
    booked: list[Booked]


@dataclass(frozen=True)
class Day:
    """A doctor's day; `others` are appointments that belong to none of the sessions."""

    doctor: Doctor
    date: date
    sessions: list[SessionToday]
    others: list[Booked]
    desk: list[QueueState]


def day_of_doctor(session: Session, *, doctor_id: str | None, at: datetime) -> Day:
    """Return what a doctor has to do on the clinic's date of an instant; nobody else's patients are in it."""
    doctor = clinic_queries.find_doctor(session, doctor_id=doctor_id) if doctor_id else None
    if doctor is None:
        raise NoDoctorBehindAccount
    today = clinic_time(at).date()
    span = span_on(today, opens=time.min, closes=time.min)
    lines = _sessions_of(session, doctor, today=today, span=span, at=at)
    booked = _booked(session, doctor, lines=lines, span=span, at=at)
    by_session = {line.session.id: [b for b in booked if belongs(b.appointment, line=line)] for line in lines}
    placed = {b.appointment.id for found in by_session.values() for b in found}
    return Day(
        doctor=doctor,
        date=today,
        sessions=[session_today(line, booked=by_session[line.session.id], at=at) for line in lines],
        others=[b for b in booked if b.appointment.id not in placed and span.covers(b.appointment.starts_at)],
        desk=desk_of(session, lines=lines, home=doctor.department_id, at=at),
    )


def _sessions_of(session: Session, doctor: Doctor, *, today: date, span: Span, at: datetime) -> list[SessionLine]:
    lines = clinic_queries.list_sessions(session, since=span.start, until=span.end)
    # Last night's session is today's too while it runs.
    own = [
        line
        for line in lines
        if line.session.doctor_id == doctor.id and (line.session.day == today or line.session.ends_at > at)
    ]
    return sorted(own, key=lambda line: (line.session.starts_at, line.session.id))


def _booked(
    session: Session, doctor: Doctor, *, lines: Sequence[SessionLine], span: Span, at: datetime
) -> list[Booked]:
    since = min([span.start, *(line.session.starts_at for line in lines)])
    until = max([span.end, *(line.session.ends_at for line in lines)])
    rows = patient_queries.list_appointments_of_doctor(session, doctor_id=doctor.id, since=since, until=until)
    guardians = sorted({appointment.guardian_id for appointment, _ in rows})
    seen = search_queries.last_seen_of_guardians(session, guardian_ids=guardians)
    return [
        masked(appointment, patient, seen=seen.get(appointment.guardian_id), at=at) for appointment, patient in rows
    ]


def masked(appointment: Appointment, patient: Patient, *, seen: datetime | None, at: datetime) -> Booked:
    return Booked(
        appointment=appointment,
        child=mask_child_name(patient.name),
        sex=patient.sex,
        age=age_on(patient.birth_date, day=clinic_time(at).date()),
        online=seen is not None and seen >= at - ONLINE_WITHIN,
        last_seen_at=seen,
    )


def belongs(appointment: Appointment, *, line: SessionLine) -> bool:
    """Tell whether a visit of a session's doctor is seen in it."""
    if appointment.clinic_session_id is not None:
        return appointment.clinic_session_id == line.session.id
    same_department = appointment.department_id == line.session.department_id
    return same_department and line.session.starts_at <= appointment.starts_at < line.session.ends_at


def session_today(line: SessionLine, *, booked: list[Booked], at: datetime) -> SessionToday:
    held = line.session.status != "cancelled"
    running = held and line.session.starts_at <= at < line.session.ends_at
    return SessionToday(line=line, running=running, booked=booked)


def desk_of(session: Session, *, lines: Sequence[SessionLine], home: str, at: datetime) -> list[QueueState]:
    departments = {line.session.department_id for line in lines} or {home}
    queues = queue_queries.list_queues(session)
    serving = [q for q in queues if departments & set(queue_queries.department_ids_of(session, queue_id=q.id))]
    general = queue_queries.find_queue_for_category(session, category=None)
    shown = serving or ([general] if general else [])
    return [queue_view(session, queue, at=at) for queue in shown]
