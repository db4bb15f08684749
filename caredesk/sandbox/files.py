"""Scenarios of generated traffic and rosters as people write them (YAML), checked and turned into values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from caredesk.clinic.errors import HoursInvalid
from caredesk.clinic.hours import Span, span_on
from caredesk.clinic.weekly import read_fixed_hours
from caredesk.sandbox.errors import RosterInvalid, ScenarioInvalid
from caredesk.sandbox.values import MOST_DAYS, Agent, Habits

Key = Annotated[str, Field(min_length=1, max_length=40)]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _clock(text: str) -> str:
    """Accept 00:00 to 24:00."""
    if text != "24:00":
        time.fromisoformat(text)
    return text


Clock = Annotated[str, Field(pattern=r"^\d\d:\d\d$"), AfterValidator(_clock)]


class Written(BaseModel):
    """Base of everything in these files: unknown words are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Stretch(Written):
    """So many contacts an hour between two clock times of each day."""

    since: Clock = Field(alias="from")
    until: Clock = Field(alias="to")
    per_hour: float = Field(ge=0, le=5000)


class Spread(Written):
    """A duration: its mean, and its standard deviation as a share of the mean (lognormal)."""

    mean_seconds: Seconds
    spread: float = Field(default=1.0, ge=0, le=5)


class Patience(Written):
    """How long people wait at most: Weibull with this mean; shape 1 is exponential. Without it nobody gives up."""

    mean_seconds: Seconds
    shape: float = Field(default=1.0, ge=0.3, le=10)


class QueueTraffic(Written):
    """What comes to one queue. `per_session_hour` is added while a clinic session of the queue runs."""

    arrivals: tuple[Stretch, ...] = ()
    per_session_hour: float = Field(default=0, ge=0, le=5000)
    channels: Mapping[Key, Share] = {"webchat": 1.0}
    classes: Mapping[int, Share] = {0: 1.0}
    handling: Spread
    patience: Patience | None = None
    fixed_hours: dict[str, Any] | None = None
    offer_seconds: float | None = Field(default=None, gt=0, le=600)

    @model_validator(mode="after")
    def _adds_up(self) -> QueueTraffic:
        if not self.arrivals and self.per_session_hour == 0:
            raise ValueError("no_arrivals")
        for shares in (self.channels, self.classes):
            if abs(sum(shares.values()) - 1) > 1e-6:
                raise ValueError("shares_do_not_add_up_to_1")
        try:
            read_fixed_hours(self.fixed_hours)
        except HoursInvalid as invalid:
            raise ValueError("fixed_hours") from invalid
        return self


