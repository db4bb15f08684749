"""A question as it is compared with texts: its whole and its clauses, as weighed tokens."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.packing import Pack, Positions, Singles, ranges, view_of
from caredesk.chatbot.shelf import Shelf
from caredesk.chatbot.text import load_wording, split_clauses
from caredesk.chatbot.views import REGION, SPACE, VIEWS, Reading, Tokens

Floats = NDArray[np.float64]

CLAUSE_WITHOUT_QUESTION = 0.75
# Tables over the whole space of tokens that no question is using just now: clearing two megabytes for each question
# would cost more than comparing it.
_spare_tables: deque[NDArray[np.int16]] = deque()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is compared: its whole and its clauses, and how much each token of them weighs."""

    readings: Sequence[Reading]
    # The whole's weight is not used; a text of one clause is that clause.
    clause_weights: Floats
    tokens: Tokens
    weights: Singles
    in_whole: NDArray[np.bool_]
    # One row for each reading, one column for each token: the token's share in the reading, of unit length by view.
    shares: Singles
    # The columns of each view.
    views: Sequence[slice]

    @property
    def whole(self) -> Reading:
        """Return the whole text."""
        return self.readings[0]


@dataclass(frozen=True, slots=True)
class Beside:
    """Entries laid beside a question: which of its tokens their phrases and their answers have."""

    positions: Positions
    # The entries' phrases by their place on the shelf; each entry's begin at one of the starts.
    phrases: Positions
    starts: Positions
    counts: Positions
    # One row for each phrase or answer, one column for each token of the question: 1 where the text has it.
    in_phrases: Singles
    in_answers: Singles

    def some(self, places: Positions) -> "Beside":
        """Return some of the entries, in the order of their places here."""
        counts = self.counts[places]
        rows = ranges(self.starts[places], self.starts[places] + counts)
        return Beside(
            positions=self.positions[places],
            phrases=self.phrases.take(rows),
            starts=np.cumsum(counts) - counts,
            counts=counts,
            in_phrases=self.in_phrases.take(rows, axis=0),
            in_answers=self.in_answers.take(places, axis=0),
        )


def read_question(shelf: Shelf, text: str) -> Question:
    """Read a plain text, whole and by clauses."""
    whole = shelf.reader.read(text)
    clauses = [shelf.reader.read(clause) for clause in split_clauses(text)]
    readings = [whole, *clauses] if len(clauses) > 1 else [whole]
    pack = Pack.of([reading.tokens for reading in readings])
    tokens, columns = np.unique(pack.tokens, return_inverse=True)
    weights = shelf.weights[tokens]
    owners = pack.owners()
    key = owners * len(VIEWS) + view_of(pack.tokens)
    weighed = weights[columns]
    lengths = np.sqrt(np.bincount(key, weights=weighed * weighed, minlength=len(readings) * len(VIEWS)))
    shares = np.zeros((len(readings), len(tokens)), dtype=np.float32)
    shares[owners, columns] = weighed / np.maximum(lengths[key], 1e-6)
    in_whole = np.zeros(len(tokens), dtype=bool)
    in_whole[columns[: len(whole.tokens)]] = True
    borders = np.searchsorted(tokens, np.arange(len(VIEWS) + 1) * REGION).tolist()
    return Question(
        readings=readings,
        clause_weights=np.array([_clause_weight(reading) for reading in readings[1:]]),
        tokens=tokens,
        weights=weights,
        in_whole=in_whole,
        shares=shares,
        views=[slice(first, last) for first, last in pairwise(borders)],
    )


def _clause_weight(clause: Reading) -> float:
    # 昨天挂了号 tells, 怎么退 asks: both may hold the topic, but the asking clause counts more.
    asks = any(word in clause.text for word in load_wording().asking)
    enough = min(1.0, 0.4 + 0.1 * len(clause.text))
    return enough * (1.0 if asks else CLAUSE_WITHOUT_QUESTION)


def lay_beside(shelf: Shelf, question: Question, positions: Positions, *, without: int | None = None) -> Beside:
    """Lay entries beside a question; the phrase to leave out has nothing in common with it."""
    firsts = shelf.phrase_starts[positions]
    counts = shelf.phrase_starts[positions + 1] - firsts
    phrases = ranges(firsts, firsts + counts)
    in_phrases = presence(question, shelf.phrases.taken(phrases))
    if without is not None:
        in_phrases[phrases == without] = 0.0
    return Beside(
        positions=positions,
        phrases=phrases,
        starts=np.cumsum(counts) - counts,
        counts=counts,
        in_phrases=in_phrases,
        in_answers=presence(question, shelf.answers.taken(positions)),
    )


def presence(question: Question, texts: Pack) -> Singles:
    """Tell for each text which of the question's tokens it has."""
    columns = _columns(question, texts.tokens)
    # Looking for what is not false is several times as fast as looking for what is not zero.
    shared = (columns > 0).nonzero()[0]
    width = len(question.tokens)
    has = np.zeros((len(texts), width), dtype=np.float32)
    owners = np.searchsorted(texts.starts, shared, side="right") - 1
    has.ravel()[owners * width + columns.take(shared) - 1] = 1.0
    return has


def _columns(question: Question, tokens: Tokens) -> NDArray[np.int16]:
    """Return for each token its column in the question and one more, or 0 when the question has it not."""
    try:
        table = _spare_tables.pop()
    except IndexError:
        table = np.zeros(SPACE, dtype=np.int16)
    table[question.tokens] = np.arange(1, len(question.tokens) + 1)
    columns: NDArray[np.int16] = table.take(tokens)
    table[question.tokens] = 0
    _spare_tables.append(table)
    return columns


def cosines(question: Question, has: Singles, *, lengths: Singles) -> Singles:
    """Return how near each text is to each reading in each view, by view, text and reading."""
    weighed = np.ascontiguousarray((question.shares * question.weights).T)
    near = np.empty((len(VIEWS), len(has), len(question.readings)), dtype=np.float32)
    for view, columns in enumerate(question.views):
        np.matmul(has[:, columns], weighed[columns], out=near[view])
    near /= lengths.T[:, :, None]
    return near


def best_clause(scores: Floats | Singles, question: Question) -> Floats:
    """Return the scores of the clause that speaks most for each entry; a text of one clause is that clause."""
    if len(question.readings) == 1:
        return np.asarray(scores[0], dtype=np.float64)
    weights = question.clause_weights.reshape(-1, *[1] * (scores.ndim - 1))
    return np.asarray((scores[1:] * weights).max(axis=0), dtype=np.float64)
