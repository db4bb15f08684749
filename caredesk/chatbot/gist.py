"""What each entry means as a whole, in a few numbers: finds entries that share no word with a question.

The inverted index of `shortlist.py` sees only what is written alike. Beside it every entry of a large base is compared
by the leading numbers of its meaning; the table of meanings is turned so that these carry the most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.meaning import Vector
from caredesk.chatbot.packing import Positions, Singles

LEADING = 32
NEAREST = 40
# The question usually comes last; a longer ramble is compared whole and by its end.
MOST_READINGS = 4


@dataclass(frozen=True, slots=True)
class Gists:
    """The mean meaning of each entry's phrases: a column for each entry, for so they are multiplied fastest."""

    columns: Singles

    @classmethod
    def of(cls, meanings: NDArray[np.int8], *, phrase_starts: Positions) -> "Gists":
        """Sum up the entries; every entry has a phrase."""
        leading = meanings[:, :LEADING]
        rows = np.add.reduceat(leading, phrase_starts[:-1], axis=0, dtype=np.float32)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
        return cls(np.ascontiguousarray(rows.T))

    def nearest(self, meant: Sequence[Vector]) -> Positions:
        """Return the entries that mean most nearly what a question means, as a whole or in one of its last clauses."""
        asked = np.stack([meaning[:LEADING] for meaning in (meant[0], *meant[1:][-(MOST_READINGS - 1) :])])
        near = (asked @ self.columns).max(axis=0)
        return np.argpartition(-near, NEAREST)[:NEAREST] if len(near) > NEAREST else np.arange(len(near))
