"""A small classifier made for each question: what all its candidates have in common tells none from another.

It is ridge regression among the candidates' phrases, solved when asked, so it needs no training and no space, and an
entry that came a second ago takes part.
"""

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.packing import Positions, ranges, view_of
from caredesk.chatbot.question import Question, best_clause
from caredesk.chatbot.shelf import MEANING_SCALE, Shelf

Floats = NDArray[np.float64]

# So many of the best candidates are told apart; the rest cannot win any more.
CONTRASTED = 12
RIDGE = 0.5
VIEW_WEIGHTS = np.array([0.8, 1.0, 0.4, 1.2]) / 4.4
MEANING_WEIGHT = 1.0 / 4.4


def contrast(shelf: Shelf, question: Question, positions: Positions, *, without: int | None) -> list[Floats]:
    """Return for each candidate (best first) what sets it apart, by the whole question and by its best clause."""
    near = positions[:CONTRASTED]
    rows = ranges(shelf.phrase_starts[near], shelf.phrase_starts[near + 1])
    rows = rows[rows != without] if without is not None else rows
    told = np.zeros((len(question.readings), len(positions)))
    if len(rows) > 1:
        texts, asked = _side_by_side(shelf, question, rows)
        alike = texts @ texts.T
        alike[np.diag_indices(len(rows))] += RIDGE
        shares = np.linalg.solve(alike, texts @ asked.T)
        place = {position: at for at, position in enumerate(near.tolist())}
        owners = [place[owner] for owner in shelf.owners[rows].tolist()]
        np.add.at(told.T, owners, shares)
    return [told[0], best_clause(told, question)]


def _side_by_side(shelf: Shelf, question: Question, rows: Positions) -> tuple[Floats, Floats]:
    """Return the phrases and the readings as rows over the tokens that any of the phrases has."""
    pack = shelf.phrases.taken(rows)
    tokens, columns = np.unique(pack.tokens, return_inverse=True)
    owners, views = pack.owners(), view_of(pack.tokens)
    texts = np.zeros((len(rows), len(tokens)), dtype=np.float32)
    weights = shelf.weights[pack.tokens] / shelf.phrase_lengths[rows][owners, views]
    texts[owners, columns] = weights * np.sqrt(VIEW_WEIGHTS)[views]
    asked = np.zeros((len(question.readings), len(tokens)), dtype=np.float32)
    at = np.minimum(np.searchsorted(tokens, question.tokens), len(tokens) - 1)
    shared = tokens[at] == question.tokens
    found = question.tokens[shared]
    asked[:, at[shared]] = question.shares[:, shared] * np.sqrt(VIEW_WEIGHTS)[view_of(found)]
    meant = shelf.meanings[rows] * np.float32(np.sqrt(MEANING_WEIGHT) / MEANING_SCALE)
    asked_for = np.stack([reading.meaning for reading in question.readings]) * np.float32(np.sqrt(MEANING_WEIGHT))
    return np.hstack([texts, meant]), np.hstack([asked, asked_for])
