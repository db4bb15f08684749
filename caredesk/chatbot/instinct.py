"""A linear classifier beside the guard's word lists: it learns from labelled examples what the lists do not name.

What the base itself asks is harmless by definition, so a hospital's own questions are never taken for danger.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from caredesk.chatbot.content import read_lines, read_text
from caredesk.chatbot.guard import Flag, Kind
from caredesk.chatbot.text import normalise
from caredesk.chatbot.views import Floats, Reader, Reading, TokenWeights

HARMLESS = "other"
REGULARISATION = 4.0
BEYOND_DOUBT = 0.7
SHORTEST_FELT = 3
# A missed emergency costs more than a false alarm, so doubt is settled towards the alarm.
SURE_ENOUGH: dict[Kind, float] = {"emergency": 0.42, "medical": 0.5, "human": 0.55}


@dataclass(frozen=True, slots=True)
class Instinct:
    """Feels the kind of a message from its characters and words alone."""

    reader: Reader
    tokens: TokenWeights
    # One row of weights for each kind, in the order of SURE_ENOUGH.
    weights: Floats
    biases: Floats

    def feel(self, plain: str) -> Flag | None:
        """Return the kind that the message most likely is, when that is sure enough and not harmless."""
        # One or two characters say nothing by themselves; short cries for help are in the word lists.
        if len(plain) < SHORTEST_FELT:
            return None
        row = self.tokens.row(_tokens(self.reader.read(plain)))
        logits = self.weights[:, row.columns] @ row.values + self.biases
        chances = 1.0 / (1.0 + np.exp(-logits))
        for (kind, enough), chance in zip(SURE_ENOUGH.items(), map(float, chances), strict=True):
            if chance >= enough:
                return Flag(kind, "instinct", is_sure=chance >= BEYOND_DOUBT)
        return None


def train_instinct(reader: Reader, *, harmless: Sequence[Reading]) -> Instinct:
    """Learn from the shipped examples, with the base's own phrases as harmless ones."""
    examples = [(reader.read(normalise(text).plain), label) for label, text in read_examples()]
    examples += [(reader.read(normalise(text).plain), HARMLESS) for text in read_lines("foreign_questions.txt")]
    examples += [(reading, HARMLESS) for reading in harmless]
    vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True, lowercase=False)
    rows = vectorizer.fit_transform([_tokens(reading) for reading, _ in examples])
    labels = np.array([label for _, label in examples])
    models = [_one_against_the_rest(rows, labels == kind) for kind in SURE_ENOUGH]
    return Instinct(
        reader=reader,
        tokens=TokenWeights.of(vectorizer),
        weights=np.vstack([model.coef_[0] for model in models]),
        biases=np.array([model.intercept_[0] for model in models]),
    )


def _one_against_the_rest(rows: csr_matrix, is_kind: NDArray[np.bool_]) -> LogisticRegression:
    # liblinear is five times as fast as the others on wide sparse rows, and repeatable with a fixed seed.
    model = LogisticRegression(C=REGULARISATION, class_weight="balanced", solver="liblinear", random_state=0)
    return model.fit(rows, is_kind)


def read_examples() -> list[tuple[str, str]]:
    """Read the labelled examples as label and text."""
    rows = csv.DictReader(io.StringIO(read_text("guard_examples.csv")))
    return [(row["label"], row["text"]) for row in rows]


def _tokens(reading: Reading) -> list[str]:
    return [*reading.characters, *(f"={word}" for word in reading.words)]
