"""What the console sends and receives about guardrails."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from caredesk.events.shapes import Shape
from caredesk.guardrails.rules import DraftKind, Kind, Outcome, Reason, Verdict


class DraftFinding(Shape):
    """What a draft would be held for, and where, in characters of the draft."""

    kind: DraftKind
    start: int
    end: int


class DraftKept(Shape):
    """What the desk would ask about if the draft were sent as it is."""

    findings: list[DraftFinding]


class HelpLine(Shape):
    """A number that helps, and whose it is."""

    number: str
    zh: str
    en: str


class HelpLines(Shape):
    """What an agent is shown when somebody writes of hurting themselves."""

    lines: list[HelpLine]
    script_zh: str
    script_en: str


class KindFigures(Shape):
    """How often a kind was found in a week, what became of it, and how it was judged.

    `precision` is the share of the judged that were judged right; None while nothing is judged.
    """

    kind: Kind
    found: int
    masked: int
    alerted: int
    overridden: int
    changed: int
    right: int
    false: int
    precision: float | None


class PersonFigures(Shape):
    """What one member of staff sent all the same, changed, or wrote that was masked."""

    staff_id: str
    name: str
    overridden: int
    changed: int
    masked: int
    false: int
    """Of these, how many were judged to be false alarms."""


class FindingView(Shape):
    """One finding with the words it stands in, as they are stored; `words` is empty for who only counts."""

    id: str
    at: datetime
    kind: Kind
    side: str
    outcome: Outcome
    reason: Reason | None
    conversation_id: str
    number: str
    staff_name: str
    words: str
    start: int
    stop: int
    verdict: Verdict | None
    judged_by: str


class GuardrailWeek(Shape):
    """A week's findings, newest first, with their figures; `listed` are as many as are shown."""

    week: str
    first_day: date
    last_day: date
    previous: str
    next: str | None
    total: int
    judged: int
    kinds: list[KindFigures]
    people: list[PersonFigures]
    findings: list[FindingView]


class WeekQuery(BaseModel):
    """A week at the clinic, as 2026-W48; without one, the week that runs."""

    week: str = Field(default="", max_length=8)


class FindingPath(BaseModel):
    finding_id: str = Field(max_length=36)


class Judge(Shape):
    """Whether a finding was right, or a false alarm."""

    verdict: Verdict
