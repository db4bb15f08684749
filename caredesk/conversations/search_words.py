"""The words of a search: how they are read, and how the place where they stand is shown."""

from __future__ import annotations

import re
import unicodedata

BEFORE, LENGTH = 16, 60
DAY_DIGITS = 8


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
