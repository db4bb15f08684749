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
    """A dependency that fails, how, and since when; from `suggests_at` on somebody should declare an incident."""

    name: DependencyName
    problem: DependencyProblem
    since: datetime
    suggests_at: datetime
    incident_kind: str


class DeskCondition(Shape):
    """What fails just now, as the process knows it that answers; empty when all is well."""

    troubles: list[DependencyTrouble]


class IncidentView(Shape):
    """An incident or a drill as every screen of the staff sees it. `kind` names a kind of the data file."""

    id: str
    kind: str
    kind_zh: str
    kind_en: str
    drill: bool
    reason: str
    declared_at: datetime
    declared_by: str
    respond_by: datetime
    responded_at: datetime | None
    lead_name: str
    tells_parents: bool
    ended_at: datetime | None
