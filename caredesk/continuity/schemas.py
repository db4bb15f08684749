"""Shapes of the standby list, kept for when the database is away and masked as the desk's pages are; of incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from caredesk.events.continuity_shapes import IncidentView
from caredesk.events.shapes import Shape


class StandbyWaiting(Shape):
    """Somebody who waits. `title` is the family's masked name or the visitor's label."""

    conversation_id: str
    number: str
    title: str
    channel: str
    queue_name: str
    queue_name_en: str
    status: str
    since: datetime | None
    promised_at: datetime | None
    flags: list[str]


class StandbyCallBack(Shape):
    """A call that the desk owes; `caller` is masked."""

    conversation_id: str
    number: str
    caller: str
    queue_name: str
    queue_name_en: str
    asked_at: datetime
    attempts: int


class StandbyPhone(Shape):
    """Where a doctor, nurse or pharmacist is called."""

    name: str
    name_en: str
    roles: list[str]
    phone: str


class StandbyPage(Shape):
    """The standby list as one person may see it, with when it was kept; `live`: the desk itself has just said it."""

    taken_at: datetime
    at: datetime
    live: bool
    waiting: list[StandbyWaiting]
    call_backs: list[StandbyCallBack]
    phones: list[StandbyPhone]


class StandbyPerson(BaseModel):
    """A signed-in browser and what its person may see; known by the hash of its token, as in the database."""

    model_config = ConfigDict(frozen=True)

    token_hash: str
    csrf_hash: str
    staff_id: str
    name: str
    leads: bool
    """Whether this person may declare and work incidents."""
    until: datetime
    waiting: frozenset[str]
    call_backs: frozenset[str]


# ---- incidents -------------------------------------------------------------------------------------------


class Bilingual(Shape):
    zh: str
    en: str


class IncidentStep(Shape):
    """A step of a checklist, and whether it is done."""

    key: str
    words: Bilingual
    done: bool


class IncidentKindView(Shape):
    key: str
    name: Bilingual
    parents: Bilingual


class IncidentEntryView(Shape):
    """One thing that was done; `step` are the words of the step that it concerns, if it concerns one."""

    at: datetime
    by_name: str
    what: str
    step: Bilingual | None
    text: str
    stored: bool = True
    """False while it lies in a journal only, because the database is away."""


class IncidentCourse(Shape):
    """An incident with its checklist and its log."""

    incident: IncidentView
    steps: list[IncidentStep]
    entries: list[IncidentEntryView]


class IncidentsPage(Shape):
    """What goes on, what can be declared, and what is over; `live`: the database itself has just said it."""

    open: list[IncidentCourse]
    kinds: list[IncidentKindView]
    ended: list[IncidentView]
    may_lead: bool
    live: bool


class StandbyKept(BaseModel):
    """Everything that is kept: the lists once, and who may see what of them."""

    model_config = ConfigDict(frozen=True)

    taken_at: datetime
    people: tuple[StandbyPerson, ...]
    waiting: tuple[StandbyWaiting, ...]
    call_backs: tuple[StandbyCallBack, ...]
    phones: tuple[StandbyPhone, ...]
    incidents: tuple[IncidentCourse, ...]
    kinds: tuple[IncidentKindView, ...]


class OpenIncidents(Shape):
    """What goes on, the real one before the drill."""

    open: list[IncidentView]


class IncidentFigures(Shape):
    """What was counted from the declaration to the end: who waited, who left without a person, promises missed."""

    minutes: int
    response_minutes: int | None
    waited: int
    lost: int
    longest_wait_seconds: int
    promises_missed: int


class IncidentReport(Shape):
    """The report of an incident. `sum` is the SHA-256 of its figures and log, as the audit's chain holds it."""

    course: IncidentCourse
    figures: IncidentFigures
    sum: str
    final: bool


class DeclareIncident(Shape):
    """Declare an incident of a kind, or a drill of one, with a reason."""

    kind: str = Field(max_length=20)
    drill: bool
    reason: str = Field(max_length=1000)


class AddIncidentEntry(Shape):
    """Note what was done; `item` is the step of the checklist, `text` words for the log."""

    what: Literal["responded", "ticked", "unticked", "noted", "parents_told", "parents_untold", "taken_over"]
    item: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=2000)


class JournalDeed(BaseModel):
    """What somebody did about an incident while the database could not take it; `at` is when they did it.

    A declaration carries its kind, the others the step that they concern. Of a declaration, `incident_id` is new.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    at: datetime
    staff_id: str
    name: str
    incident_id: str
    what: Literal[
        "declared", "responded", "ticked", "unticked", "noted", "parents_told", "parents_untold", "taken_over"
    ]
    kind: str = ""
    drill: bool = False
    item: str = ""
    text: str = ""


class EndIncident(Shape):
    """End an incident, with what came of it."""

    text: str = Field(max_length=2000)


class IncidentPath(BaseModel):
    incident_id: str = Field(max_length=36)
