"""Shapes of the hotline's figures on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from caredesk.telephony.figure_rules import Exclusion, FigureName
from caredesk.telephony.menu_schemas import Shape


class FigureView(Shape):
    """One figure with numerator, denominator and what is left out, so that every number can say what it is made of."""

    name: FigureName
    value: float | None
    unit: Literal["share", "seconds"]
    part: float
    whole: float
    excludes: list[Exclusion]


class DispositionCount(Shape):
    """How many calls ended in one way."""

    disposition: str
    calls: int


class HotlineFigures(Shape):
    """The hotline's figures of one day at the clinic, from `since` to before `until`.

    `incoming` and `outgoing` count calls that began in the window, `live` those that are not over.
    """

    day: date
    since: datetime
    until: datetime
    incoming: int
    outgoing: int
    live: int
    figures: list[FigureView]
    dispositions: list[DispositionCount]


class AgentPhoneView(Shape):
    """One of an agent's phones. `has_password` tells whether it could register at all; `since` is when it came or went.

    `since` is none for one that has never been there.
    """

    user: str
    kind: Literal["browser", "desk"]
    has_password: bool
    registered: bool
    since: datetime | None


class AgentPhones(Shape):
    """An agent with the phones that are theirs, and whether a call can reach them now.

    `can_be_rung` asks for a registered phone and an engine that is heard; `ready` for an agent who is ready and has
    the console open. `state_since` is since when they are in this state.
    """

    staff_id: str
    name: str
    name_en: str
    state: Literal["ready", "busy", "break", "offline"]
    state_since: datetime
    voice: Literal["", "talking", "wrap_up"]
    ready: bool
    can_be_rung: bool
    phones: list[AgentPhoneView]


class AgentPhoneList(Shape):
    """Everybody who has a phone of the hotline, who can be rung first."""

    agents: list[AgentPhones]
