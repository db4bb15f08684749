"""Every change of the schedule takes this way: the difference with whom it touches first, then all of it or nothing.

Files, hands at the calendar, the weekly template, the hospital's own system and the way back each bring a planner; what
follows a change (people told, queues closed, screens brought up to date) is done by the followers, in its transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy.orm import Session

from caredesk.actions.assist_ending import end_with_sessions
from caredesk.actions.schedule_followers import FOLLOWERS, Applied, affected_by, open_queues_of
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic import schedule_queries
from caredesk.clinic.errors import NothingToUndo, ScheduleMovedOn, SessionRefused
from caredesk.clinic.facts import ImportReport, KnownSession, Outcome, SessionFacts
from caredesk.clinic.models import ScheduleImport
from caredesk.clinic.schedule import PlannedChange, SchedulePlan, plan_import
from caredesk.clinic.schedule_edits import SessionEdit, plan_edits, plan_undo
from caredesk.clinic.schedule_rows import read_session
from caredesk.clinic.schemas import (
    ChangeDone,
    ChangedSession,
    ChangeKind,
    RefusedRow,
    RowFault,
    ScheduleDifference,
    SessionTimes,
)
from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.words import fault_words
from caredesk.conversations.rules import tidy_text
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.patients import queries as patient_queries

MOST_SHOWN = 300
"""A difference lists so many sessions; the counts are of all."""

DAY = timedelta(days=1)

Planner = Callable[[Session], SchedulePlan]
"""Plans a change against the schedule as it stands; asked again under the lock, right before it is applied."""


@dataclass(frozen=True)
class Cause:
    """Why the schedule changes, for its history."""

    kind: ChangeKind
    source: str = ""


def difference_of(session: Session, planner: Planner, *, now: datetime) -> ScheduleDifference:
    """Tell what a change would do and whom it touches, without doing it."""
    plan = planner(session)
    return ScheduleDifference(
        fingerprint=_fingerprint(session, plan),
        counts=counts_of(plan.report),
        refused=refused_rows(plan.report),
        changes=_shown(session, plan.changes[:MOST_SHOWN]),
        more_changes=max(0, len(plan.changes) - MOST_SHOWN),
        affected=affected_by(session, plan.changes, now=now),
    )


def change_schedule(work: Work, planner: Planner, *, cause: Cause, fingerprint: str | None = None) -> ChangeDone:
    """Apply a change: all of it, or nothing when a row is refused.

    With the fingerprint of a difference it happens exactly as it was shown, or not at all. Everyone concerned is told
    within the same transaction (B19).
    """
    schedule_queries.lock_schedule(work.session)
    plan = planner(work.session)
    if fingerprint is not None and fingerprint != _fingerprint(work.session, plan):
        raise ScheduleMovedOn
    affected = affected_by(work.session, plan.changes, now=work.now)
    change_id = _apply(work, plan, cause=cause) if plan.changes else None
    return ChangeDone(
        change_id=change_id,
        counts=counts_of(plan.report),
        refused=refused_rows(plan.report),
        affected=affected,
    )


def _apply(work: Work, plan: SchedulePlan, *, cause: Cause) -> str:
    open_before = open_queues_of(work, plan.changes)
    record = ScheduleImport(
        id=new_id(),
        at=work.now,
        actor_id=work.actor.id,
        actor_name=work.actor.name,
        source=cause.source[:200],
        kind=cause.kind,
        **{outcome: plan.report.count(outcome) for outcome in ("added", "changed", "cancelled", "unchanged")},
    )
    ids = clinic_queries.apply_changes(work.session, plan.changes, record=record)
    applied = Applied(
        change_id=record.id,
        kind=cause.kind,
        changes=tuple(zip(ids, plan.changes, strict=True)),
        open_before=open_before,
    )
    for follow in (*FOLLOWERS, end_with_sessions):
        follow(work, applied)
    return record.id


def counts_of(report: ImportReport) -> dict[Outcome, int]:
    """Return how many sessions or rows had which outcome."""
    return {outcome: report.count(outcome) for outcome in get_args(Outcome)}


def refused_rows(report: ImportReport) -> list[RefusedRow]:
    """Return the rows that could not be taken, with the words for what is wrong."""
    return [
        RefusedRow(
            line=row.line,
            faults=[
                RowFault(
                    code=fault.code,
                    value=fault.value,
                    zh=fault_words(fault.code, value=fault.value, language="zh"),
                    en=fault_words(fault.code, value=fault.value, language="en"),
                )
                for fault in row.faults
            ],
        )
        for row in report.rows
        if row.faults
    ]


def _fingerprint(session: Session, plan: SchedulePlan) -> str:
    """Return what stays the same while the schedule and the change do."""
    told = repr((schedule_queries.schedule_version(session), plan.changes, len(plan.report.rows)))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _shown(session: Session, changes: Sequence[PlannedChange]) -> list[ChangedSession]:
    departments, doctors = clinic_queries.department_names(session), clinic_queries.doctor_names(session)
    known = [change.known.id for change in changes if change.known]
    booked = patient_queries.count_booked(session, session_ids=known)
    shown = []
    for change in changes:
        department = departments.get(change.facts.department_id, ("", ""))
        doctor = doctors.get(change.facts.doctor_id or "", ("", ""))
        shown.append(
            ChangedSession(
                outcome=change.outcome,
                line=change.line,
                department=department[0],
                department_en=department[1],
                doctor=doctor[0],
                doctor_en=doctor[1],
                before=_times(change.known.facts) if change.known else None,
                after=_times(change.facts),
                appointments=booked.get(change.known.id, 0) if change.known else 0,
            )
        )
    return shown


def _times(facts: SessionFacts) -> SessionTimes:
    return SessionTimes(starts_at=facts.starts_at, ends_at=facts.ends_at, status=facts.status, slots=facts.slots)


# ---- files -----------------------------------------------------------------------------------------------


def import_sessions(work: Work, rows: Sequence[SheetRow], *, source: str = "") -> ImportReport:
    """Bring rows of a schedule file into the schedule: all of them, or none when one is refused.

    A row speaks of the session with its department, doctor, date, kind and start; it adds, changes or cancels it.
    Importing a file again changes nothing. Queues of the departments concerned look at their hours at once.
    """
    reports: list[ImportReport] = []

    def planner(session: Session) -> SchedulePlan:
        plan = plan_schedule(session, rows)
        reports.append(plan.report)
        return plan

    change_schedule(work, planner, cause=Cause("import", source))
    return reports[-1]


def plan_schedule(session: Session, rows: Sequence[SheetRow]) -> SchedulePlan:
    """Tell what an import would do, row by row, without doing it."""
    directory = clinic_queries.directory(session)
    days = [facts.day for row in rows if (facts := read_session(row, directory=directory)[0])]
    known: list[KnownSession] = []
    if days:
        # A session across midnight may meet one of the neighbouring date.
        known = clinic_queries.list_known_sessions(session, first=min(days) - DAY, last=max(days) + DAY)
    return plan_import(rows, directory=directory, known=known)


# ---- by hand ---------------------------------------------------------------------------------------------


def plan_by_hand(session: Session, edits: Sequence[SessionEdit]) -> SchedulePlan:
    """Plan what a person wants of sessions: moved, shortened, cancelled, brought back, or a new one."""
    edits = [replace(edit, note=tidy_text(edit.note).strip()) if edit.note else edit for edit in edits]
    named = schedule_queries.list_known_of(session, session_ids=[e.session_id for e in edits if e.session_id])
    days = [facts.day for facts in (one.facts for one in named)]
    days += [clinic_time(edit.starts_at).date() for edit in edits if edit.starts_at]
    for edit in edits:
        _refuse_unknown(session, edit)
    around = clinic_queries.list_known_sessions(session, first=min(days) - DAY, last=max(days) + DAY) if days else []
    return plan_edits(edits, known=around)


def _refuse_unknown(session: Session, edit: SessionEdit) -> None:
    if edit.department_id and not clinic_queries.find_department(session, department_id=edit.department_id):
        raise SessionRefused(fault="department_unknown", value="")
    if edit.doctor_id and not clinic_queries.find_doctor(session, doctor_id=edit.doctor_id):
        raise SessionRefused(fault="doctor_unknown", value="")


def undo_change(work: Work, *, change_id: str) -> ChangeDone:
    """Take back a change of the schedule; what it added is cancelled. Refused when its sessions changed since."""
    schedule_queries.lock_schedule(work.session)
    record = schedule_queries.find_change(work.session, change_id=change_id)
    if record is None or record.undone_by is not None:
        raise NothingToUndo
    done = change_schedule(
        work, lambda session: plan_back(session, change_id=change_id), cause=Cause("undo", change_id)
    )
    record.undone_by = done.change_id
    return done


def plan_back(session: Session, *, change_id: str) -> SchedulePlan:
    """Plan the reverse of a recorded change."""
    past = schedule_queries.list_past_changes(session, import_id=change_id)
    days = [facts.day for change in past for facts in (change.before, change.after) if facts]
    around = clinic_queries.list_known_sessions(session, first=min(days) - DAY, last=max(days) + DAY) if days else []
    return plan_undo(past, around=around)
