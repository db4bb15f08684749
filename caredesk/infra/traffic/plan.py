"""The pure plan: from a seed to timed deeds. The same seed, cast and material give the same plan."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

What = Literal["arrive", "say", "ask_person", "leave", "call_patient", "telephone"]

ASKS_PERSON, ASKS_AGAIN, ONE_MORE = 0.5, 0.4, 0.6
"""How often a parent wants a person after the answer, asks a second thing, or goes on writing to the person."""
FIRST_WORDS, NEXT_WORDS, TO_PERSON = (2, 15), (20, 75), (12, 50)
"""Seconds between a parent's deeds, from the shortest to the longest."""
LAST_ARRIVAL = 0.8
"""Share of the play after which nobody new comes, so that who came is served within it."""
BETWEEN_CALL_UPS = (120, 360)
"""Seconds between two patients whom a doctor has called."""
RUSH = timedelta(minutes=20)
"""So long before a clinic session begins its families begin to ask."""


@dataclass(frozen=True)
class Cast:
    """How many play, and for how many minutes of the desk's time."""

    minutes: float
    parents: int
    agents: int
    doctors: int
    calls: int
    seed: int


@dataclass(frozen=True)
class SessionHours:
    """A clinic session that begins on one day of the week (1: Monday), in minutes after its midnight."""

    weekday: int
    begins: int
    ends: int


@dataclass(frozen=True)
class Material:
    """What is said: questions for the bot, what parents tell people, what agents answer, and the clinic's week."""

    questions: tuple[str, ...]
    to_people: tuple[str, ...]
    replies: tuple[str, ...]
    sessions: tuple[SessionHours, ...]


@dataclass(frozen=True)
class Deed:
    """What one of the cast does, so many seconds after the beginning. `number` chooses among what there is then."""

    at: float
    who: int
    what: What
    text: str = ""
    number: int = 0


@dataclass(frozen=True)
class Manner:
    """How an agent works: replies in turn, each after so many seconds, and how many make a conversation."""

    replies: tuple[str, ...]
    pauses: tuple[float, ...]
    exchanges: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that will be done, by kind of person, each list in the order of time."""

    seconds: float
    parents: tuple[Deed, ...]
    doctors: tuple[Deed, ...]
    callers: tuple[Deed, ...]
    agents: tuple[Manner, ...]


def plan_traffic(cast: Cast, *, material: Material, begins: datetime) -> Plan:
    """Return what a cast does from an instant of clinic time on."""
    chance, seconds = Random(cast.seed), cast.minutes * 60  # noqa: S311 (a play, no secret)
    moments = _moments(cast.parents, cast=cast, material=material, begins=begins, chance=chance)
    parents = [d for who, at in enumerate(moments) for d in _parent(who, at=at, material=material, chance=chance)]
    doctors = [d for who in range(cast.doctors) for d in _doctor(who, seconds=seconds, chance=chance)]
    rings = _moments(cast.calls, cast=cast, material=material, begins=begins, chance=chance)
    callers = [
        Deed(at, who, "telephone", text=chance.choice("12"), number=chance.randint(8, 40))
        for who, at in enumerate(rings)
    ]
    return Plan(
        seconds=seconds,
        parents=_in_time(parents, until=seconds),
        doctors=_in_time(doctors, until=seconds),
        callers=_in_time(callers, until=seconds),
        agents=tuple(_manner(material, chance=chance) for _ in range(cast.agents)),
    )


def busyness(sessions: Sequence[SessionHours], *, at: datetime) -> float:
    """Return how much is asked at an instant of clinic time: 1 at rest, more by each session that runs or is near."""
    rush, running, near = RUSH.total_seconds() / 60, 0, 0
    for one in sessions:
        # Minutes since the midnight that the session counts from; what began yesterday evening may still run.
        days = (at.isoweekday() - one.weekday) % 7
        minute = days * 24 * 60 + at.hour * 60 + at.minute
        running += one.begins <= minute < one.ends
        near += one.begins - rush <= minute < one.begins
    return 1.0 + running + 2.0 * near


def _moments(count: int, *, cast: Cast, material: Material, begins: datetime, chance: Random) -> list[float]:
    """Return when so many people come, in seconds: more of them where the clinic is busier."""
    length = cast.minutes * LAST_ARRIVAL * 60
    steps = max(int(cast.minutes * LAST_ARRIVAL), 1)
    heights, total = [], 0.0
    for step in range(steps):
        total += busyness(material.sessions, at=begins + timedelta(minutes=step))
        heights.append(total)
    found = []
    for _ in range(count):
        step = bisect_left(heights, chance.uniform(0, total))
        found.append(round(min((min(step, steps - 1) + chance.random()) / steps, 1.0) * length, 2))
    return sorted(found)


def _parent(who: int, *, at: float, material: Material, chance: Random) -> list[Deed]:
    deeds = [Deed(at, who, "arrive")]

    def then(what: What, *, within: tuple[int, int], text: str = "") -> None:
        deeds.append(Deed(round(deeds[-1].at + chance.uniform(*within), 2), who, what, text))

    then("say", within=FIRST_WORDS, text=chance.choice(material.questions))
    if chance.random() < ASKS_AGAIN:
        then("say", within=NEXT_WORDS, text=chance.choice(material.questions))
    if chance.random() < ASKS_PERSON:
        then("ask_person", within=TO_PERSON)
        then("say", within=FIRST_WORDS, text=chance.choice(material.to_people))
        while chance.random() < ONE_MORE:
            then("say", within=NEXT_WORDS, text=chance.choice(material.to_people))
    then("leave", within=NEXT_WORDS)
    return deeds


def _doctor(who: int, *, seconds: float, chance: Random) -> list[Deed]:
    deeds, at = [], chance.uniform(0, min(seconds / 4, BETWEEN_CALL_UPS[0]))
    while at < seconds * LAST_ARRIVAL:
        deeds.append(Deed(round(at, 2), who, "call_patient", number=chance.randrange(1000)))
        at += chance.uniform(*BETWEEN_CALL_UPS)
    return deeds


def _manner(material: Material, *, chance: Random) -> Manner:
    return Manner(
        replies=tuple(chance.choice(material.replies) for _ in range(32)),
        pauses=tuple(round(chance.uniform(3, 20), 2) for _ in range(32)),
        exchanges=tuple(chance.randint(1, 4) for _ in range(32)),
    )


def _in_time(deeds: Sequence[Deed], *, until: float) -> tuple[Deed, ...]:
    """Return deeds by time; whoever would still be there at the end leaves then."""
    kept = [deed for deed in deeds if deed.at <= until]
    came = {deed.who for deed in kept if deed.what == "arrive"}
    left = {deed.who for deed in kept if deed.what == "leave"}
    kept += [Deed(until, who, "leave") for who in sorted(came - left)]
    return tuple(sorted(kept, key=lambda deed: (deed.at, deed.who)))
