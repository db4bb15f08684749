"""Weighs the guard's word lists: emergencies, medical questions and wishes for a person, told by sure phrases alone.

The words are data (`data/emergency.yaml`, `medical.yaml`, `human.yaml`, `small_talk.yaml`); what they do not name is
learned, see `instinct.py`. `verdict.py` puts both together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from caredesk.chatbot.content import read_yaml
from caredesk.chatbot.lexicon import Finding, without_covered
from caredesk.chatbot.phrases import Findings, PhraseBook, as_groups, clauses_of, within

# How far before a sign its denial may stand: 没有再出现过抽搐.
DENIAL_REACH = 5
RULE_REACH = 3
SIGHTS_KEPT = 256
# Signs and spaces included; no cry for a person that stands alone is longer.
LONGEST_ALONE = 16
TERMS = ("symptoms", "diseases", "drugs", "exam_values")
_SIGN_LISTS = frozenset({"emergency.signs", "emergency.signs_of_people", "emergency.pleas"})
_MEDICAL_LISTS = (
    *TERMS,
    "not_medical",
    "asks_firmly",
    "asks_alone",
    "asks_loosely",
    "process",
    "process_lightly",
    "negations",
)
_NAMES_OF_MEDICAL = {name: f"medical.{name}" for name in _MEDICAL_LISTS}
# The classes of words that decide nothing by themselves, see `guard_features.py`.
HINTS = "hints."

Kind = Literal["emergency", "medical", "human"]


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a message is not answered from the knowledge base: the kind, and the group of words that told."""

    kind: Kind
    group: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Sight:
    """What the lists found in one text, and where its clauses are."""

    plain: str
    clauses: list[tuple[int, int]]
    found: Findings

    def finds(self, name: str) -> Sequence[Finding]:
        """Return the findings of one list, named file.list."""
        return self.found.get(name, ())

    def has(self, name: str, *, start: int, end: int) -> bool:
        """Tell whether a list has a finding between two places."""
        return any(start <= finding.start and finding.end <= end for finding in self.finds(name))


@dataclass(frozen=True, slots=True)
class MedicalLook:
    """What one clause says, medically."""

    terms: Sequence[str]
    asks_firmly: bool
    asks_alone: bool
    asks_loosely: bool
    process: bool
    heavy_process: bool


_NOTHING_MEDICAL = MedicalLook(
    (), asks_firmly=False, asks_alone=False, asks_loosely=False, process=False, heavy_process=False
)


