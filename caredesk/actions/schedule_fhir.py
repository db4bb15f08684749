"""The schedule as the hospital's own system speaks of it: sessions by its numbers, in and out, as files go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions.schedule import DAY, Cause, change_schedule
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic import schedule_queries
from caredesk.clinic.facts import Fault, SessionFacts
from caredesk.clinic.models import ClinicSession
from caredesk.clinic.schedule import NumberedSession, SchedulePlan, plan_numbered
from caredesk.clinic.schedule_edits import kind_of
from caredesk.clinic.schedule_rows import LONGEST
from caredesk.clinic.schemas import ChangeDone
from caredesk.core.clock import clinic_time
from caredesk.core.work import Work


@dataclass(frozen=True, slots=True)
class GivenSession:
    """One session as it was sent: who by the directory's ids or names, when, and under which number."""

    line: int
    number: str
    department: str
    doctor: str
    starts_at: datetime
    ends_at: datetime
    status: str
    slots: int | None = None
    note: str = ""


def take_sessions(work: Work, given: Sequence[GivenSession], *, source: str) -> ChangeDone:
    """Bring sessions into the schedule by their numbers: all of them, or none. Sending them again changes nothing."""
    return change_schedule(work, lambda session: plan_given(session, given), cause=Cause("fhir", source))


def plan_given(session: Session, given: Sequence[GivenSession]) -> SchedulePlan:
    """Plan what was sent against the sessions of the same numbers, and of the same times."""
    by_number = schedule_queries.list_by_external_id(session, external_ids=[one.number for one in given])
    directory = clinic_queries.directory(session)
    sessions: list[NumberedSession] = []
    faults: dict[int, tuple[Fault, ...]] = {}
    lines: dict[str, int] = {}
    for one in given:
        department = directory.find_department(one.department)
        doctors = directory.find_doctors(one.doctor, department_id=department) if one.doctor else [None]
        wrong = _faults(one, department=department, doctors=doctors, lines=lines)
        if wrong or department is None:
            faults[one.line] = tuple(wrong)
            continue
        facts = _facts(one, department_id=department, doctor_id=doctors[0])
        sessions.append(NumberedSession(one.line, facts, one.number, by_number.get(one.number)))
    days = [one.facts.day for one in sessions]
    days += [known.facts.day for known in by_number.values()]
    around = clinic_queries.list_known_sessions(session, first=min(days) - DAY, last=max(days) + DAY) if days else []
    return plan_numbered(sessions, lines=[one.line for one in given], faults=faults, known=around)


def _faults(
    one: GivenSession, *, department: str | None, doctors: Sequence[str | None], lines: dict[str, int]
) -> list[Fault]:
    faults = []
    if department is None:
        faults.append(Fault("department_unknown" if one.department else "department_missing", one.department[:60]))
    if not doctors:
        faults.append(Fault("doctor_unknown", one.doctor[:60]))
    elif len(doctors) > 1:
        faults.append(Fault("doctor_ambiguous", one.doctor[:60]))
    length = one.ends_at - one.starts_at
    if length <= timedelta():
        faults.append(Fault("end_before_start", f"{clinic_time(one.ends_at):%H:%M}"))
    elif length > LONGEST:
        faults.append(Fault("too_long", f"{length.total_seconds() / 3600:g} h"))
    earlier = lines.setdefault(one.number, one.line)
    if earlier != one.line:
        faults.append(Fault("duplicate", str(earlier)))
    return faults


def _facts(one: GivenSession, *, department_id: str, doctor_id: str | None) -> SessionFacts:
    return SessionFacts(
        department_id=department_id,
        doctor_id=doctor_id,
        day=clinic_time(one.starts_at).date(),
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        kind=kind_of(one.starts_at, one.ends_at),
        status=one.status,
        slots=one.slots,
        note=one.note,
    )


# ---- reading back ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeptSession:
    """A session with its number, for reading back."""

    row: ClinicSession

    @property
    def schedule(self) -> str:
        """Return the id of the schedule that it belongs to."""
        return schedule_id(self.row.department_id, self.row.doctor_id)


def schedule_id(department_id: str, doctor_id: str | None) -> str:
    """Return the id of the schedule of a doctor in a department, or of the department itself."""
    return f"{department_id}.{doctor_id}" if doctor_id else department_id


def people_of_schedule(schedule: str) -> tuple[str, str]:
    """Return department and doctor that a schedule's id names."""
    department, _, doctor = schedule.partition(".")
    return department, doctor


def find_kept(session: Session, *, number: str) -> KeptSession | None:
    """Return the session of a number of the hospital's system, or of our own id."""
    row = schedule_queries.find_by_number(session, number=number)
    return KeptSession(row) if row else None


def list_kept(session: Session, *, since: datetime, until: datetime, schedule: str | None) -> list[KeptSession]:
    """Return the sessions of a stretch of time, of one schedule or of all."""
    lines = clinic_queries.list_sessions(session, since=since, until=until)
    kept = [KeptSession(line.session) for line in lines]
    return [one for one in kept if schedule is None or one.schedule == schedule]


def list_schedules(session: Session) -> Mapping[str, tuple[str, str, str]]:
    """Return every schedule by id: department's and doctor's names, and the doctor's id."""
    departments = clinic_queries.department_names(session)
    found = {id: (names[0], "", "") for id, names in departments.items()}
    for doctor in clinic_queries.list_doctors(session):
        name = departments.get(doctor.department_id, ("", ""))[0]
        found[schedule_id(doctor.department_id, doctor.id)] = (name, doctor.name, doctor.id)
    return found
