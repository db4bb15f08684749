"""The figures of a simulated period, each defined once: numerator, denominator, and what is left out.

| figure | counted | of |
| --- | --- | --- |
| answer_rate | answered by an agent | everybody who entered the line |
| within_15, within_20 | answered in at most 15 or 20 seconds | everybody who entered the line |
| abandonment | gave up waiting | everybody who entered the line |
| conversion | became a message or call-back with a promise while waiting | everybody who entered the line |
| wait_mean, wait_p50 to wait_p99 | seconds in the line, however the wait ended | everybody who entered the line |
| occupancy | the used share of the agents' capacity, over time | time in which agents were there or held work |
| spread | standard deviation of the agents' occupancy | its mean (0: all are loaded alike) |

Who comes to a closed queue leaves a message and does not enter the line: it is counted as `messages` alone.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from caredesk.core.clock import clinic_time
from caredesk.sandbox.values import Attendance, Course, Journey

QUANTILES = {"wait_p50": 0.50, "wait_p90": 0.90, "wait_p95": 0.95, "wait_p99": 0.99}

RATES = ("answer_rate", "within_15", "within_20", "abandonment", "conversion", "occupancy")
"""Figures between 0 and 1."""

SECONDS = ("wait_mean", *QUANTILES)

MEASURES = (*RATES, *SECONDS, "spread")

BETTER_WHEN_HIGHER = frozenset({"answer_rate", "within_15", "within_20"})

WAIT_STEPS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
"""Upper ends of the steps of the waiting distribution, in seconds; the last step has no end."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Where everybody is in the end: contacts = messages + answered + abandoned + converted + left."""

    contacts: int
    messages: int
    entered: int
    answered: int
    abandoned: int
    converted: int
    left: int


def counts(journeys: Sequence[Journey]) -> Counts:
    """Count where everybody is in the end."""
    entered = [journey for journey in journeys if journey.entered]
    by_outcome = Counter(journey.outcome for journey in entered)
    return Counts(
        contacts=len(journeys),
        messages=len(journeys) - len(entered),
        entered=len(entered),
        answered=by_outcome["answered"],
        abandoned=by_outcome["abandoned"],
        converted=by_outcome["converted"],
        left=by_outcome["left"],
    )


def measure(course: Course) -> dict[str, float | None]:
    """Return every figure of a course by name; None where there is nothing to divide by."""
    entered = [journey for journey in course.journeys if journey.entered]
    found = counts(course.journeys)
    waits = sorted(journey.waited for journey in entered)
    return {
        "answer_rate": share(found.answered, of=found.entered),
        "within_15": share(answered_within(entered, seconds=15), of=found.entered),
        "within_20": share(answered_within(entered, seconds=20), of=found.entered),
        "abandonment": share(found.abandoned, of=found.entered),
        "conversion": share(found.converted, of=found.entered),
        "occupancy": occupancy(course.attendances),
        "wait_mean": math.fsum(waits) / len(waits) if waits else None,
        **{name: quantile(waits, share=at) for name, at in QUANTILES.items()},
        "spread": spread(course.attendances),
    }


def share(part: float, *, of: float) -> float | None:
    """Return a share, or None of nothing. A part larger than the whole is a fault of ours and never shown."""
    if of <= 0:
        return None
    if part > of * (1 + 1e-9):
        msg = f"a share of {part} in {of}"
        raise ArithmeticError(msg)
    return min(1.0, part / of)


def answered_within(journeys: Iterable[Journey], *, seconds: float) -> int:
    """Count who was answered within so many seconds of arrival."""
    return sum(1 for journey in journeys if journey.outcome == "answered" and journey.waited <= seconds)


def quantile(ordered: Sequence[float], *, share: float) -> float | None:
    """Return the smallest value that at least this share does not exceed (no value is made up between two)."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def occupancy(attendances: Sequence[Attendance]) -> float | None:
    """Return the used share of the agents' capacity over the time in which they were there."""
    return share(math.fsum(a.busy_seconds for a in attendances), of=math.fsum(a.there_seconds for a in attendances))


def spread(attendances: Sequence[Attendance]) -> float | None:
    """Return the coefficient of variation of occupancy between the agents who were there."""
    loads = [a.busy_seconds / a.there_seconds for a in attendances if a.there_seconds > 0]
    mean = math.fsum(loads) / len(loads) if loads else 0.0
    if mean <= 0:
        return None
    return math.sqrt(math.fsum((load - mean) ** 2 for load in loads) / len(loads)) / mean


# ---- parts that can be added up over replications ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parts:
    """Counts for the pictures. They are added up over replications before anything is divided."""

    hours: dict[int, tuple[int, int]]
    """Clinic hour of arrival: entered, answered within 20 seconds."""
    waits: tuple[int, ...]
    """How many waits ended in each step of `WAIT_STEPS`, and beyond."""
    agents: dict[str, tuple[str, float, float, int]]
    """Agent: name, seconds there, seconds busy, answered."""
    classes: dict[int, tuple[int, float, int]]
    """Priority class: entered, seconds waited, answered within 20 seconds."""


def parts(course: Course, *, since: datetime) -> Parts:
    """Return the counts of one course."""
    entered = [journey for journey in course.journeys if journey.entered]
    hours: defaultdict[int, list[Journey]] = defaultdict(list)
    classes: defaultdict[int, list[Journey]] = defaultdict(list)
    waits = [0] * (len(WAIT_STEPS) + 1)
    for journey in entered:
        hours[clinic_time(since + timedelta(seconds=journey.arrived)).hour].append(journey)
        classes[journey.contact.priority].append(journey)
        waits[sum(1 for step in WAIT_STEPS if journey.waited > step)] += 1
    return Parts(
        hours={hour: (len(found), answered_within(found, seconds=20)) for hour, found in hours.items()},
        waits=tuple(waits),
        agents={a.agent: (a.name, a.there_seconds, a.busy_seconds, a.answered) for a in course.attendances},
        classes={
            number: (len(found), math.fsum(j.waited for j in found), answered_within(found, seconds=20))
            for number, found in classes.items()
        },
    )
