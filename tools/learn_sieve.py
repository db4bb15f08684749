"""Learns which messages the guard need not be asked about: `python -m tools.learn_sieve` (seeded; under a minute).

A logistic regression over runs of one to three characters, taught by the guard's own lessons (`tools/teaching`) as they
are typed. The limit is chosen on texts that it has not seen, in folds that no near duplicates share: of the held-back
emergencies no more than `MOST_LOST` may go by. What it costs, how many of all other texts are held, is printed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from caredesk.chatbot.sieve import CODES, GRAMS, LONGEST_GRAM, Sieve, Weights, letters_of
from caredesk.chatbot.text import normalise
from tools.guard_examples import HARMLESS, read_examples, read_paraphrases
from tools.guard_lessons import FOLDS, folds_of

SIEVE = Path(__file__).parents[1] / "caredesk" / "chatbot" / "data" / "sieve.npz"
EMERGENCY = "emergency"
MOST_LOST = 0.005
# An emergency that is taken for harmless costs more than many looks of the guard.
COST_OF_A_LOSS = 5.0


@dataclass(frozen=True)
class Typed:
    """Texts as they are typed, with their labels, folds and rows of grams."""

    texts: list[str]
    labels: NDArray[np.str_]
    folds: NDArray[np.int64]
    rows: csr_matrix

    @property
    def is_emergency(self) -> NDArray[np.bool_]:
        """Tell which of them are emergencies."""
        return np.equal(self.labels, EMERGENCY)


def main() -> None:
    """Learn, show what goes by and what is held, and write the file."""
    typed = read_typed()
    sums, held_anyway = _hold_back(typed)
    limit = _limit(sums, typed=typed, held_anyway=held_anyway)
    for label in sorted(set(typed.labels.tolist())):
        of_label = typed.labels == label
        held = np.mean((sums >= limit)[of_label] | held_anyway[of_label])
        click.echo(f"{label}: {of_label.sum()} texts, held {held:.4f}")
    write(replace(_learn(typed, taught=np.ones(len(typed.texts), dtype=np.bool_)), limit=limit))
    click.echo(f"limit {limit:.2f}, {SIEVE.stat().st_size / 1e3:.0f} kB")


def _hold_back(typed: Typed) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Weigh every text by what was learned from others; also tell what is held whatever it weighs."""
    sums, held_anyway = np.zeros(len(typed.texts)), np.zeros(len(typed.texts), dtype=np.bool_)
    for fold in range(FOLDS):
        unseen = np.flatnonzero(typed.folds == fold)
        texts, weights = [typed.texts[at] for at in unseen], _learn(typed, taught=typed.folds != fold)
        sums[unseen] = weights.heaviest(letters_of(texts))
        held_anyway[unseen] = Sieve(weights).holds(texts)
    return sums, held_anyway


def read_typed() -> Typed:
    """Read the guard's examples and the harmless questions, each once."""
    label_of = dict.fromkeys(read_paraphrases(), HARMLESS) | {text: label for label, text in read_examples()}
    texts = list(label_of)
    folds = folds_of([normalise(text).plain or text for text in texts])
    return Typed(texts, np.array(list(label_of.values())), folds, _rows(texts))


def _rows(texts: list[str]) -> csr_matrix:
    letters = letters_of(texts)
    rows, columns = [], []
    for length in range(1, LONGEST_GRAM + 1):
        grams, in_text, _ = letters.runs(length)
        rows.append(letters.texts[: len(grams)][in_text])
        columns.append(grams[in_text])
    at = np.concatenate(rows), np.concatenate(columns)
    return csr_matrix((np.ones(len(at[0]), dtype=np.float32), at), shape=(len(texts), GRAMS))


def _learn(typed: Typed, *, taught: NDArray[np.bool_]) -> Weights:
    """Return what is learned from some of the texts, with a limit that no sum reaches."""
    model = LogisticRegression(class_weight={0: 1.0, 1: COST_OF_A_LOSS}, solver="liblinear", random_state=0)
    model.fit(typed.rows[np.flatnonzero(taught)], typed.is_emergency[taught])
    known = np.zeros(CODES, dtype=np.bool_)
    known[letters_of([typed.texts[at] for at in np.flatnonzero(taught)]).codes] = True
    return Weights(model.coef_[0].astype(np.float32), float(model.intercept_[0]), np.inf, known)


def _limit(sums: NDArray[np.float64], *, typed: Typed, held_anyway: NDArray[np.bool_]) -> float:
    """Return the highest limit at which so few of the emergencies go by."""
    others = np.sort(sums[typed.is_emergency & ~held_anyway])
    return float(others[int(MOST_LOST * typed.is_emergency.sum())])


def write(weights: Weights) -> None:
    """Write the file, with a byte for each weight."""
    scale = np.abs(weights.grams).max() / 127
    np.savez_compressed(
        SIEVE,
        grams=np.round(weights.grams / scale).astype(np.int8),
        scale=np.float32(scale),
        always=np.float64(weights.always),
        limit=np.float64(weights.limit),
        known=np.packbits(weights.known),
    )


if __name__ == "__main__":
    main()
