"""The words of this island, read from `words.yaml` beside it, for the command line; screens have their own."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from caredesk.core.errors import CareDeskError
from caredesk.sandbox.metrics import RATES, SECONDS
from caredesk.sandbox.schemas import Figure

Language = Literal["zh", "en"]


def word(group: str, name: str, *, language: Language, **fields: object) -> str:
    """Return a word or a filled sentence."""
    pattern: str = _words()[group][name][language]
    return pattern.format(**fields)


def amount(name: str, value: float | None) -> str:
    """Say a figure with its unit; nothing is a dash."""
    if value is None:
        return "–"
    if name in RATES:
        return f"{value * 100:.1f} %"
    return f"{value:.1f} s" if name in SECONDS else f"{value:.2f}"


def difference(figure: Figure) -> str:
    """Say a difference with its interval; rates differ by percentage points."""
    if figure.mean is None:
        return "–"
    scale, digits = (100, 1) if figure.name in RATES else (1, 1 if figure.name in SECONDS else 2)
    shown = f"{figure.mean * scale:+.{digits}f}"
    if figure.low is None or figure.high is None:
        return shown
    return f"{shown} ({figure.low * scale:+.{digits}f} … {figure.high * scale:+.{digits}f})"


def sentence(figure: Figure, *, language: Language) -> str:
    """Say of a rate whether the new plan changes it, by how much, and how sure that is."""
    if figure.mean is None or figure.low is None or figure.high is None:
        return word("sentences", "once", language=language)
    name = word("figures", figure.name, language=language)
    low, high = figure.low * 100, figure.high * 100
    if figure.low == 0 == figure.high:
        return word("sentences", "same", language=language, figure=name)
    if figure.low <= 0 <= figure.high:
        return word("sentences", "unclear", language=language, figure=name, low=f"{low:.1f}", high=f"{high:.1f}")
    ends = sorted((abs(low), abs(high)))
    fields = {
        "figure": name,
        "amount": f"{abs(figure.mean) * 100:.1f}",
        "low": f"{ends[0]:.1f}",
        "high": f"{ends[1]:.1f}",
    }
    return word("sentences", "higher" if figure.mean > 0 else "lower", language=language, **fields)


def problem(error: CareDeskError, *, language: Language) -> str:
    """Say what was wrong with a wish: a sentence, and each fault by its place."""
    known = _words()["problems"].get(error.code)
    said: str = known[language].format(**error.fields) if known else error.code
    faults = error.fields.get("problems")
    return "\n  ".join([said, *faults]) if isinstance(faults, list) else said


@cache
def _words() -> dict[str, Any]:
    text = resources.files("caredesk.sandbox").joinpath("words.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
