"""Reads the guardrails' own data: what is listened for, and what is said to somebody who writes of hurting themselves.

A file of its own because rules are pure: they take what is read here as a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Any

import yaml

# Up to eight characters of the same clause.
_SOMETHING = r"[^，。！？；,!?;\n]{0,8}?"
# Groups only hold alternatives together; nobody asks what they held.
_GROUP = re.compile(r"(?<!\\)\((?!\?)")
# The first piece of a wording: alternatives without groups of their own, or a character.
_PIECE = re.compile(r"(?:\((?P<group>[^()?\\\[\]]*)\)|(?P<letter>\w))(?P<optional>[?*])?(?!\{)")
_SIGN = re.compile(r"\W")
# What may stand before it and takes no character.
_BEFORE = re.compile(r"\^|\(\?<!\[[^\]]*\]\)")


@dataclass(frozen=True)
class Wordings:
    """Wordings of one kind, and the wordings that cover what only sounds like them; None matches nothing."""

    says: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True)
class Terms:
    """Everything that is listened for."""

    kinds: Mapping[str, Wordings]
    topics: re.Pattern[str]
    advises: re.Pattern[str]
    allowed: re.Pattern[str]


@dataclass(frozen=True)
class HelpNumber:
    """A number that helps, and whose it is."""

    number: str
    zh: str
    en: str


@dataclass(frozen=True)
class Help:
    """What an agent is shown when somebody writes of hurting themselves."""

    lines: tuple[HelpNumber, ...]
    script_zh: str
    script_en: str


@lru_cache(maxsize=1)
def shared_terms() -> Terms:
    """Return the process's wordings, read on first use."""
    kinds = read_terms()
    medical = kinds["medical_advice"]
    return Terms(
        {kind: Wordings(any_of(lists["says"]), _any_or_none(lists["unless"])) for kind, lists in kinds.items()},
        topics=any_of(medical["topics"]),
        advises=any_of(medical["advises"]),
        allowed=any_of(medical["allowed"]),
    )


def read_terms() -> dict[str, dict[str, list[str]]]:
    """Return the wordings of each kind, by what they are for."""
    terms: dict[str, dict[str, list[str]]] = _read("terms.yaml")
    return terms


@lru_cache(maxsize=1)
def help_lines() -> Help:
    """Return the numbers and the words for somebody who writes of hurting themselves."""
    content = _read("help_lines.yaml")
    lines = tuple(HelpNumber(**line) for line in content["lines"])
    return Help(lines, script_zh=content["script"]["zh"], script_en=content["script"]["en"])


def _any_or_none(wordings: Iterable[str]) -> re.Pattern[str] | None:
    given = list(wordings)
    return any_of(given) if given else None


def any_of(wordings: Iterable[str]) -> re.Pattern[str]:
    """Return one pattern of all wordings, which passes quickly by every character that begins none of them."""
    parts = []
    for is_known, some in groupby(wordings, key=lambda wording: firsts_of(wording) is not None):
        together = list(some)
        either = "|".join(f"(?:{_GROUP.sub('(?:', wording)})" for wording in together)
        firsts = re.escape("".join(firsts_of(wording) or "" for wording in together))
        parts.append(f"(?=[{firsts}])(?:{either})" if is_known else either)
    return re.compile("|".join(parts).replace("…", _SOMETHING), re.IGNORECASE)


def firsts_of(wording: str) -> str | None:
    """Return the characters with which a wording may begin; None when that cannot be read from it."""
    firsts, rest = "", _BEFORE.sub("", wording, count=1)
    while found := _PIECE.match(rest):
        parts = (found["group"] or found["letter"]).split("|")
        if any(_SIGN.match(part) for part in parts):
            return None
        firsts += "".join(part[:1] for part in parts)
        if found["optional"] is None and all(parts):
            return firsts
        rest = rest[found.end() :]
    return None


def _read(name: str) -> Any:  # noqa: ANN401 (each reader knows the shape of its own file)
    return yaml.safe_load((files("caredesk.guardrails") / "data" / name).read_text(encoding="utf-8"))
