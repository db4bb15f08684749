"""What a check has found, and the words for it in `words.yaml` beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

Verdict = Literal["ok", "warn", "bad"]
Fact = str | int | float


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `warn` should be looked after, with `bad` the desk must not go on."""

    check: str
    verdict: Verdict
    code: str
    facts: dict[str, Fact] = field(default_factory=dict)

    def say(self, *, language: Literal["zh", "en"]) -> str:
        """Say what was found and, where something is wrong, how to mend it."""
        sentence: str = _words()["findings"][self.code][language]
        return sentence.format(**self.facts)


Check = Callable[[], Iterator[Finding]]


def ok(check: str, code: str, **facts: Fact) -> Finding:
    """Return a finding that is as it should be."""
    return Finding(check, "ok", code, facts)


def warn(check: str, code: str, **facts: Fact) -> Finding:
    """Return a finding that should be looked after."""
    return Finding(check, "warn", code, facts)


def bad(check: str, code: str, **facts: Fact) -> Finding:
    """Return a finding with which the desk must not go on."""
    return Finding(check, "bad", code, facts)


def name_of(check: str, *, language: Literal["zh", "en"]) -> str:
    """Return what a check is called."""
    name: str = _words()["checks"][check][language]
    return name


def verdict_words(verdict: Verdict, *, language: Literal["zh", "en"]) -> str:
    """Return what a verdict is called."""
    word: str = _words()["verdicts"][verdict][language]
    return word


@cache
def _words() -> dict[str, Any]:
    text = resources.files("caredesk.infra.checkup").joinpath("words.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
