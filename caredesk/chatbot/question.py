"""A question as it is compared with texts: its whole and its clauses, as weighed tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.packing import Pack, Positions, Singles, view_of
from caredesk.chatbot.shelf import Shelf
from caredesk.chatbot.text import load_wording, split_clauses
from caredesk.chatbot.views import SPACE, VIEWS, Reading, Tokens

Floats = NDArray[np.float64]

CLAUSE_WITHOUT_QUESTION = 0.75


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is compared: its whole and its clauses, and how much each token of them weighs."""

    readings: Sequence[Reading]
    # The whole's weight is not used; a text of one clause is that clause.
    clause_weights: Floats
    tokens: Tokens
    # One row for each reading, one column for each token: the token's share in the reading, of unit length by view.
    shares: Floats
    # For every token that there is, its column and one, or 0 when the question has it not.
    column_of: NDArray[np.int16]

    @property
    def whole(self) -> Reading:
        """Return the whole text."""
        return self.readings[0]


def read_question(shelf: Shelf, text: str) -> Question:
    """Read a plain text, whole and by clauses."""
    whole = shelf.reader.read(text)
    clauses = [shelf.reader.read(clause) for clause in split_clauses(text)]
    readings = [whole, *clauses] if len(clauses) > 1 else [whole]
    pack = Pack.of([reading.tokens for reading in readings])
    tokens, columns = np.unique(pack.tokens, return_inverse=True)
    weights = shelf.weights[pack.tokens].astype(np.float64)
    key = pack.owners() * len(VIEWS) + view_of(pack.tokens)
    lengths = np.sqrt(np.bincount(key, weights=weights**2, minlength=len(readings) * len(VIEWS)))
    shares = np.zeros((len(readings), len(tokens)))
    shares[pack.owners(), columns] = weights / np.maximum(lengths[key], 1e-6)
    column_of = np.zeros(SPACE, dtype=np.int16)
    column_of[tokens] = np.arange(1, len(tokens) + 1)
    return Question(
        readings=readings,
        clause_weights=np.array([_clause_weight(reading) for reading in readings[1:]]),
        tokens=tokens,
        shares=shares,
        column_of=column_of,
    )


def _clause_weight(clause: Reading) -> float:
    # 昨天挂了号 tells, 怎么退 asks: both may hold the topic, but the asking clause counts more.
    asks = any(word in clause.text for word in load_wording().asking)
    enough = min(1.0, 0.4 + 0.1 * len(clause.text))
    return enough * (1.0 if asks else CLAUSE_WITHOUT_QUESTION)


def cosines(question: Question, texts: Pack, *, lengths: Singles, shelf: Shelf) -> Floats:
    """Return how near each reading is to each text in each view, by reading, view and text."""
    shared, columns = _shared(question, texts)
    tokens = texts.tokens[shared]
    key = view_of(tokens) * len(texts) + np.searchsorted(texts.starts, shared, side="right") - 1
    cells = len(VIEWS) * len(texts)
    shares = question.shares[:, columns] * shelf.weights[tokens]
    sums = np.stack([np.bincount(key, weights=row, minlength=cells) for row in shares])
    return np.asarray(sums.reshape(-1, len(VIEWS), len(texts)) / lengths.T[None], dtype=np.float64)


def presence(question: Question, texts: Pack) -> NDArray[np.bool_]:
    """Tell for each text which of the question's tokens it has."""
    shared, columns = _shared(question, texts)
    has = np.zeros((len(texts), len(question.tokens)), dtype=bool)
    has[np.searchsorted(texts.starts, shared, side="right") - 1, columns] = True
    return has


def _shared(question: Question, texts: Pack) -> tuple[Positions, Positions]:
    """Return where the texts have a token of the question, and which of its tokens each is."""
    columns = question.column_of[texts.tokens]
    shared = np.flatnonzero(columns)
    return shared, columns[shared].astype(np.int64) - 1


def best_clause(scores: Floats, question: Question) -> Floats:
    """Return the scores of the clause that speaks most for each entry; a text of one clause is that clause."""
    if len(question.readings) == 1:
        return scores[0]
    weights = question.clause_weights.reshape(-1, *[1] * (scores.ndim - 1))
    return np.asarray((scores[1:] * weights).max(axis=0), dtype=np.float64)
