"""Where queues meet the clinic: when a queue is open now, or was by what was valid then, and what runs today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Pool
from sqlalchemy.orm import Session

from caredesk.actions import floor_hours
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic import schedule_queries
from caredesk.clinic.directory import plan_departments, plan_doctors
from caredesk.clinic.facts import ImportReport
from caredesk.clinic.history import PlannedHours, rule_of
from caredesk.clinic.hours import HoursRule, Span, Window, open_spans, span_on
from caredesk.clinic.models import Department, QueueHoursVersion
from caredesk.clinic.queries import SessionLine
from caredesk.clinic.rules import LOOK_AHEAD, OpenState, evaluate, spent_at
from caredesk.clinic.sheet import SheetRow
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import QueueNotFound
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


def queue_state(work: Work | Session, queue: Queue, *, at: datetime, as_of: datetime | None = None) -> OpenState:
    """Tell whether a queue is open at an instant: the only way in for bot, page, console, queue and command line.

    With `as_of` the answer is the one that was given at that moment: by the schedule and by the queue's own hours as
    they were valid then. Reports on the past ask with `as_of=at` (B20).
    """
    session = work.session if isinstance(work, Work) else work
    if as_of is not None:
        return _state_as_of(session, queue, at=at.replace(second=0, microsecond=0), moment=as_of)
    rule = rule_with_hands(session, queue, at=at)
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
    return rule_of(
        lead_in_minutes=queue.lead_in_minutes,
        lead_out_minutes=queue.lead_out_minutes,
        fixed_hours=queue.fixed_hours,
    )


def rule_with_hands(session: Session, queue: Queue, *, at: datetime) -> HoursRule:
    """Return the same with what people have set by hand around an instant and later."""
    return floor_hours.with_hands(session, hours_rule(queue), queue_id=queue.id, at=at)


def open_time(session: Session, queue: Queue, *, limits: Span) -> list[Span]:
    """Return all open time of a queue within limits, in order: what staffing and clocks of hours reckon with."""
    rule = rule_with_hands(session, queue, at=limits.start)
    departments = queue_queries.department_ids_of(session, queue_id=queue.id)
    windows = _windows(session, rule, departments, since=limits.start, until=limits.end)
    return open_spans(rule, windows, limits=limits)


def due_in_open_time(session: Session, queue: Queue, *, since: datetime, lasting: timedelta) -> datetime:
    """Return when a queue will have been open for a while since an instant: no clock of ours runs while it is closed.

    Without any opening in sight the clock runs through, so that nobody is forgotten.
    """
    state = queue_state(session, queue, at=since)
    if state.open and (state.next_change is None or since + lasting <= state.next_change):
        return since + lasting
    for ahead in (SOON, LOOK_AHEAD):
        due = spent_at(open_time(session, queue, limits=Span(since, since + ahead)), lasting=lasting)
        if due is not None:
            return due
    return since + lasting


def list_queue_states(session: Session, *, at: datetime, as_of: datetime | None = None) -> list[QueueHours]:
    """Return every queue with its state at an instant, by today's schedule or by the one of a moment."""
    queues = queue_queries.list_queues(session)
    return [QueueHours(queue, queue_state(session, queue, at=at, as_of=as_of)) for queue in queues]


# ---- hours through time ----------------------------------------------------------------------------------


def _state_as_of(session: Session, queue: Queue, *, at: datetime, moment: datetime) -> OpenState:
    planned = hours_as_of(session, queue, moment=moment)
    rule = floor_hours.with_hands(session, planned.rule, queue_id=queue.id, at=at, moment=moment)
    hours = replace(planned, rule=rule)
    soon = _evaluate_as_of(session, hours, at=at, ahead=SOON, moment=moment)
    if _is_certain(soon, until=at + SOON):
        return soon
    return _evaluate_as_of(session, hours, at=at, ahead=LOOK_AHEAD, moment=moment)


