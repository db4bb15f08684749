"""All SQL of the clinic: its directory, its sessions as windows and facts, and the history of its schedule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from caredesk.clinic.directory import DepartmentFacts, DoctorFacts
from caredesk.clinic.facts import Directory, KnownSession, SessionFacts
from caredesk.clinic.hours import Window
from caredesk.clinic.models import (
    ClinicSession,
    Department,
    Doctor,
    ScheduleChange,
    ScheduleImport,
    ScheduleStamp,
)
from caredesk.clinic.schedule import PlannedChange
from caredesk.core.clock import clinic_time
from caredesk.core.db import table_of
from caredesk.core.ids import new_id

# Plain columns, in the order of the facts: the bot asks both at every turn.
_DEPARTMENT, _DOCTOR = table_of(Department).c, table_of(Doctor).c
_DEPARTMENTS = select(*(_DEPARTMENT[one.name] for one in fields(DepartmentFacts))).order_by(
    _DEPARTMENT.position, _DEPARTMENT.id
)
_DOCTORS = select(*(_DOCTOR[one.name] for one in fields(DoctorFacts))).order_by(_DOCTOR.id)

_LONGEST = timedelta(days=1)
"""Longer than any session: what shares time with a stretch begins at most so long before it, and no older is read."""


def list_departments(session: Session) -> Sequence[Department]:
    """Return all departments in the clinic's own order."""
    return session.scalars(select(Department).order_by(Department.position, Department.id)).all()


def list_doctors(session: Session) -> Sequence[Doctor]:
    """Return all doctors by id."""
    return session.scalars(select(Doctor).order_by(Doctor.id)).all()


def find_doctor(session: Session, *, doctor_id: str) -> Doctor | None:
    """Return the doctor of this id, if there is one."""
    return session.get(Doctor, doctor_id)


def find_department(session: Session, *, department_id: str) -> Department | None:
    """Return the department of this id, if there is one."""
    return session.get(Department, department_id)


def department_names(session: Session) -> dict[str, tuple[str, str]]:
    """Return the names of all departments in both languages, by id."""
    rows = session.execute(select(Department.id, Department.name, Department.name_en))
    return {id: (name, name_en) for id, name, name_en in rows}


def doctor_names(session: Session) -> dict[str, tuple[str, str]]:
    """Return the names of all doctors in both languages, by id."""
    rows = session.execute(select(Doctor.id, Doctor.name, Doctor.name_en))
    return {id: (name, name_en) for id, name, name_en in rows}


def directory(session: Session) -> Directory:
    """Return departments and doctors by everything a file may call them."""
    departments = session.execute(select(Department.id, Department.name, Department.name_en))
    doctors = session.execute(select(Doctor.id, Doctor.name, Doctor.name_en, Doctor.department_id))
    return Directory.of(departments=departments, doctors=doctors)


def department_facts(session: Session) -> dict[str, DepartmentFacts]:
    """Return what is known of every department, by id, in the clinic's own order."""
    return {row.id: DepartmentFacts(*row) for row in session.execute(_DEPARTMENTS)}


def doctor_facts(session: Session) -> dict[str, DoctorFacts]:
    """Return what is known of every doctor, by id."""
    return {row.id: DoctorFacts(*row) for row in session.execute(_DOCTORS)}


def put_departments(session: Session, facts: Iterable[DepartmentFacts]) -> None:
    """Add departments or bring them up to date."""
    for one in facts:
        session.merge(Department(**asdict(one)))
    session.flush()


def put_doctors(session: Session, facts: Iterable[DoctorFacts]) -> None:
    """Add doctors or bring them up to date."""
    for one in facts:
        session.merge(Doctor(**asdict(one)))
    session.flush()


def schedule_stamp(session: Session) -> tuple[int, str | None]:
    """Return what changes whenever the schedule does: the number of its version, and its youngest session.

    It is asked with every message, so it must not grow with the schedule: two looks at the ends of two keys.
    """
    version = select(ScheduleStamp.version).where(ScheduleStamp.id == 1).scalar_subquery()
    youngest = select(func.max(ClinicSession.id)).scalar_subquery()
    found = session.execute(select(version, youngest)).one()
    return found[0], found[1]


def list_windows(session: Session, *, department_ids: Iterable[str], since: datetime, until: datetime) -> list[Window]:
    """Return the departments' sessions that share time with a stretch, as the evaluator's windows, in order."""
    rows = session.execute(
        select(ClinicSession.id, ClinicSession.starts_at, ClinicSession.ends_at, ClinicSession.status, Department.name)
        .join(Department, Department.id == ClinicSession.department_id)
        .where(
            ClinicSession.department_id.in_(list(department_ids)),
            ClinicSession.starts_at < until,
            ClinicSession.starts_at > since - _LONGEST,
            ClinicSession.ends_at > since,
        )
        .order_by(ClinicSession.starts_at, ClinicSession.id)
    )
    return [
        Window(starts_at, ends_at, label=name, cancelled=status == "cancelled", session_id=id)
        for id, starts_at, ends_at, status, name in rows
    ]


