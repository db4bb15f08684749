"""Where queues meet the clinic: when a queue is open, what runs today, and how the schedule is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Pool
from sqlalchemy.orm import Session

from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.directory import plan_departments, plan_doctors
from caredesk.clinic.facts import ImportReport, KnownSession
from caredesk.clinic.hours import HoursRule, Window, span_on
from caredesk.clinic.models import Department, ScheduleImport
from caredesk.clinic.queries import SessionLine
from caredesk.clinic.rules import LOOK_AHEAD, OpenState, evaluate
from caredesk.clinic.schedule import SchedulePlan, plan_import
from caredesk.clinic.schedule_rows import read_session
from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.weekly import read_fixed_hours
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue

SOON = timedelta(days=8)
"""A week's sessions answer nearly every question; a longer look costs ten times as many rows."""


_STATES: WeakKeyDictionary[Pool, dict[object, tuple[datetime, OpenState]]] = WeakKeyDictionary()
MOST_STATES = 200


# ---- hours -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QueueHours:
    """A queue and whether it is open."""

    queue: Queue
    state: OpenState


def queue_state(work: Work | Session, queue: Queue, *, at: datetime) -> OpenState:
    """Tell whether a queue is open at an instant: the only way in for bot, page, console, queue and command line."""
    session = work.session if isinstance(work, Work) else work
    rule = hours_rule(queue)
    departments = tuple(queue_queries.department_ids_of(session, queue_id=queue.id))
    stamp = clinic_queries.schedule_stamp(session)
    # Sessions and hours begin and end on whole minutes, so within a minute of one schedule nothing can change.
    minute = at.replace(second=0, microsecond=0)
    known = _states_of(session)
    key = (queue.id, rule, departments, stamp)
    found = known.get(key)
    if found is not None and found[0] == minute:
        return found[1]
    state = _evaluate(session, rule, departments, at=minute)
    known[key] = (minute, state)
    return state


def _states_of(session: Session) -> dict[object, tuple[datetime, OpenState]]:
    """Return the last state of each queue of this database; one per queue and schedule, so it stays small."""
    states = _STATES.setdefault(session.get_bind().engine.pool, {})
    if len(states) > MOST_STATES:
        states.clear()
    return states


def _evaluate(session: Session, rule: HoursRule, departments: Sequence[str], *, at: datetime) -> OpenState:
    soon = _evaluate_until(session, rule, departments, at=at, ahead=SOON)
    # An opening within what was loaded is the next one; behind it, sessions that were not loaded might open earlier.
    if _is_certain(soon, until=at + SOON):
        return soon
    return _evaluate_until(session, rule, departments, at=at, ahead=LOOK_AHEAD)


def hours_rule(queue: Queue) -> HoursRule:
    """Return a queue's rule of opening as the evaluator wants it."""
    return HoursRule(
        lead_in_minutes=queue.lead_in_minutes,
        lead_out_minutes=queue.lead_out_minutes,
        fixed=read_fixed_hours(queue.fixed_hours),
    )


def list_queue_states(session: Session, *, at: datetime) -> list[QueueHours]:
    """Return every queue with its state at an instant."""
    return [QueueHours(queue, queue_state(session, queue, at=at)) for queue in queue_queries.list_queues(session)]


def _evaluate_until(
    session: Session, rule: HoursRule, departments: Sequence[str], *, at: datetime, ahead: timedelta
) -> OpenState:
    windows: list[Window] = []
    if departments:
        windows = clinic_queries.list_windows(
            session,
            department_ids=departments,
            since=at - timedelta(minutes=max(rule.lead_out_minutes, 0)),
            until=at + ahead + timedelta(minutes=max(rule.lead_in_minutes, 0)),
        )
    return evaluate(rule, windows, at=at)


def _is_certain(state: OpenState, *, until: datetime) -> bool:
    return state.next_open is not None and state.next_open < until


# ---- today -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DepartmentToday:
    """What one department offers today: sessions in order, and the doctors who hold them."""

    department: Department
    running: bool
    sessions: tuple[SessionLine, ...]
    cancelled: tuple[SessionLine, ...]

    @property
    def clock_ranges(self) -> list[str]:
        """Return the times of today's sessions in clinic time, each once, such as `08:00-12:00`."""
        return list(dict.fromkeys(clock_range(line) for line in self.sessions))

    @property
    def doctors(self) -> list[str]:
        """Return the names of today's doctors, each once."""
        return list(dict.fromkeys(line.doctor.name for line in self.sessions if line.doctor))


