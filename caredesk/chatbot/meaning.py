"""What words mean, as vectors: 挂号 lies near 预约 and 药房 near 取药, whatever the lexicon names.

The table was made once, offline (see docs/bot.md); nothing is computed by a model when a question is asked.
"""

import io
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.content import read_bytes

Vector = NDArray[np.float32]


class Meanings:
    """The vectors of some ten thousand words."""

    def __init__(self, words: list[str], rows: NDArray[np.int8]) -> None:
        self._row_of = {word: row for row, word in enumerate(words)}
        self._rows = rows

    @property
    def width(self) -> int:
        """Return how many numbers a vector has."""
        return int(self._rows.shape[1])

    def of(self, weighed: Iterable[tuple[str, float]]) -> Vector:
        """Return the direction that these words have together; nowhere when none is known."""
        known = [(self._row_of[word], weight) for word, weight in weighed if word in self._row_of]
        if not known:
            return np.zeros(self.width, dtype=np.float32)
        rows, weights = zip(*known, strict=True)
        summed = np.array(weights, dtype=np.float32) @ self._rows[list(rows)].astype(np.float32)
        length = float(np.sqrt(summed @ summed))
        return np.asarray(summed / length if length else summed, dtype=np.float32)


@lru_cache(maxsize=1)
def shared_meanings() -> Meanings:
    """Return the process's table, read on first use."""
    with np.load(io.BytesIO(read_bytes("meanings.npz"))) as table:
        words = bytes(table["words"]).decode("utf-8").split("\n")
        return Meanings(words, table["rows"])
