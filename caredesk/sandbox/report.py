"""From a plan to a report: every variant plays the same people; means with intervals and paired differences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from scipy.special import stdtrit

from caredesk.clinic.hours import Window
from caredesk.queue.policy import Policy
from caredesk.sandbox.engine import simulate
from caredesk.sandbox.files import Scenario
from caredesk.sandbox.generator import generate
from caredesk.sandbox.metrics import MEASURES, WAIT_STEPS, Counts, Parts, counts, measure, parts, share
from caredesk.sandbox.recorded import Recorded, playable
from caredesk.sandbox.schemas import (
    AgentLine,
    ClassLine,
    Figure,
    HourLine,
    SimulationReport,
    TotalLine,
    VariantReport,
    WaitStep,
)
from caredesk.sandbox.theory import theory_of
from caredesk.sandbox.values import Agent, Contact, Habits, SimQueue, World

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Variant:
    """A policy with a roster, to be compared with another."""

    name: str
    policy: Policy
    agents: tuple[Agent, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that a run needs, as values: it can be sent to another process."""

    since: datetime
    until: datetime
    queues: tuple[SimQueue, ...]
    variants: tuple[Variant, ...]
    replications: int
    seed: int
    recorded: tuple[Recorded, ...] = ()
    scenario: Scenario | None = None
    windows: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)
    habits: Habits = field(default_factory=Habits)
    warm_up_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one variant in one replication."""

    measures: dict[str, float | None]
    counts: Counts
    parts: Parts


def contacts_of(plan: Plan, *, replication: int) -> tuple[Contact, ...]:
    """Return the people of one replication; every variant meets the same."""
    if plan.scenario is not None:
        return generate(plan.scenario, windows=plan.windows, seed=plan.seed, replication=replication)
    return playable(plan.recorded, seed=plan.seed, replication=replication)


def replicate(plan: Plan, *, replication: int) -> tuple[Result, ...]:
    """Play one replication of every variant."""
    people = contacts_of(plan, replication=replication)
    return tuple(_played(plan, variant, people=people, replication=replication) for variant in plan.variants)


def _played(plan: Plan, variant: Variant, *, people: tuple[Contact, ...], replication: int) -> Result:
    world = World(
        since=plan.since,
        until=plan.until,
        queues=plan.queues,
        contacts=people,
        agents=variant.agents,
        habits=plan.habits,
        warm_up_seconds=plan.warm_up_seconds,
        seed=plan.seed + replication,
    )
    course = simulate(world, policy=variant.policy)
    return Result(measure(course), counts(course.journeys), parts(course, since=plan.since))


def report_of(plan: Plan, results: Sequence[tuple[Result, ...]]) -> SimulationReport:
    """Put the results of all replications together."""
    variants = [
        _variant_report(variant, results=[result[number] for result in results])
        for number, variant in enumerate(plan.variants)
    ]
    return SimulationReport(
        since=plan.since,
        until=plan.until,
        source="recorded" if plan.scenario is None else "generated",
        replications=len(results),
        seed=plan.seed,
        variants=variants,
        differences=_differences(results) if len(plan.variants) > 1 else [],
        theory=theory_of(contacts_of(plan, replication=0), queues=plan.queues, agents=plan.variants[0].agents),
    )


def _differences(results: Sequence[tuple[Result, ...]]) -> list[Figure]:
    """Return the first variant less the last, pair by pair; pairs in which either has no value are left out."""
    return [
        estimate(
            name,
            [
                new - old
                for result in results
                if (new := result[0].measures[name]) is not None and (old := result[-1].measures[name]) is not None
            ],
        )
        for name in MEASURES
    ]


def estimate(name: str, values: Iterable[float | None]) -> Figure:
    """Return the mean with its interval by Student's t; replications are independent of each other."""
    known = [value for value in values if value is not None]
    if not known:
        return Figure(name=name, mean=None, low=None, high=None)
    mean = math.fsum(known) / len(known)
    if len(known) == 1:
        return Figure(name=name, mean=mean, low=None, high=None)
    variance = math.fsum((value - mean) ** 2 for value in known) / (len(known) - 1)
    half = float(stdtrit(len(known) - 1, (1 + CONFIDENCE) / 2)) * math.sqrt(variance / len(known))
    return Figure(name=name, mean=mean, low=mean - half, high=mean + half)


def _variant_report(variant: Variant, *, results: Sequence[Result]) -> VariantReport:
    total = len(results)
    figures = [estimate(name, [result.measures[name] for result in results]) for name in MEASURES]
    all_parts = [result.parts for result in results]
    return VariantReport(
        name=variant.name,
        policy_version=variant.policy.version,
        agents_there=sum(1 for agent in variant.agents if agent.present),
        totals=_totals(result.counts for result in results),
        figures=figures,
        hours=_hours(all_parts),
        waits=_waits(all_parts),
        agents=_agents(all_parts, replications=total),
        classes=_classes(all_parts, replications=total),
    )


def _totals(found: Iterable[Counts]) -> TotalLine:
    names = tuple(TotalLine.model_fields)
    total: Counter[str] = Counter()
    for one in found:
        total.update({name: getattr(one, name) for name in names})
    return TotalLine(**{name: total[name] for name in names})


def _hours(found: Sequence[Parts]) -> list[HourLine]:
    lines = []
    for hour in sorted({hour for one in found for hour in one.hours}):
        entered = sum(one.hours.get(hour, (0, 0))[0] for one in found)
        within = sum(one.hours.get(hour, (0, 0))[1] for one in found)
        lines.append(HourLine(hour=hour, entered=entered, within_20=share(within, of=entered)))
    return lines


def _waits(found: Sequence[Parts]) -> list[WaitStep]:
    ends = (*WAIT_STEPS, None)
    steps = [sum(one.waits[number] for one in found) for number in range(len(ends))]
    return [
        WaitStep(up_to_seconds=end, share=share(count, of=sum(steps)) or 0.0)
        for end, count in zip(ends, steps, strict=True)
    ]


def _agents(found: Sequence[Parts], *, replications: int) -> list[AgentLine]:
    lines = []
    for id_ in sorted({id_ for one in found for id_ in one.agents}):
        rows = [one.agents[id_] for one in found if id_ in one.agents]
        there = math.fsum(row[1] for row in rows)
        lines.append(
            AgentLine(
                id=id_,
                name=rows[0][0],
                hours=there / replications / 3600,
                occupancy=share(math.fsum(row[2] for row in rows), of=there),
                answered=sum(row[3] for row in rows) / replications,
            )
        )
    return lines


def _classes(found: Sequence[Parts], *, replications: int) -> list[ClassLine]:
    lines = []
    for priority in sorted({number for one in found for number in one.classes}, reverse=True):
        rows = [one.classes[priority] for one in found if priority in one.classes]
        entered = sum(row[0] for row in rows)
        lines.append(
            ClassLine(
                priority=priority,
                entered=entered / replications,
                wait_mean=math.fsum(row[1] for row in rows) / entered if entered else None,
                within_20=share(sum(row[2] for row in rows), of=entered),
            )
        )
    return lines
