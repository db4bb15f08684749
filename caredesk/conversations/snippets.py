"""The words around what a search found."""

from __future__ import annotations

import re

BEFORE, LENGTH = 16, 60


def snippet_of(text: str, *, sought: str) -> str:
    """Return one line of the text around the first place where the sought words stand, as they were written."""
    line = " ".join(text.split())
    found = re.search(re.escape(" ".join(sought.split())), line, re.IGNORECASE) if sought.strip() else None
    start = max(found.start() - BEFORE, 0) if found else 0
    end = max(start + LENGTH, found.end() if found else 0)
    start = max(min(start, len(line) - LENGTH), 0)
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
