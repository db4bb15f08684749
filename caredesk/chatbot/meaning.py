"""What texts mean, as vectors: 钱扣了还让我付 lies near 付款成功但订单没有确认, though the two share hardly a word.

A text's vector is the weighed sum of the vectors of its words, of the ideas it names and of its runs of two and three
characters. The table was learned once, offline, from many ways in which parents ask the same (see docs/bot.md);
nothing is computed by a model when a question is asked.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.content import read_bytes

Vector = NDArray[np.float32]
Mark = tuple[str, float]

# What a mark is, by its first sign; a word has none.
RUN, IDEA = "_", "#"
RUN_WEIGHTS = {2: 0.5, 3: 0.4}
IDEA_WEIGHT = 1.0


class Meanings:
    """The vectors of some ten thousand marks: a byte for each number, and a scale for each row."""

    def __init__(self, names: list[str], *, rows: NDArray[np.int8], scales: NDArray[np.float16]) -> None:
        self._row_of = {name: row for row, name in enumerate(names)}
        self._rows = rows
        self._scales = scales

    @property
    def width(self) -> int:
        """Return how many numbers a vector has."""
        return int(self._rows.shape[1])

    def of(self, marks: Iterable[Mark]) -> Vector:
        """Return the direction that these marks have together; nowhere when none is known."""
        known = [(self._row_of[name], weight) for name, weight in marks if name in self._row_of]
        if not known:
            return np.zeros(self.width, dtype=np.float32)
        rows, weights = zip(*known, strict=True)
        at = list(rows)
        shares = np.array(weights, dtype=np.float32) * self._scales[at].astype(np.float32)
        summed = shares @ self._rows[at].astype(np.float32)
        length = float(np.sqrt(summed @ summed))
        return np.asarray(summed / length if length else summed, dtype=np.float32)


def marks_of(text: str, *, words: Iterable[str], ideas: Iterable[str], weigh: Callable[[str], float]) -> Iterator[Mark]:
    """Yield what a plain text is made of, each mark with its weight."""
    yield from ((word, weigh(word)) for word in dict.fromkeys(words))
    yield from ((IDEA + idea, IDEA_WEIGHT) for idea in sorted(ideas))
    letters = "".join(character for character in text if character.isalnum())
    for length, weight in RUN_WEIGHTS.items():
        runs = {letters[start : start + length] for start in range(len(letters) - length + 1)}
        yield from ((RUN + run, weight) for run in sorted(runs))


@lru_cache(maxsize=1)
def shared_meanings() -> Meanings:
    """Return the process's table, read on first use."""
    with np.load(io.BytesIO(read_bytes("meanings.npz"))) as table:
        names = bytes(table["names"]).decode("utf-8").split("\n")
        return Meanings(names, rows=table["rows"], scales=table["scales"])