class Guard:
    """Reads plain messages (see `text.normalise`) for what goes before every answer."""

    def __init__(self) -> None:
        files = {name: read_yaml(f"{name}.yaml") for name in ("emergency", "medical", "human")}
        self._alone = frozenset(map(str, files["human"].pop("alone")))
        files["hints"] = read_yaml("guard_hints.yaml")
        lists = {f"{file}.{name}": words for file, content in files.items() for name, words in content.items()}
        self._book = PhraseBook({name: as_groups(words, name=name.partition(".")[2]) for name, words in lists.items()})
        small_talk: Mapping[str, Sequence[object]] = read_yaml("small_talk.yaml")
        self._small_talk = {kind: [_bare(str(phrase)) for phrase in phrases] for kind, phrases in small_talk.items()}
        self._courtesy_only = _courtesy_pattern([phrase for phrases in self._small_talk.values() for phrase in phrases])
        self.look = lru_cache(maxsize=SIGHTS_KEPT)(self._look)
        self.medical_looks = lru_cache(maxsize=SIGHTS_KEPT)(self._medical_looks)
        # A turn asks all of this several times of the same reading: to judge it, and to feel what it is.
        self.red_flag = lru_cache(maxsize=SIGHTS_KEPT)(self._red_flag)
        self.medical = lru_cache(maxsize=SIGHTS_KEPT)(self._medical)
        self.wish_for_a_person = lru_cache(maxsize=SIGHTS_KEPT)(self._wish_for_a_person)

    def _look(self, plain: str) -> Sight:
        return Sight(plain, clauses_of(plain), self._book.find(plain))

    def _red_flag(self, plain: str) -> Flag | None:
        """Return the danger that the message tells of, now and not as a rule."""
        sight = self.look(plain)
        if _SIGN_LISTS.isdisjoint(sight.found):
            return None
        covers = sight.finds("emergency.not_signs")
        signs = without_covered(sight.finds("emergency.signs"), covers=covers)
        of_people = without_covered(sight.finds("emergency.signs_of_people"), covers=covers)
        if not sight.finds("emergency.about_things"):
            of_people = [*of_people, *without_covered(sight.finds("emergency.pleas"), covers=covers)]
        if not signs and not of_people:
            return None
        for start, end in sight.clauses:
            if _is_told_as_history(sight, start=start, end=end):
                continue
            about_things = sight.has("emergency.about_things", start=start, end=end)
            for sign in signs if about_things else [*signs, *of_people]:
                if start <= sign.start < end and _is_meant(sign, sight):
                    return Flag("emergency", sign.group)
        return None

    def names_the_harmless(self, plain: str) -> bool:
        """Tell whether the message names something that only sounds like a danger: 抽血, 救护车停哪."""
        return bool(self.look(plain).finds("emergency.not_signs"))

    def _medical(self, plain: str) -> Flag | None:
        """Return what makes the message a medical question, if it is one."""
        clauses = self.medical_looks(plain)
        terms = [term for clause in clauses for term in clause.terms]
        for clause in clauses:
            if clause.asks_alone and not clause.heavy_process:
                return Flag("medical", "asks")
            if clause.asks_firmly and terms and not clause.heavy_process:
                return Flag("medical", terms[0])
            if clause.terms and clause.asks_loosely and not clause.process:
                return Flag("medical", clause.terms[0])
        any_process = any(clause.process for clause in clauses)
        return Flag("medical", terms[0]) if terms and not any_process else None

    def _medical_looks(self, plain: str) -> list[MedicalLook]:
        sight = self.look(plain)
        if sight.found.keys().isdisjoint(_NAMES_OF_MEDICAL.values()):
            return [_NOTHING_MEDICAL] * len(sight.clauses)
        return [_look_medically(sight, start=start, end=end) for start, end in sight.clauses]

    def _wish_for_a_person(self, plain: str) -> Flag | None:
        """Tell whether the message wants a person, in so many words or by its anger at the bot."""
        if len(plain) <= LONGEST_ALONE and _bare(plain) in self._alone:
            return Flag("human", "alone")
        sight = self.look(plain)
        covers = [*sight.finds("human.not_wishes"), *_denials(sight.finds("human.negations"))]
        if without_covered(sight.finds("human.wishes"), covers=covers):
            return Flag("human", "wish")
        if sight.finds("human.complaints_alone"):
            return Flag("human", "complaint")
        if "human.bot" not in sight.found or "human.complaints" not in sight.found:
            return None
        for start, end in sight.clauses:
            angry = all(sight.has(name, start=start, end=end) for name in ("human.bot", "human.complaints"))
            if angry and not sight.has("human.about_others", start=start, end=end):
                return Flag("human", "complaint")
        return None

    def small_talk(self, spoken: str) -> str | None:
        """Return thanks, bye, greeting or thumbs when the message is nothing but courtesy."""
        bare = _bare(spoken)
        if not bare or not self._courtesy_only.fullmatch(bare):
            return None
        found = {kind for kind, phrases in self._small_talk.items() if any(phrase in bare for phrase in phrases)}
        return next((kind for kind in ("thanks", "bye", "greeting", "thumbs") if kind in found), None)


@lru_cache(maxsize=1)
def shared_guard() -> Guard:
    """Return the process's guard, made on first use."""
    return Guard()


def _is_told_as_history(sight: Sight, *, start: int, end: int) -> bool:
    past = sight.has("emergency.past", start=start, end=end)
    told_as_past = past and not sight.has("emergency.present", start=start, end=end)
    return told_as_past or sight.has("emergency.in_general", start=start, end=end)


def _is_meant(sign: Finding, sight: Sight) -> bool:
    reach = sign.start - DENIAL_REACH
    denials = [found for found in sight.finds("emergency.negations") if reach <= found.start < found.end <= sign.start]
    denied = any(sign.start - found.end <= 2 for found in denials)
    names_a_rule = any(
        sign.end <= found.start <= sign.end + RULE_REACH for found in sight.finds("emergency.rule_subjects")
    )
    return not denied and not names_a_rule


def _look_medically(sight: Sight, *, start: int, end: int) -> MedicalLook:
    words = {name: within(sight.finds(full), start=start, end=end) for name, full in _NAMES_OF_MEDICAL.items()}
    covers = words["not_medical"]
    firm = without_covered(words["asks_firmly"], covers=covers)
    terms = [
        finding
        for kind in TERMS
        for finding in without_covered(words[kind], covers=covers)
        if not any(finding.start == denial.end for denial in words["negations"])
    ]
    process = without_covered(words["process"], covers=[*firm, *covers])
    light = {(found.start, found.end) for found in words["process_lightly"]}
    return MedicalLook(
        terms=[finding.group for finding in terms],
        asks_firmly=bool(firm),
        asks_alone=bool(without_covered(words["asks_alone"], covers=covers)),
        asks_loosely=bool(words["asks_loosely"]),
        process=bool(process),
        heavy_process=any((found.start, found.end) not in light for found in process),
    )


def _denials(findings: Sequence[Finding]) -> list[Finding]:
    # 不用转人工 denies the wish that follows at once.
    return [Finding(found.group, found.start, found.end + DENIAL_REACH) for found in findings]


def _bare(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _courtesy_pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(set(phrases), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))}|[啊呀哦哈呢吧啦了])+")
