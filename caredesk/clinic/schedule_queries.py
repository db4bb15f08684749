"""SQL of the schedule's keeping: its stamp, its history, its template and the hours of queues through time.

Beside `queries.py`, which answers what runs when; nobody who asks for opening hours needs what stands here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime, time

from sqlalchemy import Select, delete, func, insert, null, or_, select, update
from sqlalchemy.orm import Session

from caredesk.clinic.errors import SessionNotFound
from caredesk.clinic.facts import KnownSession, SessionFacts
from caredesk.clinic.history import LaterChange, as_it_was, facts_of_record, window_of
from caredesk.clinic.hours import Window
from caredesk.clinic.models import (
    ClinicSession,
    QueueHoursVersion,
    ScheduleChange,
    ScheduleImport,
    ScheduleStamp,
    TemplateWindow,
)
from caredesk.clinic.queries import department_names, facts_of
from caredesk.clinic.schedule_edits import PastChange
from caredesk.clinic.timetable import KnownWindow, LaidOut, TemplateFacts, TemplatePlan
from caredesk.core.ids import new_id

# ---- sessions --------------------------------------------------------------------------------------------


def lock_schedule(session: Session) -> int:
    """Put whoever changes the schedule in a line; return the schedule's version."""
    row = session.scalars(select(ScheduleStamp).where(ScheduleStamp.id == 1).with_for_update(key_share=True)).one()
    return row.version


def schedule_version(session: Session) -> int:
    """Return the number that grows with every change of the schedule."""
    return session.scalars(select(ScheduleStamp.version).where(ScheduleStamp.id == 1)).one()


def get_session(session: Session, *, session_id: str) -> ClinicSession:
    """Return a session of the schedule."""
    found = session.get(ClinicSession, session_id)
    if found is None:
        raise SessionNotFound(session_id=session_id)
    return found


def list_known_of(session: Session, *, session_ids: Collection[str]) -> list[KnownSession]:
    """Return sessions by id as plans compare them."""
    rows = session.scalars(select(ClinicSession).where(ClinicSession.id.in_(list(session_ids))))
    return [KnownSession(row.id, facts_of(row)) for row in rows]


def list_laid_out(session: Session, *, first: date, last: date) -> list[LaidOut]:
    """Return the sessions of a stretch of days with who had the last word on them.

    A session that was moved to another day keeps its place in the template, so those are found by their place too.
    """
    rows = session.scalars(
        select(ClinicSession).where(
            or_(ClinicSession.day.between(first, last), ClinicSession.generated_for.is_not(None)),
            ClinicSession.day >= first,
        )
    )
    return [LaidOut(KnownSession(row.id, facts_of(row)), row.origin, row.generated_for) for row in rows]


def list_by_external_id(session: Session, *, external_ids: Collection[str]) -> dict[str, KnownSession]:
    """Return the sessions that the hospital's own system knows by these numbers."""
    found: dict[str, KnownSession] = {}
    wanted = list(external_ids)
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        for row in session.scalars(select(ClinicSession).where(ClinicSession.external_id.in_(some))):
            found[str(row.external_id)] = KnownSession(row.id, facts_of(row))
    return found


def find_by_number(session: Session, *, number: str) -> ClinicSession | None:
    """Return the session that the hospital's own system knows by a number, or that has this id."""
    return session.scalars(
        select(ClinicSession)
        .where(or_(ClinicSession.external_id == number, ClinicSession.id == number))
        .order_by(ClinicSession.external_id.is_(None))
        .limit(1)
    ).first()


# ---- history ---------------------------------------------------------------------------------------------


def find_change(session: Session, *, change_id: str) -> ScheduleImport | None:
    """Return a recorded change of the schedule, if there is one."""
    return session.get(ScheduleImport, change_id)


def list_past_changes(session: Session, *, import_id: str) -> list[PastChange]:
    """Return the sessions that a recorded change touched: before, after and now."""
    rows = session.execute(
        select(ScheduleChange, ClinicSession)
        .join(ClinicSession, ClinicSession.id == ScheduleChange.session_id)
        .where(ScheduleChange.import_id == import_id)
        .order_by(ScheduleChange.id)
    )
    return [
        PastChange(
            before=facts_of_record(change.before) if change.before else None,
            after=facts_of_record(change.after),
            now=KnownSession(row.id, facts_of(row)),
        )
        for change, row in rows
    ]