def hospital_overview(session: Session, *, at: datetime) -> list[DepartmentToday]:
    """Return the departments that have sessions on the clinic's date of an instant, in the clinic's order."""
    today = clinic_time(at).date()
    midnight = span_on(today, opens=datetime.min.time(), closes=datetime.min.time())
    by_department: dict[str, list[SessionLine]] = {}
    for line in clinic_queries.list_sessions(session, since=midnight.start, until=midnight.end):
        # Last night's session is today's too while it runs.
        if line.session.day == today or line.session.ends_at > at:
            by_department.setdefault(line.department.id, []).append(line)
    return [_department_today(lines, at=at) for lines in by_department.values()]


def clock_range(line: SessionLine) -> str:
    """Return when a session begins and ends, in clinic time."""
    return f"{clinic_time(line.session.starts_at):%H:%M}-{clinic_time(line.session.ends_at):%H:%M}"


def _department_today(lines: Sequence[SessionLine], *, at: datetime) -> DepartmentToday:
    held = tuple(line for line in lines if line.session.status != "cancelled")
    return DepartmentToday(
        department=lines[0].department,
        running=any(line.session.starts_at <= at < line.session.ends_at for line in held),
        sessions=held,
        cancelled=tuple(line for line in lines if line.session.status == "cancelled"),
    )


# ---- schedule --------------------------------------------------------------------------------------------


def import_sessions(work: Work, rows: Sequence[SheetRow], *, source: str = "") -> ImportReport:
    """Bring rows of a schedule file into the schedule: all of them, or none when one is refused.

    A row speaks of the session with its department, doctor, date, kind and start; it adds, changes or cancels it.
    Importing a file again changes nothing. Queues of the departments concerned look at their hours at once.
    """
    plan = plan_schedule(work.session, rows)
    if plan.changes:
        clinic_queries.apply_changes(work.session, plan.changes, record=_record(work, plan.report, source=source))
        _follow(work, department_ids={change.facts.department_id for change in plan.changes})
    return plan.report


def plan_schedule(session: Session, rows: Sequence[SheetRow]) -> SchedulePlan:
    """Tell what an import would do, row by row, without doing it."""
    directory = clinic_queries.directory(session)
    days = [facts.day for row in rows if (facts := read_session(row, directory=directory)[0])]
    known: list[KnownSession] = []
    if days:
        # A session across midnight may meet one of the neighbouring date.
        day = timedelta(days=1)
        known = clinic_queries.list_known_sessions(session, first=min(days) - day, last=max(days) + day)
    return plan_import(rows, directory=directory, known=known)


def _record(work: Work, report: ImportReport, *, source: str) -> ScheduleImport:
    return ScheduleImport(
        id=new_id(),
        at=work.now,
        actor_id=work.actor.id,
        actor_name=work.actor.name,
        source=source[:200],
        added=report.count("added"),
        changed=report.count("changed"),
        cancelled=report.count("cancelled"),
        unchanged=report.count("unchanged"),
    )


def _follow(work: Work, *, department_ids: set[str]) -> None:
    for queue in queue_queries.list_queues(work.session):
        if department_ids & set(queue_queries.department_ids_of(work.session, queue_id=queue.id)):
            work.enqueue("follow_clinic", {"queue_id": queue.id}, key=f"follow_clinic:{queue.id}")


# ---- departments and doctors -----------------------------------------------------------------------------


def import_departments(work: Work, rows: Sequence[SheetRow]) -> ImportReport:
    """Bring departments in: added or changed by id, never removed; all rows or none."""
    known = clinic_queries.department_facts(work.session)
    plan = plan_departments(rows, known=known)
    clinic_queries.put_departments(work.session, plan.changes)
    return plan.report


def import_doctors(work: Work, rows: Sequence[SheetRow]) -> ImportReport:
    """Bring doctors in: added or changed by id, never removed; all rows or none."""
    known = clinic_queries.doctor_facts(work.session)
    plan = plan_doctors(rows, directory=clinic_queries.directory(work.session), known=known)
    clinic_queries.put_doctors(work.session, plan.changes)
    return plan.report
