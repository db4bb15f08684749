"""A linear classifier beside the guard's word lists: it learns from labelled examples what the lists do not name.

What the base itself asks is harmless by definition, so a hospital's own questions are never taken for danger.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from caredesk.chatbot.content import read_lines, read_text
from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.guard_features import Traits, traits_of
from caredesk.chatbot.text import normalise
from caredesk.chatbot.views import Floats, Reader, Reading

Question = Literal["health", "emergency", "human", "foreign"]

HARMLESS = "other"
# What is asked of every text. That it is about health is one question, that it cannot wait another: most of what
# tells a complaint from a refund is common to both, and a text between the two is still no question for the desk.
LABELS: Mapping[Question, frozenset[str]] = {
    "health": frozenset({"emergency", "medical"}),
    "emergency": frozenset({"emergency"}),
    "human": frozenset({"human"}),
    "foreign": frozenset({"foreign"}),
}
REGULARISATION = 10.0
ROUNDS, TOLERANCE = 200, 0.01
RAREST_TOKEN = 2
MARK_WEIGHT = 0.35
# Tokens that no example has are worth half: they tell that the text is about something else.
UNKNOWN_SHARE = 0.5
MOST_HARMLESS = 4000
SHORTEST_FELT = 3


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely a text is what it must not be: about health, an emergency among that, a wish, a foreign matter."""

    health: float
    emergency: float
    human: float
    foreign: float


NO_CHANCE = Chances(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Instinct:
    """Feels the kind of a message from its characters, words and what the lists find in it."""

    reader: Reader
    scale: Scale
    # One row for each token and mark, one column for each question, in the order of LABELS.
    weights: Floats
    biases: Floats

    def chances(self, plain: str) -> Chances:
        """Return the probability of each kind."""
        # One or two characters say nothing by themselves; short cries for help are in the word lists.
        if len(plain) < SHORTEST_FELT:
            return NO_CHANCE
        columns, values = self.scale.row(traits_of(self.reader.read(plain), guard=shared_guard()))
        logits = values @ self.weights[columns] + self.biases
        return Chances(*map(float, 1.0 / (1.0 + np.exp(-logits))))


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns traits into a sparse row: tokens by rarity, to unit length, and marks by a fixed weight."""

    tokens: dict[str, int]
    rarity: Floats
    rarity_of_unknown: float
    marks: dict[str, int]

    @classmethod
    def of(cls, examples: Sequence[Traits]) -> Scale:
        """Learn which tokens and marks there are, and how rare they are."""
        seen_in = Counter(token for traits in examples for token in set(traits.tokens))
        tokens = sorted(token for token, times in seen_in.items() if times >= RAREST_TOKEN)
        marks = sorted({mark for traits in examples for mark in traits.marks})
        times = np.array([seen_in[token] for token in tokens], dtype=np.float64)
        rarity = np.log((1 + len(examples)) / (1 + times)) + 1.0
        return cls(
            tokens={token: column for column, token in enumerate(tokens)},
            rarity=rarity,
            rarity_of_unknown=float(rarity.max()) if len(rarity) else 1.0,
            marks={mark: len(tokens) + column for column, mark in enumerate(marks)},
        )

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return len(self.tokens) + len(self.marks)

    def row(self, traits: Traits) -> tuple[NDArray[np.int64], Floats]:
        """Return the columns that are not zero, with their values."""
        counts = Counter(traits.tokens)
        known = {column: times for token, times in counts.items() if (column := self.tokens.get(token)) is not None}
        columns = np.fromiter(known.keys(), dtype=np.int64, count=len(known))
        values = (1.0 + np.log(np.fromiter(known.values(), dtype=np.float64, count=len(known)))) * self.rarity[columns]
        unknown = UNKNOWN_SHARE * (len(counts) - len(known)) * self.rarity_of_unknown**2
        length = float(np.sqrt(values @ values + unknown)) or 1.0
        marks = [column for mark in traits.marks if (column := self.marks.get(mark)) is not None]
        return (
            np.concatenate([columns, np.array(marks, dtype=np.int64)]),
            np.concatenate([values / length, np.full(len(marks), MARK_WEIGHT)]),
        )

    def rows(self, many: Sequence[Traits]) -> csr_matrix:
        """Return one row for each text."""
        made = [self.row(traits) for traits in many]
        starts = np.concatenate([[0], np.cumsum([len(columns) for columns, _ in made])])
        columns = np.concatenate([columns for columns, _ in made])
        values = np.concatenate([values for _, values in made])
        return csr_matrix((values, columns, starts), shape=(len(made), self.width))


def train_instinct(reader: Reader, *, harmless: Sequence[Reading]) -> Instinct:
    """Learn from the shipped examples, with the base's own phrases as harmless ones."""
    guard = shared_guard()
    labelled = [(traits_of(reader.read(plain), guard=guard), label) for label, plain in plain_examples()]
    labelled += [(traits_of(reading, guard=guard), HARMLESS) for reading in some_of(harmless)]
    return learn(reader, labelled)


def learn(reader: Reader, labelled: Sequence[tuple[Traits, str]]) -> Instinct:
    """Fit one model for each question."""
    scale = Scale.of([traits for traits, _ in labelled])
    rows = scale.rows([traits for traits, _ in labelled])
    labels = [label for _, label in labelled]
    models = [_one_against_the_rest(rows, np.array([label in meant for label in labels])) for meant in LABELS.values()]
    return Instinct(
        reader=reader,
        scale=scale,
        weights=np.ascontiguousarray(np.vstack([model.coef_[0] for model in models]).T),
        biases=np.array([model.intercept_[0] for model in models]),
    )


def _one_against_the_rest(rows: csr_matrix, is_kind: NDArray[np.bool_]) -> LogisticRegression:
    # In its dual form liblinear is many times as fast as the others on wide sparse rows, and repeatable with a seed.
    model = LogisticRegression(
        C=REGULARISATION, solver="liblinear", dual=True, random_state=0, max_iter=ROUNDS, tol=TOLERANCE
    )
    return model.fit(rows, is_kind)


def some_of(harmless: Sequence[Reading]) -> list[Reading]:
    """Return as many of a base's phrases as there is time to learn from, spread evenly."""
    # A base of 100,000 entries teaches nothing about danger that 4,000 of its phrases do not.
    return list(harmless[:: max(1, -(-len(harmless) // MOST_HARMLESS))])


@lru_cache(maxsize=1)
def plain_examples() -> tuple[tuple[str, str], ...]:
    """Return the labelled examples and the foreign questions in plain form, as label and text."""
    foreign = [("foreign", text) for text in read_lines("foreign_questions.txt")]
    return tuple((label, normalise(text).plain) for label, text in (*read_examples(), *foreign))


def read_examples() -> list[tuple[str, str]]:
    """Read the labelled examples as label and text."""
    rows = csv.DictReader(io.StringIO(read_text("guard_examples.csv")))
    return [(row["label"], row["text"]) for row in rows]
