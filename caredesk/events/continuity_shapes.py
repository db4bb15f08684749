"""Shapes of trouble as screens see it: which dependency fails since when, and the incident that goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caredesk.events.shapes import Shape

DependencyName = Literal["database", "disk", "bot", "hotline", "redis", "clock"]
DependencyProblem = Literal[
    "away", "read_only", "full", "locked", "failing", "loading", "silent", "trunk", "no_answer", "jumped", "differs"
]


class DependencyTrouble(Shape):
    """A dependency that fails, how, and since when."""

    name: DependencyName
    problem: DependencyProblem
    since: datetime


class DeskCondition(Shape):
    """What fails just now, as the process knows it that answers; empty when all is well."""

    troubles: list[DependencyTrouble]