def sessions_as_of(
    session: Session, *, department_ids: Collection[str], since: datetime, until: datetime, moment: datetime
) -> list[tuple[str, SessionFacts]]:
    """Return the sessions of a stretch of time as the schedule had them at a moment, in order (B20)."""
    departments = set(department_ids)
    meant_now = (
        ClinicSession.department_id.in_(list(departments)),
        ClinicSession.starts_at < until,
        ClinicSession.ends_at > since,
    )
    current = session.scalars(select(ClinicSession).where(*meant_now))
    later = _changes_after(session, moment=moment, among=select(ClinicSession.id).where(*meant_now))
    then = as_it_was([(row.id, facts_of(row)) for row in current], later)
    meant = [
        (id, facts)
        for id, facts in then
        if facts.department_id in departments and facts.starts_at < until and facts.ends_at > since
    ]
    return sorted(meant, key=lambda one: (one[1].starts_at, one[0]))


def windows_as_of(
    session: Session, *, department_ids: Collection[str], since: datetime, until: datetime, moment: datetime
) -> list[Window]:
    """Return the same as the evaluator's windows."""
    names = {id: name for id, (name, _) in department_names(session).items()}
    found = sessions_as_of(session, department_ids=department_ids, since=since, until=until, moment=moment)
    return [window_of(facts, session_id=id, label=names.get(facts.department_id, "")) for id, facts in found]


def _changes_after(session: Session, *, moment: datetime, among: Select[str]) -> list[LaterChange]:
    """Return what changed after a moment among some sessions, or may have been among them before.

    What was added later and never changed since was nowhere before: whole imports of other weeks are left out.
    """
    later = ScheduleImport.at > moment
    altered = (
        select(ScheduleChange.session_id)
        .join(ScheduleImport, ScheduleImport.id == ScheduleChange.import_id)
        .where(later, ScheduleChange.before.is_not(null()))
    )
    rows = session.execute(
        select(ScheduleChange.session_id, ScheduleChange.before)
        .join(ScheduleImport, ScheduleImport.id == ScheduleChange.import_id)
        .where(later, or_(ScheduleChange.session_id.in_(among), ScheduleChange.session_id.in_(altered)))
        .order_by(ScheduleImport.at, ScheduleImport.id)
    )
    return [LaterChange(id, facts_of_record(before) if before else None) for id, before in rows]


def list_hours_versions(session: Session, *, queue_id: str) -> Sequence[QueueHoursVersion]:
    """Return how a queue followed the clinic through time, oldest first."""
    return session.scalars(
        select(QueueHoursVersion)
        .where(QueueHoursVersion.queue_id == queue_id)
        .order_by(QueueHoursVersion.valid_from, QueueHoursVersion.id)
    ).all()


def find_hours_version(session: Session, *, queue_id: str, moment: datetime) -> QueueHoursVersion | None:
    """Return the version that was valid at a moment; before the first one, the first."""
    versions = list_hours_versions(session, queue_id=queue_id)
    valid = [version for version in versions if version.valid_from <= moment]
    return valid[-1] if valid else next(iter(versions), None)


def add_hours_version(session: Session, *, version: QueueHoursVersion) -> None:
    """Keep a version of a queue's hours."""
    session.add(version)
    session.flush()


# ---- template --------------------------------------------------------------------------------------------


def list_template(session: Session, *, department_ids: Collection[str] | None = None) -> list[KnownWindow]:
    """Return the windows of the weekly template, those that ended included, in the order of the week."""
    rows = select(TemplateWindow).order_by(
        TemplateWindow.department_id, TemplateWindow.weekday, TemplateWindow.starts, TemplateWindow.id
    )
    if department_ids is not None:
        rows = rows.where(TemplateWindow.department_id.in_(list(department_ids)))
    return [KnownWindow(row.id, _template_facts(row)) for row in session.scalars(rows)]


def has_template(session: Session) -> bool:
    """Tell whether this desk keeps a weekly template at all."""
    return bool(session.scalar(select(func.count()).select_from(TemplateWindow)))


def _template_facts(row: TemplateWindow) -> TemplateFacts:
    return TemplateFacts(
        department_id=row.department_id,
        doctor_id=row.doctor_id,
        weekday=row.weekday,
        starts=time.fromisoformat(row.starts),
        ends=time.fromisoformat(row.ends),
        kind=row.kind,
        slots=row.slots,
        on_holidays=row.on_holidays,
        swapped=row.swapped,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        note=row.note,
    )


def apply_template(session: Session, plan: TemplatePlan) -> None:
    """Write what a template import planned."""
    if plan.drop:
        session.execute(delete(TemplateWindow).where(TemplateWindow.id.in_(plan.drop)))
    for window_id, last in plan.end:
        session.execute(update(TemplateWindow).where(TemplateWindow.id == window_id).values(valid_until=last))
    rows = [
        {**asdict(facts), "id": new_id(), "starts": f"{facts.starts:%H:%M}", "ends": f"{facts.ends:%H:%M}"}
        for facts in plan.begin
    ]
    if rows:
        session.execute(insert(TemplateWindow), rows)
