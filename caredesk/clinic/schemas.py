"""Shapes of the schedule on the wire: the week of the calendar, the difference before a change, what a change did."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from caredesk.clinic.facts import Outcome

ChangeKind = Literal["import", "hand", "template", "fhir", "undo"]


class Shape(BaseModel):
    """A frozen shape."""

    model_config = ConfigDict(frozen=True)


class SessionView(Shape):
    """One session of the calendar; `booked` counts the appointments in it."""

    id: str
    department_id: str
    doctor_id: str | None
    day: date
    starts_at: datetime
    ends_at: datetime
    kind: str
    status: Literal["scheduled", "cancelled", "added"]
    slots: int | None
    booked: int
    note: str
    origin: str


class DayView(Shape):
    """One date of the calendar; `known` is false where the year's holidays are not published yet."""

    day: date
    workday: bool
    holiday: bool
    swapped: bool
    known: bool


class CalendarCoverage(Shape):
    """People needed, rostered and missing in every quarter of an hour from `starts_at` on, all queues together."""

    starts_at: datetime
    need: list[int]
    rostered: list[int]
    missing: list[int]


class DepartmentRow(Shape):
    """A department of the calendar."""

    id: str
    name: str
    name_en: str


class DoctorRow(Shape):
    """A doctor of the calendar."""

    id: str
    name: str
    name_en: str
    department_id: str
    title: str


class RecordedChange(Shape):
    """One recorded change of the schedule, newest first in lists; it can be taken back while nothing changed since."""

    id: str
    at: datetime
    by: str
    kind: ChangeKind
    source: str
    added: int
    changed: int
    cancelled: int
    undone: bool


class CalendarWeek(Shape):
    """Everything the calendar shows of a stretch of days."""

    first: date
    last: date
    now: datetime
    version: int
    days: list[DayView]
    departments: list[DepartmentRow]
    doctors: list[DoctorRow]
    sessions: list[SessionView]
    changes: list[RecordedChange]


class SessionTimes(Shape):
    """What of a session a change may touch."""

    starts_at: datetime
    ends_at: datetime
    status: str
    slots: int | None


class ChangedSession(Shape):
    """One session of a difference, before and after."""

    outcome: Outcome
    line: int | None
    department: str
    department_en: str
    doctor: str
    doctor_en: str
    before: SessionTimes | None
    after: SessionTimes
    appointments: int


class RowFault(Shape):
    """What is wrong with a row: a code, what stands there, and the words."""

    code: str
    value: str
    zh: str
    en: str


class RefusedRow(Shape):
    """A row of a file that cannot be taken."""

    line: int
    faults: list[RowFault]


class Affected(Shape):
    """Whom a change touches.

    `waiting` are people in queues that it closes now, `promises` the left messages there, `appointments` the visits
    booked into sessions that it moves or cancels.
    """

    waiting: int = 0
    appointments: int = 0
    promises: int = 0
    closing_queues: list[str] = Field(default_factory=list)


class ScheduleDifference(Shape):
    """What a change would do, before it is done. It is applied only while `fingerprint` still holds."""

    fingerprint: str
    counts: dict[Outcome, int]
    refused: list[RefusedRow]
    changes: list[ChangedSession]
    more_changes: int
    affected: Affected

    @property
    def applicable(self) -> bool:
        """Tell whether nothing was refused."""
        return not self.refused


class ChangeDone(Shape):
    """What a change did; without `change_id` there was nothing to do."""

    change_id: str | None
    counts: dict[Outcome, int]
    refused: list[RefusedRow]
    affected: Affected
