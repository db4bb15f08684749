"""Shapes of the standby list: what is kept of the desk for when its database is away, masked as its pages are."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

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
    staff_id: str
    until: datetime
    waiting: frozenset[str]
    call_backs: frozenset[str]


class StandbyKept(BaseModel):
    """Everything that is kept: the lists once, and who may see what of them."""

    model_config = ConfigDict(frozen=True)

    taken_at: datetime
    people: tuple[StandbyPerson, ...]
    waiting: tuple[StandbyWaiting, ...]
    call_backs: tuple[StandbyCallBack, ...]
    phones: tuple[StandbyPhone, ...]
