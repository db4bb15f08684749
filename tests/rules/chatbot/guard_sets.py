"""What the guard is measured on: labelled questions in two halves, and questions that must not raise an alarm.

Lists and examples are improved by looking at the one half; the other half says what that is worth.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from caredesk.chatbot.bot import Bot
from caredesk.chatbot.evaluation import Labelled
from caredesk.chatbot.index import FaqEntry
from caredesk.infra.index_folder import learned_index
from tests.fixtures.desk import LEARNED
from tests.rules.chatbot.sample import LABELLED, labelled

GUARD_LISTS = ("emergencies", "medical", "human", "out_of_scope")


@dataclass(frozen=True, slots=True)
class Negative:
    """A question with the alarm that it must not raise."""

    query: str
    never: str


def is_held_out(query: str) -> bool:
    """Tell whether a question belongs to the half that nobody looks at; the question itself decides."""
    return bool(hashlib.sha256(query.encode()).digest()[0] & 1)


def held_out(labels: Sequence[Labelled]) -> list[Labelled]:
    """Return the questions of the half that nobody looks at."""
    return [label for label in labels if is_held_out(label.query)]


@cache
def negatives() -> tuple[Negative, ...]:
    """Return the questions that only sound like an emergency, a medical question or a wish for a person."""
    return tuple(Negative(row["query"], row["never"]) for row in _rows(LABELLED / "guard_negatives.csv"))


@cache
def other_bot() -> Bot:
    """Return a bot over another hospital's base, which no list and no example was written for."""
    entries = [
        FaqEntry(
            row["id"],
            row["category"],
            row["question"],
            tuple(part for part in row["similar"].split("|") if part),
            row["answer"],
        )
        for row in _rows(LABELLED / "other_base.csv")
    ]
    return Bot(learned_index(entries, version="other", folder=LEARNED))


def other_labels() -> list[Labelled]:
    """Return what is asked of the other hospital."""
    return labelled(*GUARD_LISTS, "other_questions")


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
