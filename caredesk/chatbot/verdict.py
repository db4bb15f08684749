"""Puts the guard's sure phrases and what it has learned together into one verdict on a message.

The limits were chosen on texts that no net had seen: the 7,000 alarming and 17,000 harmless texts of `tools/teaching`
in four folds that no near duplicates share, and the questions of the second hospital (`other_questions.csv`). What an
emergency costs weighs most: from 0.15 on, 0.945 of the held-back emergencies are heard, most of the others being met
as medical, at 0.7 % of the harmless texts; 0.2 would hear 0.931. Health from 0.4 on hears 0.90 of the medical texts at
1.4 %; an entry that is surely meant takes half of those alarms back. Both sets are harder than what parents ask: on the
second hospital's questions every medical one is heard, at 0.5 % of the good ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from caredesk.chatbot.guard import Flag, Guard
from caredesk.chatbot.instinct import NO_CHANCE, Chances

# A sign of danger is believed unless what was learned speaks against it: 车祸的诊断证明怎么写, 烫红了一小块擦什么.
SURELY_NO_DANGER = 0.005
HARDLY_DANGER, HARDLY_HEALTH = 0.1, 0.25
# Unless one clause alone cries out: 发票怎么开，她站在桥上要往下跳.
CRYING_OUT = 0.9
LONGEST_FELT = 300
# A missed emergency costs more than a false alarm, so doubt is settled towards the alarm, once it is about health.
FELT_DANGER = 0.15
HEALTH_IN_DANGER = 0.15
CLEARLY_DANGER = 0.5
FELT_DANGER_BESIDE_HARMLESS = 0.7
FELT_HEALTH = 0.4
# Where a sure phrase speaks for it, less feeling is enough.
BACKED_HEALTH = 0.3
# Impatience with the bot hides the rest of a message from feeling: 别机器人了，孩子咳嗽吃什么药.
BACKED_HEALTH_BESIDE_WISH = 0.15
FELT_WISH = 0.5
BACKED_WISH = 0.2
BEYOND_DOUBT = 0.85
# From here on a question may be about something else, and is not answered but only met with suggestions.
DOUBTED_HEALTH = 0.2
DOUBTED_HEALTH_IN_QUESTION = 0.7
DOUBTED_DANGER_IN_CLAUSE = 0.5
DOUBTED_WISH = 0.35
DOUBTED_SCOPE = 0.4
SURELY_FOREIGN = 0.7

_FOREIGN_WORD = re.compile(r"[a-z]{4,}")


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
    doubted = (
        chances.health >= DOUBTED_HEALTH
        or chances.health_in_question >= DOUBTED_HEALTH_IN_QUESTION
        or chances.emergency_in_clause >= DOUBTED_DANGER_IN_CLAUSE
        or chances.human >= DOUBTED_WISH
        or chances.foreign >= DOUBTED_SCOPE
    )
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
    if not readings or instinct is None:
        return NO_CHANCE
    felt = instinct.chances(readings[-1])
    if len(readings) == 1 or not _FOREIGN_WORD.search(readings[-1]):
        return felt
    # What is still in Latin letters was no pinyin, and putting it right may have spoiled it: he can't wake up.
    typed = instinct.chances(readings[0])
    return replace(felt, health=max(felt.health, typed.health), emergency=max(felt.emergency, typed.emergency))


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
    if chances == NO_CHANCE:
        return False
    if chances.emergency_in_clause >= CRYING_OUT:
        return False
    hardly = chances.emergency < HARDLY_DANGER and chances.health < HARDLY_HEALTH
    return hardly or chances.emergency < SURELY_NO_DANGER


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
