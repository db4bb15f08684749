"""What an evaluation shows."""

from __future__ import annotations

from datetime import datetime

from caredesk.events.shapes import Shape


class Estimate(Shape):
    """A share with the interval in which it lies with 95 %; of nothing it has no value."""

    part: int
    of: int
    value: float | None
    low: float | None
    high: float | None


class NamedEstimate(Estimate):
    """One of the figures, by name."""

    name: str


class Spread(Shape):
    """A figure that is no simple share, with its interval."""

    value: float | None
    low: float | None
    high: float | None


class SliceLine(Shape):
    """One slice of the questions."""

    name: str
    questions: int
    right: Estimate
    accuracy_at_1: Estimate
    recall_at_3: Estimate


class ReliabilityBin(Shape):
    """How often the bot was right where it was this sure."""

    least: float
    most: float
    questions: int
    confidence: float
    right: Estimate


class CurvePoint(Shape):
    """What is answered, and how precisely, from a threshold on."""

    threshold: float
    coverage: float
    precision: float


class Miss(Shape):
    """A question that came out wrong."""

    query: str
    expected: str
    slice: str
    outcome: str
    confidence: float
    found: list[str]


class EvaluationReport(Shape):
    """Everything that came out of one evaluation."""

    questions: int
    held_back: int | None = None
    """How many questions of its own a base has that could be asked; of a large one not all are."""
    unknown_entries: list[str]
    p50_ms: float | None
    p99_ms: float | None
    shares: list[NamedEstimate]
    coverage: Spread
    slices: list[SliceLine]
    reliability: list[ReliabilityBin]
    curve: list[CurvePoint]
    misses: list[Miss]


class EvaluationLine(Shape):
    """An evaluation in the list."""

    id: str
    source: str
    file_name: str
    state: str
    fault: str
    index_version: str
    questions: int
    done: int
    total: int
    asked_at: datetime
    finished_at: datetime | None
    accuracy_at_1: float | None
    recall_at_3: float | None
    coverage: float | None


class EvaluationView(Shape):
    """An evaluation with everything that came out; without a report it is not done, or failed."""

    line: EvaluationLine
    report: EvaluationReport | None


class EvaluationList(Shape):
    """The newest evaluations, and how many judged questions there are to ask."""

    evaluations: list[EvaluationLine]
    judged: int
    now: datetime
