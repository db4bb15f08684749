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