class SessionLine(NamedTuple):
    """A session with the names it is shown by."""

    session: ClinicSession
    department: Department
    doctor: Doctor | None


def list_sessions(session: Session, *, since: datetime, until: datetime) -> list[SessionLine]:
    """Return all sessions that share time with a stretch, by department and start, cancelled ones included."""
    rows = session.execute(
        select(ClinicSession, Department, Doctor)
        .join(Department, Department.id == ClinicSession.department_id)
        .outerjoin(Doctor, Doctor.id == ClinicSession.doctor_id)
        .where(
            ClinicSession.day.between(clinic_time(since - _LONGEST).date(), clinic_time(until).date()),
            ClinicSession.starts_at < until,
            ClinicSession.ends_at > since,
        )
        .order_by(Department.position, Department.id, ClinicSession.starts_at, ClinicSession.id)
    )
    return [SessionLine(row, department, doctor) for row, department, doctor in rows]


def find_session_at(
    session: Session, *, department_id: str, doctor_id: str | None, at: datetime
) -> ClinicSession | None:
    """Return the session of a doctor in a department that runs at an instant, if there is one."""
    return session.scalars(
        select(ClinicSession)
        .where(
            ClinicSession.department_id == department_id,
            ClinicSession.doctor_id == doctor_id,
            ClinicSession.status != "cancelled",
            ClinicSession.starts_at <= at,
            ClinicSession.ends_at > at,
        )
        .order_by(ClinicSession.starts_at)
        .limit(1)
    ).first()


def days_with_sessions(session: Session, *, first: date, last: date) -> set[date]:
    """Return the dates of a stretch that have a session already."""
    return set(session.scalars(select(ClinicSession.day).where(ClinicSession.day.between(first, last)).distinct()))


# ---- the schedule and its history ------------------------------------------------------------------------


def list_known_sessions(session: Session, *, first: date, last: date) -> list[KnownSession]:
    """Return the sessions of these dates as an import compares them."""
    rows = session.scalars(select(ClinicSession).where(ClinicSession.day.between(first, last)))
    return [KnownSession(row.id, facts_of(row)) for row in rows]


def facts_of(row: ClinicSession) -> SessionFacts:
    """Return a session apart from its row."""
    return SessionFacts(
        department_id=row.department_id,
        doctor_id=row.doctor_id,
        day=row.day,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        kind=row.kind,
        status=row.status,
        slots=row.slots,
        note=row.note,
    )


def apply_changes(session: Session, changes: Sequence[PlannedChange], *, record: ScheduleImport) -> list[str]:
    """Write planned changes of the schedule, and what each session was before; return the sessions' ids in order."""
    session.add(record)
    session.execute(update(ScheduleStamp).where(ScheduleStamp.id == 1).values(version=ScheduleStamp.version + 1))
    session.flush()
    ids = [change.known.id if change.known else new_id() for change in changes]
    rows = [(change, _row(change, id=id, origin=record.kind)) for change, id in zip(changes, ids, strict=True)]
    for _, alike in groupby(sorted((row for c, row in rows if c.known), key=tuple), key=tuple):
        session.execute(update(ClinicSession), list(alike))
    new_rows = [row for change, row in rows if change.known is None]
    if new_rows:
        session.execute(insert(ClinicSession), new_rows)
    history = [
        {
            "id": new_id(),
            "import_id": record.id,
            "session_id": id,
            "outcome": change.outcome,
            "before": _plain(change.known.facts) if change.known else None,
            "after": _plain(change.facts),
        }
        for change, id in zip(changes, ids, strict=True)
    ]
    session.execute(insert(ScheduleChange), history)
    return ids


def _row(change: PlannedChange, *, id: str, origin: str) -> dict[str, Any]:
    numbers = {"generated_for": change.generated_for, "external_id": change.external_id}
    # A new row names both; an old one keeps its place and number unless the change brings another.
    told = {name: value for name, value in numbers.items() if value is not None or change.known is None}
    return {"id": id, **asdict(change.facts), "origin": origin, **told}


def _plain(facts: SessionFacts) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in asdict(facts).items()
    }


def list_imports(session: Session, *, limit: int = 50) -> Sequence[ScheduleImport]:
    """Return the imports that changed the schedule, newest first: in the order of their ids, whatever a clock says."""
    return session.scalars(select(ScheduleImport).order_by(ScheduleImport.id.desc()).limit(limit)).all()


def list_changes(session: Session, *, session_id: str) -> Sequence[ScheduleChange]:
    """Return what happened to one session, in order."""
    return session.scalars(
        select(ScheduleChange)
        .join(ScheduleImport, ScheduleImport.id == ScheduleChange.import_id)
        .where(ScheduleChange.session_id == session_id)
        .order_by(ScheduleImport.at, ScheduleChange.id)
    ).all()
