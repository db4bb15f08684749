"""The words of this island, read from `words.yaml` beside it: what files may say, and how answers are said."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from caredesk.clinic.rules import OpenState, Reason
from caredesk.core.clock import clinic_time

Language = Literal["zh", "en"]


def hours_sentence(state: OpenState, *, at: datetime, language: Language) -> str:
    """Say in one sentence whether a queue is open, why, and when that changes."""
    words = _words()
    pattern = ("open" if state.open else "closed") + ("" if state.next_change else "_endless")
    sentence: str = words["sentences"][pattern][language]
    change = moment(state.next_change, at=at, language=language) if state.next_change else ""
    return sentence.format(reason=reason_words(state.reason, language=language), change=change)


def reason_words(reason: Reason, *, language: Language) -> str:
    """Say why a queue is open or closed."""
    words: str = _words()["reasons"][reason][language]
    return words


def moment(when: datetime, *, at: datetime, language: Language) -> str:
    """Say an instant in clinic time as seen from another: today, tomorrow, or a date with its weekday."""
    words, local, today = _words(), clinic_time(when), clinic_time(at).date()
    known = {today: "today", today + timedelta(days=1): "tomorrow"}
    pattern: str = words["moment"][known.get(local.date(), "later")][language]
    return pattern.format(
        clock=f"{local:%H:%M}",
        year=local.year,
        month=local.month,
        day=local.day,
        weekday=words["weekdays"][language][local.weekday()],
    )


def fault_words(code: str, *, value: str, language: Language) -> str:
    """Say what is wrong with a row of an import."""
    sentence: str = _words()["faults"][code][language]
    return sentence.format(value=value)


def column_named(heading: str) -> str:
    """Return the column that a heading of a file means; an unknown heading is a column of its own."""
    return _meanings("columns").get(fold(heading), fold(heading))


def find_kind(word: str) -> str | None:
    """Return the kind of session that a word means."""
    return _meanings("kinds").get(fold(word))


def find_status(word: str) -> str | None:
    """Return the status of a session that a word means."""
    return _meanings("statuses").get(fold(word))


def find_weekday(word: str) -> int | None:
    """Return the ISO weekday that a word means."""
    found = _meanings("weekday_words").get(fold(word))
    return int(found) if found else None


def find_holidays(word: str) -> bool | None:
    """Tell whether a word says yes; an empty one says no."""
    found = _meanings("yes_or_no").get(fold(word)) if word else "no"
    return None if found is None else found == "yes"


def find_swapped(word: str) -> str | None:
    """Return `rest` or the weekday that swapped days follow, 0 for their own; said nothing, they follow Monday."""
    return _meanings("swapped_words").get(fold(word)) if word else "1"


def fold(word: str) -> str:
    """Return a word as it is compared: without case, outer blanks and full-width forms."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


@cache
def _meanings(group: str) -> Mapping[str, str]:
    meanings: dict[str, list[str]] = _words()[group]
    return {fold(word): meaning for meaning, words in meanings.items() for word in (meaning, *words)}


@cache
def _words() -> dict[str, Any]:
    text = resources.files("caredesk.clinic").joinpath("words.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
