"""What the sandbox reports and what is asked of it, as it goes over the wire and into files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from caredesk.events.shapes import Shape


class Figure(Shape):
    """A figure's mean over the replications with its 95 % interval; one replication has no interval."""

    name: str
    mean: float | None
    low: float | None
    high: float | None


class HourLine(Shape):
    """Who came in a clinic hour, and the share answered within 20 seconds."""

    hour: int
    entered: int
    within_20: float | None


class WaitStep(Shape):
    """The share of waits that ended in a step; the last step has no end."""

    up_to_seconds: int | None
    share: float


class AgentLine(Shape):
    """One agent: hours there, occupancy, contacts answered in a replication on average."""

    id: str
    name: str
    hours: float
    occupancy: float | None
    answered: float


class ClassLine(Shape):
    """One priority class: who came in a replication on average, mean wait, share within 20 seconds."""

    priority: int
    entered: float
    wait_mean: float | None
    within_20: float | None


class TotalLine(Shape):
    """Where everybody was in the end, added up over the replications."""

    contacts: int
    messages: int
    entered: int
    answered: int
    abandoned: int
    converted: int
    left: int


class VariantReport(Shape):
    """What came of one policy with one roster."""

    name: str
    policy_version: int
    agents_there: int
    totals: TotalLine
    figures: list[Figure]
    hours: list[HourLine]
    waits: list[WaitStep]
    agents: list[AgentLine]
    classes: list[ClassLine]


class TheoryLine(Shape):
    """Erlang A (or C) for a queue at its average load: a steady state, so a rough guide and no forecast."""

    queue: str
    model: Literal["erlang_a", "erlang_c"]
    per_hour: float
    servers: int
    within_20: float
    abandonment: float
    wait_mean: float | None
    occupancy: float


class SimulationReport(Shape):
    """The whole report. The same inputs and seed give the same bytes.

    `differences` are the first variant less the last, replication by replication (paired), with 95 % intervals.
    """

    since: datetime
    until: datetime
    source: Literal["recorded", "generated"]
    replications: int
    seed: int
    variants: list[VariantReport]
    differences: list[Figure]
    theory: list[TheoryLine]


class RunRequest(Shape):
    """What a supervisor wants to try.

    `policy` is rules to try, `policy_version` a saved version; neither is today's. `roster_change` adds or takes
    agents away.
    """

    title: str = Field(default="", max_length=80)
    first: date | None = None
    last: date | None = None
    scenario: dict[str, Any] | None = None
    policy: dict[str, Any] | None = None
    policy_version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    roster_change: int = Field(default=0, ge=-50, le=50)
    replications: int = Field(default=20, ge=1, le=200)
    seed: int = Field(default=1, ge=0, le=2**31 - 1)


class RunLine(Shape):
    """One run in the list."""

    id: str
    title: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    fault: str
    done: int
    total: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    request: RunRequest


class QueueName(Shape):
    """A queue that traffic can be made up for."""

    key: str
    name: str
    name_en: str


class RunList(Shape):
    """The newest runs, and what a run can be made of."""

    runs: list[RunLine]
    queues: list[QueueName]


class RunView(Shape):
    """One run with its report when it is done."""

    line: RunLine
    report: SimulationReport | None