class RosterAgent(Written):
    """One agent: skills as levels by queue, and shifts of each day as `08:00-16:00`."""

    id: Key
    name: str = Field(default="", max_length=60)
    capacity: int = Field(default=3, ge=1, le=20)
    queues: Mapping[Key, Annotated[int, Field(ge=1, le=10)]]
    languages: tuple[Key, ...] = ("zh",)
    shifts: tuple[Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")], ...] = ("00:00-24:00",)

    @model_validator(mode="after")
    def _in_order(self) -> RosterAgent:
        for shift in self.shifts:
            for end in shift.split("-"):
                _clock(end)
        spans = sorted((s.start, s.end) for s in self.spans(first=date(2026, 1, 5), days=1))
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            raise ValueError("shifts_overlap")
        return self

    def spans(self, *, first: date, days: int) -> tuple[Span, ...]:
        """Return when the agent is there; a shift that ends before it begins ends on the next day."""
        pairs = [shift.split("-") for shift in self.shifts]
        return tuple(
            span_on(first + timedelta(days=day), opens=time_of(opens), closes=time_of(closes))
            for day in range(days)
            for opens, closes in pairs
        )


class RosterFile(Written):
    """Who is there."""

    agents: tuple[RosterAgent, ...] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _each_once(self) -> RosterFile:
        if len({agent.id for agent in self.agents}) < len(self.agents):
            raise ValueError("agent_twice")
        return self


class Scenario(Written):
    """Generated traffic: days, what comes to each queue, and optionally a roster of its own."""

    first: date = Field(alias="from")
    days: int = Field(default=1, ge=1, le=MOST_DAYS)
    queues: Mapping[Key, QueueTraffic] = Field(min_length=1, max_length=50)
    agents: tuple[RosterAgent, ...] = Field(default=(), max_length=500)
    accept_seconds: float = Field(default=4.0, ge=0, le=600)
    miss_share: float = Field(default=0.0, ge=0, le=0.9)
    break_seconds: float = Field(default=600.0, ge=0, le=7200)
    warm_up_minutes: float = Field(default=0, ge=0, le=1440)

    @property
    def habits(self) -> Habits:
        return Habits(self.accept_seconds, self.miss_share, self.break_seconds)

    @property
    def span(self) -> Span:
        """Return the period: whole days of the clinic."""
        start = span_on(self.first, opens=time(0), closes=time(0)).start
        return Span(start, start + timedelta(days=self.days))


def time_of(clock: str) -> time:
    """Read a clock time; 24:00 is the midnight at the end of the day."""
    return time(0) if clock == "24:00" else time.fromisoformat(clock)


def read_yaml(text: str) -> object:
    """Read a file's text; what is no YAML is nothing, which every shape refuses."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def parse_scenario(data: object, *, queues: Sequence[str] | None = None) -> Scenario:
    """Read a scenario; `ScenarioInvalid` names every fault by its place. `queues` are the keys that may be named."""
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as invalid:
        raise ScenarioInvalid(problems=problems_of(invalid)) from invalid
    problems = [*_unknown(scenario.queues, place="queues", queues=queues), *_twice(scenario.agents)]
    if problems:
        raise ScenarioInvalid(problems=problems)
    return scenario


def parse_roster(data: object) -> RosterFile:
    """Read a roster; `RosterInvalid` names every fault by its place."""
    try:
        return RosterFile.model_validate(data)
    except ValidationError as invalid:
        raise RosterInvalid(problems=problems_of(invalid)) from invalid


def check_queues(roster: RosterFile, *, queues: Sequence[str]) -> None:
    """Refuse a roster that names queues which there are not."""
    problems = [
        problem
        for number, agent in enumerate(roster.agents)
        for problem in _unknown(agent.queues, place=f"agents.{number}.queues", queues=queues)
    ]
    if problems:
        raise RosterInvalid(problems=problems)


def agents_of(written: Sequence[RosterAgent], *, first: date, days: int) -> tuple[Agent, ...]:
    """Return the agents of a file for a period."""
    return tuple(
        Agent(
            id=agent.id,
            name=agent.name or agent.id,
            levels=dict(agent.queues),
            present=agent.spans(first=first, days=days),
            capacity=agent.capacity,
            languages=agent.languages,
        )
        for agent in written
    )


def problems_of(invalid: ValidationError) -> list[str]:
    """Return each fault as its place and a code."""
    return [
        f"{'.'.join(str(part) for part in error['loc']) or 'file'}: "
        f"{str(error.get('ctx', {}).get('error', '')) or error['type']}"
        for error in invalid.errors()
    ]


def _unknown(named: Mapping[str, object], *, place: str, queues: Sequence[str] | None) -> list[str]:
    return [] if queues is None else [f"{place}.{key}: queue_unknown" for key in named if key not in queues]


def _twice(agents: Sequence[RosterAgent]) -> list[str]:
    ids = [agent.id for agent in agents]
    return ["agents: agent_twice"] if len(set(ids)) < len(ids) else []


def midnight(day: date) -> datetime:
    """Return the instant at which a day of the clinic begins."""
    return span_on(day, opens=time(0), closes=time(0)).start
