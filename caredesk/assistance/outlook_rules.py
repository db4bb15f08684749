"""Who will hardly be online when called: an explainable score, a sane rule before there is data, and a control group.

Every part of a score has a name and a weight, so that a screen can say why. The model has the same parts as the rule;
only its weights are learned, and it is used only while it foretells better than the rule does.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from caredesk.core.clock import clinic_time

Group = Literal["none", "reminded", "control"]
NEAR: tuple[str, ...] = ("mother", "father")
ASK_FROM = 0.5
"""A family is reminded from this score on."""
CONTROL_OF = 5
"""One of so many families with such a score is left alone, to see what reminding saves."""
LONG_AGO = timedelta(days=30)
EVENING = 18
ENOUGH = 200
ENOUGH_OF_EACH = 30
"""So many outcomes, and of each kind so many, before anything is learned."""
LATER_SHARE = 0.25
"""The last of the outcomes judge what was learned from those before."""
SHOWN_REASONS = 3


@dataclass(frozen=True)
class Signs:
    """What is known of a family shortly before its visit."""

    last_seen_at: datetime | None
    relations: frozenset[str]
    called_before: int
    missing_before: int
    checked_in: bool
    can_be_written_to: bool
    starts_at: datetime


def parts_of(signs: Signs, *, now: datetime) -> dict[str, float]:
    """Return the parts of a score, each between 0 and 1."""
    away = LONG_AGO if signs.last_seen_at is None else min(now - signs.last_seen_at, LONG_AGO)
    hours = max(away.total_seconds(), 0) / 3600
    return {
        "never_here": float(signs.last_seen_at is None),
        "long_away": math.log1p(hours) / math.log1p(LONG_AGO.total_seconds() / 3600),
        # As if every family had been called twice before, and was there once.
        "missed_before": (signs.missing_before + 1) / (signs.called_before + 2),
        "not_checked_in": float(not signs.checked_in),
        "no_parent": float(not signs.relations & set(NEAR)),
        "no_messages": float(not signs.can_be_written_to),
        "evening": float(clinic_time(signs.starts_at).hour >= EVENING),
    }


@dataclass(frozen=True)
class Weights:
    """How much each part counts; `name` says whose they are."""

    name: str
    base: float
    of: Mapping[str, float]


RULE = Weights(
    "rule",
    -2.2,
    {
        "never_here": 1.0,
        "long_away": 1.6,
        "missed_before": 1.2,
        "not_checked_in": 1.0,
        "no_parent": 0.4,
        "no_messages": 0.3,
        "evening": 0.1,
    },
)


def score(parts: Mapping[str, float], *, weights: Weights) -> float:
    """Return how likely a family is not online when it is called."""
    sum_of_parts = weights.base + sum(weights.of.get(name, 0.0) * value for name, value in parts.items())
    return 1 / (1 + math.exp(-max(min(sum_of_parts, 30.0), -30.0)))


def reasons(parts: Mapping[str, float], *, weights: Weights) -> list[str]:
    """Return the parts that count most for it, strongest first."""
    counts = {name: weights.of.get(name, 0.0) * value for name, value in parts.items()}
    strong = [name for name in sorted(counts, key=lambda name: (-counts[name], name)) if counts[name] > 0]
    return strong[:SHOWN_REASONS]


def group_of(appointment_id: str, *, value: float) -> Group:
    """Return whether a family is reminded; chance by the visit's id leaves some alone, the same ones every time."""
    if value < ASK_FROM:
        return "none"
    drawn = int(hashlib.sha256(appointment_id.encode()).hexdigest()[:8], 16)
    return "control" if drawn % CONTROL_OF == 0 else "reminded"


# ---- what became of it -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """A visit that was judged before, and how it went.

    `called` tells whether the doctor had to call, `was_online` whether somebody of the family was there then, `waited`
    for how long the doctor waited after that.
    """

    group: Group
    parts: Mapping[str, float]
    done: bool
    called: bool
    was_online: bool = False
    waited: timedelta = timedelta(0)


def was_missing(past: Past) -> bool | None:
    """Tell whether the family was not online when called; none when nobody can know."""
    if past.called:
        return not past.was_online
    return False if past.done else None


def is_enough(labels: Sequence[bool]) -> bool:
    """Tell whether outcomes are many enough to learn from."""
    missing = sum(labels)
    return len(labels) >= ENOUGH and min(missing, len(labels) - missing) >= ENOUGH_OF_EACH


def error_of(judged: Sequence[tuple[float, bool]]) -> float:
    """Return the mean squared error of scores (Brier): 0 is a prophet, 0.25 a coin."""
    return sum((value - float(missing)) ** 2 for value, missing in judged) / len(judged)


@dataclass(frozen=True)
class Saved:
    """What reminding saves: visits and minutes waited of those who were reminded and of those who were left alone."""

    reminded: int
    control: int
    waited_reminded: float
    waited_control: float

    @property
    def minutes_saved(self) -> float | None:
        """Return the minutes of waiting saved by one reminder; none while a group is empty."""
        if not self.reminded or not self.control:
            return None
        return self.waited_control / self.control - self.waited_reminded / self.reminded


def saved_by(pasts: Sequence[Past]) -> Saved:
    """Return what reminding saved, over visits of which it is known how they went."""
    known = [past for past in pasts if was_missing(past) is not None]
    by_group = {group: [past for past in known if past.group == group] for group in ("reminded", "control")}
    minutes = {group: sum(past.waited.total_seconds() for past in found) / 60 for group, found in by_group.items()}
    return Saved(len(by_group["reminded"]), len(by_group["control"]), minutes["reminded"], minutes["control"])
