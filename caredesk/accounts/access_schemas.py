"""What the page of who may open what sends and receives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from caredesk.accounts.access_rules import AccessTable, Purpose, Reach, Thing
from caredesk.accounts.rules import Role
from caredesk.events.shapes import Shape

Verdict = Literal["fine", "questioned"]


class DepartmentView(Shape):
    id: str
    name: str
    name_en: str


class PersonReach(Shape):
    """Somebody who sees families, with the departments that were stated for them and how many queues each thing opens.

    `whole_house` is for whom departments are no limit. Of `queues`, a thing that is missing opens nothing.
    """

    staff_id: str
    name: str
    roles: list[str]
    serves: list[str]
    whole_house: bool
    queues: dict[Thing, int]


class AccessVersion(Shape):
    version: int
    note: str
    made_by: str
    made_at: datetime


class OpenedByPerson(Shape):
    """How many talks somebody has opened for a purpose in the last thirty days."""

    staff_id: str
    name: str
    count: int


class OpeningView(Shape):
    """A talk that somebody opened beyond their reach; `number` is all that is told of it."""

    id: str
    staff_id: str
    name: str
    number: str
    purpose: Purpose
    reason: str
    opened_at: datetime
    until: datetime
    verdict: Literal["", "fine", "questioned"]
    reviewed_by: str
    reviewed_at: datetime | None


class AccessPage(Shape):
    """The table that holds, what it means for each person, its versions, and what was opened beyond it."""

    version: int
    table: AccessTable
    roles: list[Role]
    things: list[Thing]
    reaches: list[Reach]
    purposes: list[Purpose]
    departments: list[DepartmentView]
    queue_count: int
    people: list[PersonReach]
    versions: list[AccessVersion]
    openings: list[OpeningView]
    unreviewed: int
    opened: list[OpenedByPerson]


class CheckAccess(Shape):
    table: AccessTable


class ChangeAccess(Shape):
    """A new table, with the version that it was made from and a word why."""

    table: AccessTable
    expected: int = Field(ge=0)
    note: str = Field(default="", max_length=200)


class ReachChange(Shape):
    """Somebody for whom a new table changes something: how many queues a thing opens before and after."""

    staff_id: str
    name: str
    thing: Thing
    before: int
    after: int
    everything_before: bool
    everything_after: bool


class AccessDifference(Shape):
    """What a new table would change: for whom, and which settings differ. Those people sign in anew."""

    people: list[ReachChange]
    settings: list[Literal["purposes", "minutes"]]


class ReviewOpening(Shape):
    verdict: Verdict


# ---- whoever opens something -----------------------------------------------------------------------------


class OpenTalk(Shape):
    """The number of a talk, for what it is opened and why."""

    number: Annotated[str, Field(min_length=1, max_length=30)]
    purpose: Purpose
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class OwnOpening(Shape):
    """A talk that one has open for a purpose, and until when."""

    conversation_id: str
    number: str
    purpose: Purpose
    until: datetime


class OwnAccess(Shape):
    """For what one may open talks beyond one's reach, for how long, and what is open now. `limited`: there are such."""

    limited: bool
    purposes: list[Purpose]
    minutes: int
    open: list[OwnOpening]
