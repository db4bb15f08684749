"""Puts the guard's sure phrases and what it has learned together into one verdict on a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from caredesk.chatbot.guard import Flag, Guard
from caredesk.chatbot.instinct import NO_CHANCE, Chances

# A sign of danger is believed unless everything that was learned speaks against it: 车祸的诊断证明怎么写.
SURELY_NO_DANGER = Chances(health=0.25, emergency=0.1, human=1.0, foreign=1.0)
LONGEST_FELT = 300
# A missed emergency costs more than a false alarm, so doubt is settled towards the alarm, once it is about health.
FELT_DANGER = 0.2
HEALTH_IN_DANGER = 0.2
CLEARLY_DANGER = 0.5
FELT_DANGER_BESIDE_HARMLESS = 0.7
FELT_HEALTH = 0.45
# Where a sure phrase speaks for it, less feeling is enough.
BACKED_HEALTH = 0.3
# Impatience with the bot hides the rest of a message from feeling: 别机器人了，孩子咳嗽吃什么药.
BACKED_HEALTH_BESIDE_WISH = 0.15
FELT_WISH = 0.5
BACKED_WISH = 0.2
BEYOND_DOUBT = 0.85
# From here on a question may be about something else, and is not answered but only met with suggestions.
DOUBTED_HEALTH = 0.2
DOUBTED_WISH = 0.35
DOUBTED_SCOPE = 0.4
SURELY_FOREIGN = 0.85


class Feeling(Protocol):
    """What has learned to tell how likely a text is what it must not be."""

    def chances(self, plain: str) -> Chances:
        """Return the probability of each kind."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says to a message: a flag, or how far the knowledge base may be trusted with it.

    A question that may not be answered may still be met with suggestions; a foreign one is nobody's here.
    """

    flag: Flag | None
    may_answer: bool = True
    is_foreign: bool = False
    # By how much an answer's probability falls, because the question may be no question for the desk.
    trust: float = 1.0

    @property
    def is_danger(self) -> bool:
        """Tell whether the message tells of an emergency."""
        return self.flag is not None and self.flag.kind == "emergency"


def judge(readings: Sequence[str], *, guard: Guard, instinct: Feeling | None) -> Verdict:
    """Judge a message by its readings, as typed and last with typing errors put right; without instinct by words."""
    chances = _chances(readings, instinct=instinct)
    danger = _danger(readings, chances, guard=guard)
    if danger is not None:
        return Verdict(danger, may_answer=False)
    flag = _medical(readings, chances, guard=guard) or _wish(readings, chances, guard=guard)
    doubted = chances.health >= DOUBTED_HEALTH or chances.human >= DOUBTED_WISH or chances.foreign >= DOUBTED_SCOPE
    return Verdict(
        flag,
        may_answer=flag is None and not doubted,
        is_foreign=flag is None and chances.foreign >= SURELY_FOREIGN,
        trust=1.0 - max(chances.health, chances.human, chances.foreign) if doubted else 1.0,
    )


def judge_danger(readings: Sequence[str], *, guard: Guard, instinct: Feeling | None) -> Verdict:
    """Judge only whether the message tells of a danger; all else is known to be harmless."""
    return Verdict(_danger(readings, _chances(readings, instinct=instinct), guard=guard))


def _chances(readings: Sequence[str], *, instinct: Feeling | None) -> Chances:
    return instinct.chances(readings[-1]) if readings and instinct is not None else NO_CHANCE


def _danger(readings: Sequence[str], chances: Chances, *, guard: Guard) -> Flag | None:
    told = next((flag for flag in map(guard.red_flag, readings) if flag), None)
    # What nobody learned from, a text without end, must not talk a sign of danger away.
    endless = any(len(reading) > LONGEST_FELT for reading in readings)
    if told is not None and (endless or not _is_surely_no_danger(chances)):
        return told
    beside_harmless = any(map(guard.names_the_harmless, readings))
    enough = FELT_DANGER_BESIDE_HARMLESS if beside_harmless else FELT_DANGER
    about_health = chances.health >= HEALTH_IN_DANGER or chances.emergency >= CLEARLY_DANGER
    if chances.emergency >= enough and about_health:
        return Flag("emergency", "instinct", is_sure=chances.emergency >= BEYOND_DOUBT)
    return None


def _is_surely_no_danger(chances: Chances) -> bool:
    # Without any chance at all the text was too short to be felt: what was told counts.
    felt = chances != NO_CHANCE
    return felt and chances.emergency < SURELY_NO_DANGER.emergency and chances.health < SURELY_NO_DANGER.health


def _medical(readings: Sequence[str], chances: Chances, *, guard: Guard) -> Flag | None:
    told = next((flag for flag in map(guard.medical, readings) if flag), None)
    impatient = any(map(guard.wish_for_a_person, readings))
    enough = BACKED_HEALTH_BESIDE_WISH if impatient else BACKED_HEALTH
    if told is not None and (chances == NO_CHANCE or chances.health >= enough):
        return Flag("medical", told.group, is_sure=chances == NO_CHANCE or chances.health >= FELT_HEALTH)
    if chances.health >= FELT_HEALTH and chances.health >= chances.human:
        return Flag("medical", "instinct", is_sure=chances.health >= BEYOND_DOUBT)
    return None


def _wish(readings: Sequence[str], chances: Chances, *, guard: Guard) -> Flag | None:
    told = next((flag for flag in map(guard.wish_for_a_person, readings) if flag), None)
    if told is not None and (chances == NO_CHANCE or chances.human >= BACKED_WISH):
        return told
    if chances.human >= FELT_WISH:
        return Flag("human", "instinct", is_sure=chances.human >= BEYOND_DOUBT)
    return None
