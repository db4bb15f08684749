"""From the scores of phrases to the best entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Phrases = Sequence[tuple[str, str]]
Search = Callable[[str], tuple[list[str], float]]
BEST = 5
# So many phrases are looked at for the best entries: several may belong to the same one.
PHRASES = 40


def best(owners: Sequence[str], scores: np.ndarray) -> tuple[list[str], float]:
    """Return the entries of the best phrases, best first, and the best score."""
    some = np.argpartition(-scores, min(PHRASES, len(scores) - 1))[:PHRASES]
    ordered = some[np.argsort(-scores[some], kind="stable")]
    entries = list(dict.fromkeys(owners[row] for row in ordered if scores[row] > 0))
    return entries[:BEST], float(scores[ordered[0]])
