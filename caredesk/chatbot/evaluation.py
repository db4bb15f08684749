"""Asks the bot labelled questions and counts what it got right; the figures that decide whether a change helped."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from caredesk.chatbot.bot import Bot, Turn

GUARDED = ("medical", "emergency", "human")
NO_ENTRY = "none"
WANTED_PRECISION = 0.95


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with what should come of it: an entry's id, or none, medical, emergency, human."""

    query: str
    expected: str
    acceptable: frozenset[str] = frozenset()

    @property
    def in_scope(self) -> bool:
        """Tell whether an entry answers the question."""
        return self.expected != NO_ENTRY and self.expected not in GUARDED

    def accepts(self, entry_id: str | None) -> bool:
        """Tell whether this entry would be right."""
        return entry_id is not None and (entry_id == self.expected or entry_id in self.acceptable)


@dataclass(frozen=True, slots=True)
class Asked:
    """A labelled question with the bot's turn and the time it took."""

    label: Labelled
    turn: Turn
    milliseconds: float

    def found_within(self, places: int) -> bool:
        """Tell whether a right entry stands among the first candidates."""
        return any(self.label.accepts(candidate.id) for candidate in self.turn.candidates[:places])

    @property
    def was_right(self) -> bool:
        """Tell whether the outcome is the expected one, and for answers and suggestions the entry, too."""
        if not self.label.in_scope:
            return self.turn.outcome == self.label.expected
        return self.found_within(1 if self.turn.outcome == "answer" else 3)


def ask_all(bot: Bot, labels: Sequence[Labelled]) -> list[Asked]:
    """Ask every question once, after a first one that pays for whatever is made on first use."""
    bot.ask("你好吗")
    asked = []
    for label in labels:
        started = time.perf_counter()
        turn = bot.ask(label.query)
        asked.append(Asked(label, turn, (time.perf_counter() - started) * 1000))
    return asked


def measure(asked: Sequence[Asked], *, known_entries: frozenset[str]) -> dict[str, Any]:
    """Return all figures; a share of nothing is None."""
    good = [one for one in asked if one.label.in_scope]
    foreign = [one for one in asked if one.label.expected == NO_ENTRY]
    guarded = [one for one in asked if one.label.expected in ("medical", "emergency")]
    unknown = {one.label.expected for one in good if one.label.expected not in known_entries}
    return {
        "questions": len(asked),
        "in_scope": len(good),
        "unknown_entries": sorted(unknown),
        "accuracy_at_1": _share([one.found_within(1) for one in good]),
        "recall_at_3": _share([one.found_within(3) for one in good]),
        "coverage_at_95_precision": coverage([*good, *foreign], precision=WANTED_PRECISION),
        "coverage_at_95_precision_in_scope": coverage(good, precision=WANTED_PRECISION),
        "answered": _share([one.turn.outcome == "answer" for one in good]),
        "answered_right": _share([one.was_right for one in good if one.turn.outcome == "answer"]),
        "suggested": _share([one.turn.outcome == "suggest" for one in good]),
        "suggested_right": _share([one.was_right for one in good if one.turn.outcome == "suggest"]),
        **{kind: _precision_and_recall(asked, kind=kind) for kind in GUARDED},
        "guarded_answered": _share([one.turn.outcome == "answer" for one in guarded]),
        "out_of_scope_answered": _share([one.turn.outcome == "answer" for one in foreign]),
        "out_of_scope_suggested": _share([one.turn.outcome == "suggest" for one in foreign]),
        "good_questions_refused": _share([one.turn.outcome not in ("answer", "suggest") for one in good]),
        "good_questions_guarded": _share([one.turn.outcome in GUARDED for one in good]),
        "latency_ms": _latency([one.milliseconds for one in asked]),
    }


def coverage(asked: Sequence[Asked], *, precision: float) -> float | None:
    """Return the largest share of the in-scope questions that can be answered with this precision.

    Questions are answered from the surest down; an out-of-scope question that would be answered is a mistake.
    """
    total = sum(one.label.in_scope for one in asked)
    ranked = sorted((one for one in asked if one.turn.candidates), key=lambda one: -one.turn.confidence)
    right = covered = best = 0
    for answered, one in enumerate(ranked, start=1):
        right += one.found_within(1)
        covered += one.label.in_scope
        last_of_its_kind = answered == len(ranked) or ranked[answered].turn.confidence < one.turn.confidence
        if last_of_its_kind and right >= precision * answered:
            best = covered
    return round(best / total, 4) if total else None


def _precision_and_recall(asked: Sequence[Asked], *, kind: str) -> Mapping[str, float | None]:
    return {
        "precision": _share([one.label.expected == kind for one in asked if one.turn.outcome == kind]),
        "recall": _share([one.turn.outcome == kind for one in asked if one.label.expected == kind]),
    }


def _share(truths: Sequence[bool]) -> float | None:
    return round(sum(truths) / len(truths), 4) if truths else None


def _latency(milliseconds: Sequence[float]) -> dict[str, float | None]:
    ordered = sorted(milliseconds)
    if not ordered:
        return {"p50": None, "p99": None}
    return {name: round(ordered[min(len(ordered) - 1, int(len(ordered) * at))], 3) for name, at in _QUANTILES.items()}


_QUANTILES = {"p50": 0.5, "p99": 0.99}
