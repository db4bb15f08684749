"""The words of a search: how they are read, by which marks they are looked up, and how a place of them is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

BEFORE, LENGTH = 16, 60
DAY_DIGITS = 8
MOST_MARKS = 20_000
"""Marks of one row: PostgreSQL indexes no document above a megabyte, and a mark takes at most 16 bytes."""


def tidy_words(words: str) -> str | None:
    """Return sought words in the form in which messages are stored, or None when there is nothing visible in them."""
    visible = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in unicodedata.normalize("NFC", words))
    return visible.strip() or None


def read_number(written: str) -> str | None:
    """Return a conversation's number, or its end, as people write it; None when there is no digit in it.

    `20251121-0007`, `202511210007`, `#0007` and `7` all mean the seventh conversation of a day.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKC", written) if c in "0123456789-").strip("-")
    if "-" not in plain and len(plain) >= DAY_DIGITS + 4:
        plain = f"{plain[:DAY_DIGITS]}-{plain[DAY_DIGITS:]}"
    return plain or None


def snippet_of(text: str, *, sought: str) -> str:
    """Return one line of the text around the first place where the sought words stand, as they were written."""
    line = " ".join(text.split())
    found = re.search(re.escape(" ".join(sought.split())), line, re.IGNORECASE)
    first, last = found.span() if found else (0, 0)
    end = max(max(first - BEFORE, 0) + LENGTH, last)
    start = max(min(first - BEFORE, len(line) - LENGTH), 0)
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def marks_of(text: str) -> set[str]:
    """Return a mark for each character of a text and for each two that stand side by side, whatever their case.

    Chinese has no spaces between words, and indexes of words find nothing within a run of it; two characters side by
    side do. Marks are letters and digits, so that every store takes each for one word. Spaces have none.
    """
    plain = text.casefold()
    singles = {f"w{ord(one):x}" for one in plain if not one.isspace()}
    return singles | _pairs(plain)


def sought_marks(text: str) -> set[str]:
    """Return the marks that every text has in which these words stand; empty when there is nothing to look up.

    Not every text that has them all has the words: what is found must still be read.
    """
    plain = text.casefold()
    return _pairs(plain) or {f"w{ord(one):x}" for one in plain if not one.isspace()}


def pages_of(texts: Iterable[str]) -> list[str]:
    """Return the marks of texts as few rows; each text stands whole in one of them."""
    pages: list[set[str]] = []
    for text in texts:
        marks = marks_of(text)
        if not marks:
            continue
        if not pages or len(pages[-1] | marks) > MOST_MARKS:
            pages.append(set())
        pages[-1] |= marks
    return [" ".join(sorted(page)) for page in pages]


def place_in_time(at: datetime) -> int:
    """Return the microseconds from 1970 to an instant."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _pairs(plain: str) -> set[str]:
    """Return a mark for each two characters side by side, the spaces left out."""
    sides = ((a, b) for a, b in pairwise(plain) if not a.isspace() and not b.isspace())
    return {f"w{ord(a):x}x{ord(b):x}" for a, b in sides}