def _evaluate_as_of(
    session: Session, hours: PlannedHours, *, at: datetime, ahead: timedelta, moment: datetime
) -> OpenState:
    windows = schedule_queries.windows_as_of(
        session,
        department_ids=hours.department_ids,
        since=at - timedelta(minutes=max(hours.rule.lead_out_minutes, 0)),
        until=at + ahead + timedelta(minutes=max(hours.rule.lead_in_minutes, 0)),
        moment=moment,
    )
    return evaluate(hours.rule, windows, at=at)


def hours_as_of(session: Session, queue: Queue, *, moment: datetime) -> PlannedHours:
    """Return how a queue followed the clinic at a moment; before its history begins, the oldest that is known."""
    version = schedule_queries.find_hours_version(session, queue_id=queue.id, moment=moment)
    if version is None:
        return PlannedHours(hours_rule(queue), tuple(queue_queries.department_ids_of(session, queue_id=queue.id)))
    rule = rule_of(
        lead_in_minutes=version.lead_in_minutes,
        lead_out_minutes=version.lead_out_minutes,
        fixed_hours=version.fixed_hours,
    )
    return PlannedHours(rule, tuple(version.department_ids))


def remember_hours(work: Work) -> None:
    """Keep how every queue follows the clinic now, wherever that differs from what was kept last."""
    for queue in queue_queries.list_queues(work.session):
        departments = sorted(queue_queries.department_ids_of(work.session, queue_id=queue.id))
        versions = schedule_queries.list_hours_versions(work.session, queue_id=queue.id)
        now = (queue.lead_in_minutes, queue.lead_out_minutes, queue.fixed_hours, departments)
        if not versions or now != _kept(versions[-1]):
            version = QueueHoursVersion(
                id=new_id(),
                queue_id=queue.id,
                valid_from=work.now,
                lead_in_minutes=queue.lead_in_minutes,
                lead_out_minutes=queue.lead_out_minutes,
                fixed_hours=queue.fixed_hours,
                department_ids=departments,
            )
            schedule_queries.add_hours_version(work.session, version=version)


def _kept(version: QueueHoursVersion) -> tuple[int, int, dict[str, object], list[str]]:
    return (version.lead_in_minutes, version.lead_out_minutes, version.fixed_hours, version.department_ids)


def set_hours(
    work: Work,
    *,
    queue_key: str,
    lead_in_minutes: int | None = None,
    lead_out_minutes: int | None = None,
    fixed_hours: dict[str, Any] | None = None,
    department_ids: Sequence[str] | None = None,
) -> Queue:
    """Change how a queue follows the clinic; what was valid before stays in its history."""
    queue = queue_queries.find_queue_by_key(work.session, key=queue_key)
    if queue is None:
        raise QueueNotFound(key=queue_key)
    remember_hours(work)
    queue.lead_in_minutes = queue.lead_in_minutes if lead_in_minutes is None else lead_in_minutes
    queue.lead_out_minutes = queue.lead_out_minutes if lead_out_minutes is None else lead_out_minutes
    queue.fixed_hours = queue.fixed_hours if fixed_hours is None else fixed_hours
    hours_rule(queue)
    if department_ids is not None:
        queue_queries.set_departments(work.session, queue_id=queue.id, department_ids=department_ids)
    work.session.flush()
    remember_hours(work)
    work.enqueue("follow_clinic", {"queue_id": queue.id}, key=f"follow_clinic:{queue.id}")
    return queue


def _evaluate_until(
    session: Session, rule: HoursRule, departments: Sequence[str], *, at: datetime, ahead: timedelta
) -> OpenState:
    return evaluate(rule, _windows(session, rule, departments, since=at, until=at + ahead), at=at)


def _windows(
    session: Session, rule: HoursRule, departments: Sequence[str], *, since: datetime, until: datetime
) -> list[Window]:
    """Return the sessions that may keep a queue open within a stretch, by their leads."""
    if not departments:
        return []
    return clinic_queries.list_windows(
        session,
        department_ids=departments,
        since=since - timedelta(minutes=max(rule.lead_out_minutes, 0)),
        until=until + timedelta(minutes=max(rule.lead_in_minutes, 0)),
    )


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
