"""Decides what must not be answered from the knowledge base: emergencies, medical questions, and wishes for a person.

The words are data (`data/emergency.yaml`, `medical.yaml`, `human.yaml`, `small_talk.yaml`); here is only how they
weigh against each other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from caredesk.chatbot.content import read_yaml
from caredesk.chatbot.lexicon import Finding, Lexicon, without_covered

_CLAUSE = re.compile(r"[^，。！？；,.!?;\n…~]+(?:\.\d[^，。！？；,!?;\n…~]*)?")
# How far before a sign its denial may stand: 没有再出现过抽搐.
DENIAL_REACH = 5
RULE_REACH = 3


Kind = Literal["emergency", "medical", "human"]


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a message is not answered from the knowledge base: the kind, and the group of words that told."""

    kind: Kind
    group: str
    is_sure: bool = True


class Guard:
    """Reads plain messages (see `text.normalise`) for what goes before every answer."""

    def __init__(self) -> None:
        self._emergency = _lexicons(read_yaml("emergency.yaml"))
        self._medical = _lexicons(read_yaml("medical.yaml"))
        human = read_yaml("human.yaml")
        self._human = _lexicons(human)
        self._alone = frozenset(map(str, human["alone"]))
        small_talk = read_yaml("small_talk.yaml")
        self._small_talk = {kind: [_bare(str(phrase)) for phrase in phrases] for kind, phrases in small_talk.items()}
        self._courtesy_only = _courtesy_pattern([phrase for phrases in self._small_talk.values() for phrase in phrases])

    def red_flag(self, plain: str) -> Flag | None:
        """Return the danger that the message tells of, now and not as a rule."""
        words = self._emergency
        covers = words["not_signs"].find(plain)
        signs = without_covered(words["signs"].find(plain), covers=covers)
        signs_of_people = without_covered(words["signs_of_people"].find(plain), covers=covers)
        if not words["about_things"].find(plain):
            signs_of_people = [*signs_of_people, *without_covered(words["pleas"].find(plain), covers=covers)]
        for start, end in _clauses(plain):
            clause = plain[start:end]
            told_as_past = bool(words["past"].find(clause)) and not words["present"].find(clause)
            if told_as_past or words["in_general"].find(clause):
                continue
            about_things = bool(words["about_things"].find(clause))
            for sign in signs if about_things else [*signs, *signs_of_people]:
                if start <= sign.start < end and self._is_meant(sign, plain):
                    return Flag("emergency", sign.group)
        return None

    def names_the_harmless(self, plain: str) -> bool:
        """Tell whether the message names something that only sounds like a danger: 抽血, 救护车停哪."""
        return bool(self._emergency["not_signs"].find(plain))

    def _is_meant(self, sign: Finding, plain: str) -> bool:
        before = plain[max(0, sign.start - DENIAL_REACH) : sign.start]
        denied = _ends_near(self._emergency["negations"].find(before), edge=len(before), reach=2)
        after = plain[sign.end : sign.end + RULE_REACH + 4]
        names_a_rule = any(found.start <= RULE_REACH for found in self._emergency["rule_subjects"].find(after))
        return not denied and not names_a_rule

    def medical(self, plain: str) -> Flag | None:
        """Return what makes the message a medical question, if it is one."""
        clauses = [self._look_medically(plain[start:end]) for start, end in _clauses(plain)]
        terms = [term for clause in clauses for term in clause.terms]
        any_process = any(clause.process for clause in clauses)
        for clause in clauses:
            if clause.asks_alone and not clause.heavy_process:
                return Flag("medical", "asks")
            if clause.asks_firmly and terms and not clause.heavy_process:
                return Flag("medical", terms[0])
            if clause.terms and clause.asks_loosely and not clause.process:
                return Flag("medical", clause.terms[0])
        return Flag("medical", terms[0]) if terms and not any_process else None

    def _look_medically(self, clause: str) -> "_MedicalLook":
        words = self._medical
        covers = words["not_medical"].find(clause)
        firm = without_covered(words["asks_firmly"].find(clause), covers=covers)
        terms = [
            finding
            for kind in ("symptoms", "diseases", "drugs", "exam_values")
            for finding in without_covered(words[kind].find(clause), covers=covers)
            if not self._denied(finding, clause)
        ]
        process = without_covered(words["process"].find(clause), covers=[*firm, *covers])
        light = {(found.start, found.end) for found in words["process_lightly"].find(clause)}
        return _MedicalLook(
            terms=[finding.group for finding in terms],
            asks_firmly=bool(firm),
            asks_alone=bool(without_covered(words["asks_alone"].find(clause), covers=covers)),
            asks_loosely=bool(words["asks_loosely"].find(clause)),
            process=bool(process),
            heavy_process=any((found.start, found.end) not in light for found in process),
        )

    def _denied(self, finding: Finding, clause: str) -> bool:
        before = clause[max(0, finding.start - 3) : finding.start]
        return _ends_near(self._medical["negations"].find(before), edge=len(before), reach=0)

    def wish_for_a_person(self, plain: str) -> Flag | None:
        """Tell whether the message wants a person, in so many words or by its anger at the bot."""
        words = self._human
        if _bare(plain) in self._alone:
            return Flag("human", "alone")
        covers = [*words["not_wishes"].find(plain), *_denials(words["negations"].find(plain))]
        if without_covered(words["wishes"].find(plain), covers=covers):
            return Flag("human", "wish")
        if words["complaints_alone"].find(plain):
            return Flag("human", "complaint")
        for start, end in _clauses(plain):
            clause = plain[start:end]
            angry = words["bot"].find(clause) and words["complaints"].find(clause)
            if angry and not words["about_others"].find(clause):
                return Flag("human", "complaint")
        return None

    def small_talk(self, spoken: str) -> str | None:
        """Return thanks, bye, greeting or thumbs when the message is nothing but courtesy."""
        bare = _bare(spoken)
        if not bare or not self._courtesy_only.fullmatch(bare):
            return None
        found = {kind for kind, phrases in self._small_talk.items() if any(phrase in bare for phrase in phrases)}
        return next((kind for kind in ("thanks", "bye", "greeting", "thumbs") if kind in found), None)


@dataclass(frozen=True, slots=True)
class _MedicalLook:
    """What one clause says, medically."""

    terms: Sequence[str]
    asks_firmly: bool
    asks_alone: bool
    asks_loosely: bool
    process: bool
    heavy_process: bool


@lru_cache(maxsize=1)
def shared_guard() -> Guard:
    """Return the process's guard, made on first use."""
    return Guard()


def _lexicons(content: Mapping[str, Any]) -> dict[str, Lexicon]:
    """Make one lexicon of each list; a mapping inside keeps its groups."""
    grouped = {name: words if isinstance(words, dict) else {name: words} for name, words in content.items()}
    return {name: Lexicon(groups) for name, groups in grouped.items()}


def _clauses(plain: str) -> list[tuple[int, int]]:
    return [found.span() for found in _CLAUSE.finditer(plain)]


def _ends_near(findings: Sequence[Finding], *, edge: int, reach: int) -> bool:
    return any(edge - found.end <= reach for found in findings)


def _denials(findings: Sequence[Finding]) -> list[Finding]:
    # 不用转人工 denies the wish that follows at once.
    return [Finding(found.group, found.start, found.end + DENIAL_REACH) for found in findings]


def _bare(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _courtesy_pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(set(phrases), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))}|[啊呀哦哈呢吧啦了])+")
