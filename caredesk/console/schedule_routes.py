"""The supervisor's calendar: a week of sessions, changes by hand and by file, each shown first and then applied."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.file import FileStorage
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from caredesk.accounts.rules import Permission
from caredesk.actions.schedule import (
    Cause,
    Planner,
    change_schedule,
    difference_of,
    plan_back,
    plan_by_hand,
    plan_schedule,
    undo_change,
)
from caredesk.actions.schedule_calendar import calendar_of, coverage_of_days
from caredesk.clinic.schedule import SchedulePlan
from caredesk.clinic.schedule_edits import SessionEdit
from caredesk.clinic.schedule_rows import COLUMNS
from caredesk.clinic.schemas import CalendarCoverage, CalendarWeek, ChangeDone, ScheduleDifference
from caredesk.clinic.sheet import SheetRow, read_sheet
from caredesk.clinic.words import column_named
from caredesk.core.clock import clinic_time
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write

TAG = Tag(name="schedule", description="The clinic's schedule, for supervisors.")
api = APIBlueprint("schedule", __name__, url_prefix="/api/console/schedule", abp_tags=[TAG])


class WeekQuery(BaseModel):
    """A stretch of days; without `first` the week of today, from Monday on."""

    first: date | None = Field(None, ge=date(2000, 1, 1), le=date(2099, 12, 1))
    days: int = Field(7, ge=1, le=31)


class EditSession(BaseModel):
    """What is wanted of one session; what is left out stays as it is. Without `session_id` it is a new one."""

    session_id: str | None = Field(None, max_length=36)
    department_id: str | None = Field(None, max_length=60)
    doctor_id: str | None = Field(None, max_length=60)
    starts_at: AwareDatetime | None = Field(
        None, ge=datetime.fromisoformat("2000-01-01T00:00Z"), le=datetime.fromisoformat("2099-12-01T00:00Z")
    )
    ends_at: AwareDatetime | None = Field(
        None, ge=datetime.fromisoformat("2000-01-01T00:00Z"), le=datetime.fromisoformat("2099-12-02T00:00Z")
    )
    cancelled: bool | None = None
    slots: int | None = Field(None, ge=0, le=999_999)
    note: str | None = Field(None, max_length=200)


class EditSchedule(BaseModel):
    """Changes by hand, all of them or none."""

    edits: list[EditSession] = Field(min_length=1, max_length=100)


class ApplyEdits(EditSchedule):
    """The same changes once more, with the fingerprint of the difference that was shown."""

    fingerprint: str = Field(min_length=8, max_length=64)


class ScheduleFile(BaseModel):
    """A CSV or XLSX table of sessions."""

    file: FileStorage


class ApplyFile(ScheduleFile):
    """The same file once more, with the fingerprint of the difference that was shown."""

    fingerprint: str = Field(min_length=8, max_length=64)


class ChangePath(BaseModel):
    change_id: str = Field(max_length=36)


@api.get("", responses={200: CalendarWeek})
@staff_guard(Permission.SEE_FLOOR)
def get_schedule(query: WeekQuery) -> ResponseReturnValue:
    """A stretch of days with its sessions, who is booked, and the last changes."""
    services = current_services()
    now = services.clock.now()
    with read(services) as session:
        week = calendar_of(session, first=_first(query, now=now), days=query.days, now=now)
    return answer(week)


@api.get("/coverage", responses={200: CalendarCoverage})
@staff_guard(Permission.SEE_FLOOR)
def get_schedule_coverage(query: WeekQuery) -> ResponseReturnValue:
    """People needed and rostered in every quarter of an hour of the same days."""
    services = current_services()
    with read(services) as session:
        found = coverage_of_days(session, first=_first(query, now=services.clock.now()), days=query.days)
    return answer(found)


def _first(query: WeekQuery, *, now: datetime) -> date:
    today = clinic_time(now).date()
    return query.first or today - timedelta(days=today.weekday())


@api.post("/edits/check", responses={200: ScheduleDifference})
@staff_guard(Permission.SEE_FLOOR)
def post_edits_check(body: EditSchedule) -> ResponseReturnValue:
    """Show what changes by hand would do and whom they touch; nothing is applied."""
    services = current_services()
    edits = _edits(body)
    with read(services) as session:
        shown = difference_of(session, lambda some: plan_by_hand(some, edits), now=services.clock.now())
    return answer(shown)


@api.post("/edits", responses={200: ChangeDone})
@staff_guard(Permission.SEE_FLOOR)
def post_edits(body: ApplyEdits) -> ResponseReturnValue:
    """Apply changes by hand, exactly as they were shown."""
    edits = _edits(body)
    with write(current_services(), actor=current_actor()) as work:
        done = change_schedule(
            work, lambda some: plan_by_hand(some, edits), cause=Cause("hand"), fingerprint=body.fingerprint
        )
    return answer(done)


@api.post("/imports/check", responses={200: ScheduleDifference})
@staff_guard(Permission.SEE_FLOOR)
@limited("picture.upload", by="staff")
def post_schedule_import_check(form: ScheduleFile) -> ResponseReturnValue:
    """Show what a file would change and whom that touches, row by row; nothing is applied."""
    services = current_services()
    rows = _rows(form)
    with read(services) as session:
        shown = difference_of(session, _planner(rows), now=services.clock.now())
    return answer(shown)


@api.post("/imports", responses={200: ChangeDone})
@staff_guard(Permission.SEE_FLOOR)
@limited("picture.upload", by="staff")
def post_schedule_import(form: ApplyFile) -> ResponseReturnValue:
    """Bring a file into the schedule, exactly as it was shown, all rows or none."""
    rows = _rows(form)
    name = Path(form.file.filename or "").name[-200:]
    with write(current_services(), actor=current_actor()) as work:
        done = change_schedule(work, _planner(rows), cause=Cause("import", name), fingerprint=form.fingerprint)
    return answer(done)


@api.get("/changes/<change_id>/undo", responses={200: ScheduleDifference})
@staff_guard(Permission.SEE_FLOOR)
def get_undo(path: ChangePath) -> ResponseReturnValue:
    """Show what taking a change back would do and whom that touches."""
    services = current_services()
    with read(services) as session:
        shown = difference_of(session, lambda some: plan_back(some, change_id=path.change_id), now=services.clock.now())
    return answer(shown)


@api.post("/changes/<change_id>/undo", responses={200: ChangeDone})
@staff_guard(Permission.SEE_FLOOR)
def post_undo(path: ChangePath) -> ResponseReturnValue:
    """Take a change back; refused when its sessions have changed again since."""
    with write(current_services(), actor=current_actor()) as work:
        done = undo_change(work, change_id=path.change_id)
    return answer(done)


def _edits(body: EditSchedule) -> list[SessionEdit]:
    return [SessionEdit(**edit.model_dump()) for edit in body.edits]


def _rows(form: ScheduleFile) -> list[SheetRow]:
    return read_sheet(form.file.read(), required=COLUMNS, column_named=column_named)


def _planner(rows: list[SheetRow]) -> Planner:
    def planner(session: Session) -> SchedulePlan:
        return plan_schedule(session, rows)

    return planner
