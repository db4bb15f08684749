"""The catalogue of what the hotline says, read from `data/prompts.yaml`; names are stable, words may change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

PromptKind = Literal["phrase", "part", "sound", "name"]
Template = Literal["greeting", "queue", "department"]

_GROUPS: tuple[tuple[str, PromptKind], ...] = (("phrases", "phrase"), ("parts", "part"), ("sounds", "sound"))


@dataclass(frozen=True)
class Prompt:
    """One thing to say or to sound. `name` kinds are made from what a hospital calls things."""

    name: str
    kind: PromptKind
    zh: str
    en: str


@cache
def catalogue() -> Mapping[str, Prompt]:
    """Return every prompt that does not depend on a hospital, by name."""
    words = _words()
    return {
        name: Prompt(name, kind, texts["zh"], texts["en"])
        for group, kind in _GROUPS
        for name, texts in words[group].items()
    }


def named(template: Template, *, name: str) -> Prompt:
    """Return the prompt that says a hospital's own word; the same word is the same prompt everywhere."""
    text = str(_words()["templates"][template]).format(name=name)
    mark = hashlib.sha256(text.encode()).hexdigest()[:20]
    return Prompt(f"said_{mark}", "name", text, text)


@cache
def _words() -> dict[str, Any]:
    text = resources.files("caredesk.telephony").joinpath("data/prompts.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
