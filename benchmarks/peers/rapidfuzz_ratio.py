"""Likeness of the strings, by rapidfuzz."""

from __future__ import annotations

import numpy as np
from rapidfuzz import fuzz, process

from benchmarks.peers.ranking import Phrases, Search, best


def make(phrases: Phrases) -> Search:
    """Return the search."""
    owners = [owner for owner, _ in phrases]
    texts = [phrase for _, phrase in phrases]

    def search(query: str) -> tuple[list[str], float]:
        return best(owners, process.cdist([query], texts, scorer=fuzz.ratio, dtype=np.float32)[0])

    return search
