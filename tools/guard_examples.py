"""The guard's labelled examples, and the harmless questions that teach the search: what `tools.learn_guard` learns from."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from caredesk.chatbot.text import normalise

TEACHING = Path(__file__).parent / "teaching"
HARMLESS = "other"


def read_examples() -> list[tuple[str, str]]:
    """Read the labelled examples as label and text."""
    with (TEACHING / "guard_examples.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["label"], row["text"]) for row in csv.DictReader(lines)]


@lru_cache(maxsize=1)
def plain_examples() -> tuple[tuple[str, str], ...]:
    """Return the labelled examples in plain form, as label and text."""
    return tuple((label, normalise(text).plain) for label, text in read_examples())


def read_paraphrases() -> list[str]:
    """Read the harmless questions, each in the many ways in which parents ask it."""
    files = sorted((TEACHING / "paraphrases").glob("*.txt"))
    lines = [line.strip() for file in files for line in file.read_text("utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]
