"""Learns the table of meanings: `python -m tools.teach_meanings` (seeded; a minute or two).

It starts from the words' distilled vectors and is taught by `tools/teaching/paraphrases`: several hundred questions,
each in the many ways in which parents ask it. What asks the same is drawn together, what asks something else is pushed
apart (a supervised contrastive loss: Khosla et al., "Supervised Contrastive Learning", 2020, with all positives inside
one logarithm). What the guard's examples ask of other trades belongs to no question and is pushed away from all.
Nothing that the engine is measured by is ever taught here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from caredesk.chatbot.cutter import shared_cutter
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.meaning import IDEA, marks_of
from caredesk.chatbot.text import normalise, standardise_words
from caredesk.chatbot.views import WordWeight, load_concepts
from tools.distil_meanings import WIDTH, Singles, distilled
from tools.guard_examples import plain_examples

ROOT = Path(__file__).parents[1]
TAUGHT = ROOT / "tools" / "teaching" / "paraphrases"
TABLE = ROOT / "caredesk" / "chatbot" / "data" / "meanings.npz"

SEED = 20261128
STEPS = 800
# In each step so many questions, and so many ways of asking each, are held against each other.
QUESTIONS, WAYS = 96, 6
# So many texts of other trades take part in each step.
STRANGERS = 128
TEMPERATURE = 0.08
RATE = 0.001
HOLD = 0.02
# A mark may be missing from the next text, so none may be leaned on alone.
DROPPED = 0.4
SEEN_AT_LEAST = 2
MOMENTUM, SPREAD = 0.9, 0.99


@dataclass(frozen=True)
class Taught:
    """All phrases as rows of weighed marks, and which question each of them asks; the last, strangers, ask none."""

    rows: csr_matrix
    asks: NDArray[np.int64]

    @property
    def questions(self) -> list[NDArray[np.int64]]:
        """Return the phrases of each question."""
        return [np.flatnonzero(self.asks == question) for question in range(int(self.asks.max()) + 1)]

    @property
    def strangers(self) -> NDArray[np.int64]:
        """Return the texts that ask of other trades; each has a negative number of its own."""
        return np.flatnonzero(self.asks < 0)


class Marker:
    """Takes texts apart as the reader of the index does."""

    def __init__(self) -> None:
        self._cutter = shared_cutter()
        self._lexicon = Lexicon(load_concepts())
        self._weigh = WordWeight(self._cutter)

    def marks(self, text: str) -> dict[str, float]:
        """Return a text's marks with their weights."""
        plain = standardise_words(normalise(text).plain)
        words, ideas = self._cutter.cut(plain), self._lexicon.groups_in(plain)
        return dict(marks_of(plain, words=words, ideas=ideas, weigh=self._weigh))


def main() -> None:
    """Teach, and write the table."""
    groups = [group for file in sorted(TAUGHT.glob("*.txt")) for group in read_groups(file)]
    marker = Marker()
    marked = [[marker.marks(text) for text in group] for group in groups]
    strange = [marker.marks(text) for label, text in plain_examples() if label == "foreign"]
    words, vectors = distilled()
    names = [*words, *new_marks([*marked, strange], known=set(words))]
    start = np.vstack([vectors, np.zeros((len(names) - len(words), WIDTH), dtype=np.float32)])
    taught = in_rows(marked, strange, names=names)
    write(names, leading_first(teach(taught, start=start), taught=taught))
    phrases = sum(map(len, groups))
    click.echo(f"{len(groups)} questions, {phrases} phrases, {len(names)} marks, {TABLE.stat().st_size / 1e6:.1f} MB")


def read_groups(file: Path) -> Iterator[list[str]]:
    """Yield the ways of asking each question; an empty line stands between two questions."""
    for block in file.read_text("utf-8").split("\n\n"):
        group = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith("#")]
        if len(group) > 1:
            yield group


def new_marks(marked: Sequence[Sequence[dict[str, float]]], *, known: set[str]) -> list[str]:
    """List the ideas, and the runs and words that were seen often enough to be learned."""
    seen = Counter(name for group in marked for marks in group for name in marks)
    return sorted(
        name for name, times in seen.items() if name not in known and (times >= SEEN_AT_LEAST or name[0] == IDEA)
    )


