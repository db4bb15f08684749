"""What the staffing page sends and receives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from flask_openapi3.models.file import FileStorage
from pydantic import AwareDatetime, BaseModel, Field

from caredesk.events.shapes import Shape
from caredesk.staffing.rules import LeaveFacts, RosterAgent, RosterFault, ShiftFacts

StaffId = Annotated[str, Field(min_length=1, max_length=40)]


RosterDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
"""A date whose week a roster may have; counting days beyond the calendar's ends would fail."""


class WeekQuery(BaseModel):
    """The week of a date; without one, this week."""

    week: RosterDay | None = None


class BreakView(Shape):
    starts_at: datetime
    ends_at: datetime


class ShiftView(Shape):
    id: str
    staff_id: str
    starts_at: datetime
    ends_at: datetime
    breaks: list[BreakView]


class LeaveView(Shape):
    id: str
    staff_id: str
    starts_at: datetime
    ends_at: datetime
    reason: str


class RosterAgentView(Shape):
    staff_id: str
    name: str
    name_en: str
    queue_ids: list[str]
    hours: float


class RosterFaultView(Shape):
    code: str
    staff_id: str
    value: str


class QueueNeedView(Shape):
    """A queue's quarters of the week: contacts expected, agents needed, skilled agents rostered."""

    queue_id: str
    name: str
    name_en: str
    contacts: list[float]
    need: list[int]
    skilled: list[int]
    learned_from: int
    handling_seconds: float
    patience_seconds: float


class LackView(Shape):
    starts_at: datetime
    ends_at: datetime
    missing: int
    queue_id: str
    reason: str


class ProposalView(Shape):
    """A proposal as a difference; `change_id` is what an undo needs once it was applied."""

    id: str
    state: Literal["waiting", "ready", "failed", "applied"]
    added: list[ShiftView]
    removed: list[ShiftView]
    missing_before: int
    missing_after: int
    lacks: list[LackView]
    change_id: str | None


class RosterWeek(Shape):
    """A week of the roster with what it needs; quarters run from Monday's midnight at the clinic."""

    monday: date
    starts_at: datetime
    now: datetime
    agents: list[RosterAgentView]
    shifts: list[ShiftView]
    leaves: list[LeaveView]
    need: list[int]
    rostered: list[int]
    missing: list[int]
    queues: list[QueueNeedView]
    warnings: list[RosterFaultView]
    proposal: ProposalView | None
    undo_id: str | None


class PutBreak(Shape):
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class PutShift(Shape):
    """A shift to add, or with `id` to bring to this. Without `breaks` a long one gets its usual break."""

    id: str = Field(default="", max_length=40)
    staff_id: StaffId
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    breaks: list[PutBreak] | None = Field(default=None, max_length=6)


class PutLeave(Shape):
    """A leave to note, or with `id` to alter."""

    id: str = Field(default="", max_length=40)
    staff_id: StaffId
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: str = Field(default="", max_length=60)


class CopyWeek(Shape):
    source: RosterDay
    target: RosterDay


class WeekBody(Shape):
    week: RosterDay


class ShiftPath(BaseModel):
    shift_id: str = Field(max_length=40)


class LeavePath(BaseModel):
    leave_id: str = Field(max_length=40)


class ChangePath(BaseModel):
    change_id: str = Field(max_length=40)


class ProposalPath(BaseModel):
    proposal_id: str = Field(max_length=40)


class RosterDone(Shape):
    """What was done: the change that an undo needs, and what could not be done."""

    change_id: str | None
    skipped: list[RosterFaultView] = Field(default=[])


class ImportedRowView(Shape):
    line: int
    outcome: Literal["added", "unchanged", "refused"]
    code: str = ""
    value: str = ""


class ImportedRosterView(Shape):
    rows: list[ImportedRowView]
    refused: int
    change_id: str | None


class RosterImportForm(BaseModel):
    """A roster file; `dry_run` only shows the report."""

    file: FileStorage
    dry_run: bool = True


class OwnShifts(Shape):
    """One's own shifts of the coming weeks."""

    now: datetime
    shifts: list[ShiftView]
    leaves: list[LeaveView]


class RosterExportQuery(BaseModel):
    week: RosterDay | None = None
    form: Literal["xlsx", "ics"] = "xlsx"
    staff_id: str | None = Field(default=None, max_length=40)


def shift_view(shift: ShiftFacts) -> ShiftView:
    """Return a shift as the page gets it."""
    breaks = [BreakView(starts_at=one.starts_at, ends_at=one.ends_at) for one in shift.breaks]
    return ShiftView(
        id=shift.id, staff_id=shift.staff_id, starts_at=shift.starts_at, ends_at=shift.ends_at, breaks=breaks
    )


def leave_view(leave: LeaveFacts) -> LeaveView:
    """Return a leave as the page gets it."""
    return LeaveView(
        id=leave.id, staff_id=leave.staff_id, starts_at=leave.starts_at, ends_at=leave.ends_at, reason=leave.reason
    )


def agent_view(agent: RosterAgent, *, hours: float) -> RosterAgentView:
    """Return an agent as the page gets it, with the hours of the week."""
    return RosterAgentView(
        staff_id=agent.staff_id,
        name=agent.name,
        name_en=agent.name_en,
        queue_ids=sorted(agent.queues),
        hours=round(hours, 2),
    )


def fault_view(fault: RosterFault) -> RosterFaultView:
    """Return a fault as the page gets it."""
    return RosterFaultView(code=fault.code, staff_id=fault.staff_id, value=fault.value)


def lack_views(told: list[dict[str, Any]]) -> list[LackView]:
    """Return what a proposal can't close."""
    return [LackView.model_validate(one) for one in told]
