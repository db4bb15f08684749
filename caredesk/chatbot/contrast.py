"""A small classifier made for each question: what all its candidates have in common tells none from another.

It is ridge regression among the candidates' phrases, solved when asked, so it needs no training and no space, and an
entry that came a second ago takes part.
"""

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.packing import Positions, Singles, view_of
from caredesk.chatbot.question import Beside, Question, best_clause
from caredesk.chatbot.shelf import MEANING_SCALE, Shelf
from caredesk.chatbot.views import VIEWS

Floats = NDArray[np.float64]

# So many of the best candidates are told apart; the rest cannot win any more.
CONTRASTED = 12
RIDGE = 0.5
VIEW_WEIGHTS = np.array([0.8, 1.0, 0.4, 1.2], dtype=np.float32) / np.float32(4.4)
ROOTS = np.sqrt(VIEW_WEIGHTS)
# The root of the least sum of squares that `lengths_by_view` gives: there is nothing in that view.
LEAST_LENGTH = 1e-4
MEANING_WEIGHT = 4.0 / 4.4


def contrast(shelf: Shelf, question: Question, beside: Beside, *, without: int | None) -> list[Floats]:
    """Return for each candidate (best first) what sets it apart, by the whole question and by its best clause."""
    told = np.zeros((len(question.readings), len(beside.positions)))
    counts = beside.counts[:CONTRASTED]
    owners = np.repeat(np.arange(len(counts)), counts)
    rows = beside.phrases[: len(owners)]
    has = beside.in_phrases[: len(owners)]
    if without is not None:
        kept = rows != without
        owners, rows, has = owners[kept], rows[kept], has[kept]
    if len(rows) > 1:
        alike, asked = _likenesses(shelf, question, rows, has=has)
        alike[np.diag_indices(len(rows))] += RIDGE
        shares = np.linalg.solve(alike, asked)
        np.add.at(told.T, owners, shares)
    return [told[0], best_clause(told, question)]


def _likenesses(shelf: Shelf, question: Question, rows: Positions, *, has: Singles) -> tuple[Singles, Singles]:
    """Return how like the phrases are to one another, and to each reading."""
    lengths = shelf.phrase_lengths.take(rows, axis=0)
    alike = _shared_by_two(shelf, rows, lengths=lengths)
    # A phrase is like itself as far as it has anything in a view; most of its tokens are its own.
    alike[np.diag_indices(len(rows))] = (lengths > LEAST_LENGTH) @ VIEW_WEIGHTS
    weighed = (question.shares * question.weights).T
    asked = np.zeros((len(rows), len(question.readings)), dtype=np.float32)
    for view, found in enumerate(question.views):
        asked += has[:, found] @ weighed[found] * (VIEW_WEIGHTS[view] / lengths[:, view])[:, None]
    meant = shelf.meanings.take(rows, axis=0) * np.float32(np.sqrt(MEANING_WEIGHT) / MEANING_SCALE)
    asked_for = np.stack([reading.meaning for reading in question.readings]) * np.float32(np.sqrt(MEANING_WEIGHT))
    return alike + meant @ meant.T, asked + meant @ asked_for.T


def _shared_by_two(shelf: Shelf, rows: Positions, *, lengths: Singles) -> Singles:
    """Return how like phrases are to others by the tokens that more than one of them has."""
    pack = shelf.phrases.taken(rows)
    _, inverse, counts = np.unique(pack.tokens, return_inverse=True, return_counts=True)
    is_shared = counts > 1
    shared = is_shared.take(inverse).nonzero()[0]
    columns = (np.cumsum(is_shared) - 1).take(inverse.take(shared))
    owners, tokens = pack.owners().take(shared), pack.tokens.take(shared)
    scales = (ROOTS / lengths).ravel().take(owners * len(VIEWS) + view_of(tokens))
    width = int(is_shared.sum())
    texts = np.zeros((len(rows), width), dtype=np.float32)
    texts.ravel()[owners * width + columns] = shelf.weights.take(tokens) * scales
    return texts @ texts.T