def in_rows(
    marked: Sequence[Sequence[dict[str, float]]], strange: Sequence[dict[str, float]], *, names: Sequence[str]
) -> Taught:
    """Return the phrases, and the strangers after them, as rows over the names."""
    column_of = {name: column for column, name in enumerate(names)}
    rows = [
        {column_of[name]: weight for name, weight in marks.items() if name in column_of}
        for group in [*marked, strange]
        for marks in group
    ]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.array([column for row in rows for column in row])
    weights = np.array([weight for row in rows for weight in row.values()], dtype=np.float32)
    asks = np.repeat(np.arange(len(marked)), [len(group) for group in marked])
    asks = np.concatenate([asks, -1 - np.arange(len(strange))])
    return Taught(csr_matrix((weights, columns, starts), shape=(len(rows), len(names))), asks)


def teach(taught: Taught, *, start: Singles) -> Singles:
    """Return the vectors after all steps; the same phrases and seed give the same vectors."""
    chance = np.random.default_rng(SEED)
    vectors, drift, spread = start.copy(), np.zeros_like(start), np.zeros_like(start)
    questions, strangers = taught.questions, taught.strangers
    for _ in range(STEPS):
        beside = chance.choice(strangers, size=min(STRANGERS, len(strangers)), replace=False)
        phrases = np.concatenate([_some(questions, chance=chance), beside])
        rows = taught.rows[phrases]
        rows.data = rows.data * (chance.random(len(rows.data)) > DROPPED)
        used = np.unique(rows.indices)
        slope = rows[:, used].T @ _slope(rows @ vectors, asks=taught.asks[phrases])
        slope += HOLD / len(phrases) * (vectors[used] - start[used])
        # Adam, on the rows that took part.
        drift[used] = MOMENTUM * drift[used] + (1 - MOMENTUM) * slope
        spread[used] = SPREAD * spread[used] + (1 - SPREAD) * slope**2
        vectors[used] -= RATE * drift[used] / (np.sqrt(spread[used]) + 1e-8)
    return vectors


def _some(questions: Sequence[NDArray[np.int64]], *, chance: np.random.Generator) -> NDArray[np.int64]:
    """Choose phrases for a step: of neighbours in a file, which are easily confused, and of questions from anywhere."""
    first = chance.integers(len(questions))
    beside = (first + np.arange(QUESTIONS // 2)) % len(questions)
    chosen = np.unique([*beside, *chance.choice(len(questions), size=QUESTIONS // 2)])
    ways = [chance.choice(questions[one], size=min(WAYS, len(questions[one])), replace=False) for one in chosen]
    return np.concatenate(ways)


def _slope(summed: Singles, *, asks: NDArray[np.int64]) -> Singles:
    """Return how the loss changes with the summed vectors of the phrases."""
    lengths = np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-6)
    unit = summed / lengths
    near = unit @ unit.T / TEMPERATURE
    np.fill_diagonal(near, -np.inf)
    chances = np.exp(near - near.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    same = (asks[:, None] == asks[None, :]) & ~np.eye(len(asks), dtype=bool)
    hit = np.maximum((chances * same).sum(axis=1, keepdims=True), 1e-9)
    pull = (chances - chances * same / hit) / (len(asks) * TEMPERATURE)
    # A stranger is like nothing, so nothing can be learned from where it stands itself.
    pull[asks < 0] = 0.0
    towards = pull @ unit + pull.T @ unit
    return np.asarray((towards - unit * (towards * unit).sum(axis=1, keepdims=True)) / lengths, dtype=np.float32)


def leading_first(vectors: Singles, *, taught: Taught) -> Singles:
    """Turn the vectors, which changes no likeness, so that the first numbers tell most of the phrases apart."""
    summed = taught.rows @ vectors
    unit = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-6)
    _, directions = np.linalg.eigh(unit.T @ unit)
    return np.asarray(vectors @ directions[:, ::-1], dtype=np.float32)


def write(names: Sequence[str], vectors: Singles) -> None:
    """Write the table with a byte for each number."""
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-6) / 127
    rows = np.round(vectors / scales[:, None]).astype(np.int8)
    packed = np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
    np.savez_compressed(TABLE, names=packed, rows=rows, scales=scales.astype(np.float16))


if __name__ == "__main__":
    main()
