"""Who may open what: how far each role reaches, whose departments somebody serves, and purposes beyond that (ADR 0042).

The table is data that the security officer changes; here is how it is read, and nowhere else. Deny is the default: a
role or a thing that the table does not name reaches nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from caredesk.accounts.rules import Role


class Thing(StrEnum):
    """What is opened. A call is its conversation and its recording."""

    CONVERSATION = "conversation"
    FAMILY = "family"
    """What stands behind the masks of a family's card."""
    RECORDING = "recording"
    EXPORT = "export"


class Reach(StrEnum):
    """How far somebody reaches without a purpose; each step includes those before it."""

    NONE = "none"
    """Never, not for any purpose."""
    OWN = "own"
    """The talks one has, and the earlier ones of a family that one serves now."""
    QUEUE = "queue"
    """And those of the queues one serves."""
    DEPARTMENT = "department"
    """And those of every queue that works for a department one serves."""
    HOUSE = "house"
    """Everything, also what no queue has yet."""


class Purpose(StrEnum):
    """For what somebody opens a talk that is beyond their reach."""

    SERVICE = "service"
    QUALITY = "quality"
    COMPLAINT = "complaint"
    AUDIT = "audit"
    FAULT = "fault"


REACHING = (Role.AGENT, Role.ASSISTANT, Role.SUPERVISOR)
"""The roles that see families at the console, in the order in which the page shows them."""

_FURTHER = {reach: step for step, reach in enumerate(Reach)}

Id = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9._-]+$")]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RoleReach(_Data):
    """How far one role reaches, thing by thing, and for what purposes it may open what is beyond."""

    role: Role
    conversation: Reach
    family: Reach
    recording: Reach
    export: Reach
    purposes: list[Purpose] = Field(max_length=len(Purpose))

    def of(self, thing: Thing) -> Reach:
        """Return how far the role reaches for a thing."""
        reach: Reach = getattr(self, thing.value)
        return reach


class Serves(_Data):
    """Whose departments somebody serves, by the id of their account."""

    staff_id: Id
    departments: list[Id] = Field(min_length=1, max_length=200)


class AccessTable(_Data):
    """One version of who may open what.

    Whoever `serves` does not name serves the whole house, or with `unassigned` = "queues" the departments that their
    queues work for.
    """

    roles: list[RoleReach] = Field(max_length=len(Role))
    minutes: int = Field(ge=5, le=480)
    unassigned: Literal["house", "queues"] = "house"
    serves: list[Serves] = Field(default=[], max_length=2000)


def default_table() -> AccessTable:
    """Return the table of a desk that has none yet: agents see their queues, supervisors their departments."""
    agents = [_row(role, Reach.QUEUE, export=Reach.NONE) for role in (Role.AGENT, Role.ASSISTANT)]
    supervisor = _row(Role.SUPERVISOR, Reach.DEPARTMENT, export=Reach.DEPARTMENT, purposes=list(Purpose))
    return AccessTable(roles=[*agents, supervisor], minutes=60)


def _row(role: Role, reach: Reach, *, export: Reach, purposes: Collection[Purpose] = ()) -> RoleReach:
    return RoleReach(
        role=role, conversation=reach, family=reach, recording=reach, export=export, purposes=list(purposes)
    )


# ---- what somebody reaches -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Service:
    """Whom somebody serves: as what, in which queues; and for which departments each queue of the house works."""

    staff_id: str
    roles: frozenset[str]
    queue_ids: frozenset[str]
    departments_of: Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Scope:
    """What somebody may open without a purpose: nothing, their own, that of some queues, or everything."""

    staff_id: str
    nothing: bool = False
    everything: bool = False
    queue_ids: frozenset[str] = frozenset()


def reach_of(table: AccessTable, *, roles: Iterable[str], thing: Thing) -> Reach:
    """Return how far roles reach together: as far as the furthest of them."""
    held = set(roles)
    reaches = [row.of(thing) for row in table.roles if row.role in held and row.role in REACHING]
    return max(reaches, key=_FURTHER.__getitem__, default=Reach.NONE)


def scope_of(table: AccessTable, *, service: Service, thing: Thing) -> Scope:
    """Return what somebody may open of a thing."""
    reach = reach_of(table, roles=service.roles, thing=thing)
    staff_id, served = service.staff_id, served_by(table, service=service)
    if reach is Reach.NONE:
        return Scope(staff_id, nothing=True)
    if reach is Reach.OWN:
        return Scope(staff_id)
    if reach is Reach.QUEUE:
        return Scope(staff_id, queue_ids=service.queue_ids)
    if reach is Reach.HOUSE or served is None:
        return Scope(staff_id, everything=True)
    theirs = {queue_id for queue_id, works_for in service.departments_of.items() if not served.isdisjoint(works_for)}
    return Scope(staff_id, queue_ids=service.queue_ids | theirs)


def served_by(table: AccessTable, *, service: Service) -> frozenset[str] | None:
    """Return the departments that somebody serves; None is the whole house."""
    stated = departments_stated(table, staff_id=service.staff_id)
    if stated:
        return stated
    if table.unassigned == "house":
        return None
    return frozenset(one for queue_id in service.queue_ids for one in service.departments_of.get(queue_id, ()))


def departments_stated(table: AccessTable, *, staff_id: str) -> frozenset[str]:
    """Return the departments that the table states for somebody; none when it does not name them."""
    return frozenset(one for row in table.serves if row.staff_id == staff_id for one in row.departments)


def is_within(scope: Scope, *, queue_id: str | None, assignee_id: str | None) -> bool:
    """Tell whether a talk is within what somebody may open without a purpose."""
    if scope.nothing:
        return False
    return scope.everything or assignee_id == scope.staff_id or (queue_id is not None and queue_id in scope.queue_ids)


# ---- beyond it, for a purpose ----------------------------------------------------------------------------


def purposes_of(table: AccessTable, *, roles: Iterable[str]) -> list[Purpose]:
    """Return for what purposes roles may open what is beyond their reach, in the order in which they are declared."""
    held = set(roles)
    admitted = {one for row in table.roles if row.role in held and row.role in REACHING for one in row.purposes}
    return [purpose for purpose in Purpose if purpose in admitted]


def opened_until(table: AccessTable, *, now: datetime) -> datetime:
    """Return until when a talk that is opened now for a purpose stays open."""
    return now + timedelta(minutes=table.minutes)
