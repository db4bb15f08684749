"""The words of this island, read from `words.yaml` and `table_words.yaml` beside it."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import yaml

from caredesk.patients.rules import Age

Language = Literal["zh", "en"]


def age_words(age: Age | None, *, language: Language) -> str:
    """Say an age: in days up to a month, months up to a year, years and months up to six, then years."""
    if age is None:
        return ""
    return _age_patterns()[language][age.wording].format(years=age.years, months=age.months, days=age.days)


@cache
def _age_patterns() -> dict[str, dict[str, str]]:
    text = resources.files("caredesk.patients").joinpath("words.yaml").read_text("utf-8")
    patterns: dict[str, dict[str, str]] = yaml.safe_load(text)["age"]
    return patterns


@cache
def parcel_state_words() -> dict[str, str]:
    """Return the states of a parcel by the words that pharmacies write."""
    text = resources.files("caredesk.patients").joinpath("table_words.yaml").read_text("utf-8")
    states: dict[str, str] = yaml.safe_load(text)["parcel_states"]
    return states
