"""The weekly template in use: brought in from a file, and laid out over the days ahead by a job and by command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from caredesk.actions import clinic
from caredesk.actions.schedule import Cause, change_schedule, difference_of
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic import schedule_queries
from caredesk.clinic.facts import ImportReport
from caredesk.clinic.schedule import SchedulePlan
from caredesk.clinic.schemas import ChangeDone, ScheduleDifference
from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.timetable import TemplatePlan, occurrences, plan_layout, plan_template
from caredesk.clinic.timetable_rows import read_template, report_of
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.core.work import Work

HORIZON = timedelta(days=42)
"""So far ahead sessions stand in the schedule: what families book and people are rostered for."""

NIGHTLY = time(0, 20)


@dataclass(frozen=True)
class TemplateOutcome:
    """What a template file is, row by row, and how many windows end without another in their place."""

    report: ImportReport
    cancelled: int = 0


def import_template(work: Work, rows: Sequence[SheetRow], *, first: date) -> TemplateOutcome:
    """Make a file the template of its departments from a date on; all of it, or nothing when a row is refused.

    Other departments keep theirs. Earlier weeks keep what was valid then. The days ahead are laid out at once.
    """
    schedule_queries.lock_schedule(work.session)
    outcome, plan = plan_template_import(work.session, rows, first=first)
    if plan is not None and plan.changes:
        schedule_queries.apply_template(work.session, plan)
        lay_out_schedule(work)
    return outcome


def plan_template_import(
    session: Session, rows: Sequence[SheetRow], *, first: date
) -> tuple[TemplateOutcome, TemplatePlan | None]:
    """Tell what a template file would do; without a plan when a row is refused."""
    windows, faults = read_template(rows, directory=clinic_queries.directory(session), first=first)
    if faults:
        return TemplateOutcome(report_of(rows, faults=faults)), None
    known = schedule_queries.list_template(session, department_ids={facts.department_id for facts in windows})
    plan = plan_template(windows, known=known, first=first)
    return TemplateOutcome(report_of(rows, faults={}, outcomes=plan.outcomes), plan.cancelled), plan


def lay_out_schedule(work: Work, *, first: date | None = None, last: date | None = None) -> ChangeDone:
    """Bring the days ahead in line with the template. Doing it again changes nothing; exceptions always win."""
    start, end = _stretch(work.now, first=first, last=last)
    return change_schedule(
        work, lambda session: plan_days(session, first=start, last=end, now=work.now), cause=Cause("template")
    )


def preview_layout(session: Session, *, now: datetime, first: date | None, last: date | None) -> ScheduleDifference:
    """Tell what laying out the template would change."""
    start, end = _stretch(now, first=first, last=last)
    return difference_of(session, lambda some: plan_days(some, first=start, last=end, now=now), now=now)


def _stretch(now: datetime, *, first: date | None, last: date | None) -> tuple[date, date]:
    today = clinic_time(now).date()
    return first or today, last or today + HORIZON


def plan_days(session: Session, *, first: date, last: date, now: datetime) -> SchedulePlan:
    """Plan what the template wants of a stretch of days. A desk without a template keeps what it imported."""
    windows = schedule_queries.list_template(session)
    known = schedule_queries.list_laid_out(session, first=first, last=last)
    return plan_layout(occurrences(windows, first=first, last=last), known=known, last=last, now=now)


# ---- every night -----------------------------------------------------------------------------------------


def keep_schedule(work: Work) -> None:
    """Lay out the days ahead, keep the queues' hours for the history, and come back next night."""
    clinic.remember_hours(work)
    if schedule_queries.has_template(work.session):
        lay_out_schedule(work)
    work.enqueue("keep_schedule", {}, due_at=_next_night(work.now), key="keep_schedule")


def begin_keeping(work: Work) -> None:
    """Have the schedule kept from now on; after a start of the desk."""
    work.enqueue("keep_schedule", {}, key="keep_schedule")


def _next_night(now: datetime) -> datetime:
    tomorrow = clinic_time(now).date() + timedelta(days=1)
    return from_clinic(datetime.combine(tomorrow, NIGHTLY))
