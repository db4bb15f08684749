"""What speaks for each entry as the answer to a question: the numbers that the fusion weighs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from caredesk.chatbot.contrast import contrast
from caredesk.chatbot.denial import without_denied
from caredesk.chatbot.packing import Positions, Singles
from caredesk.chatbot.question import Beside, Question, best_clause, cosines, lay_beside, read_question
from caredesk.chatbot.shelf import MEANING_SCALE, Shelf
from caredesk.chatbot.views import REGION, VIEWS, Reading, is_single_idea

Floats = NDArray[np.float64]

# So many entries are compared in every way, after all views have been summed plainly.
COMPARED = 24
MOST_COMPARED_CLAUSES = 4
# How the views are summed for the shortlist, and for ranking as long as no fusion has been learned.
PLAIN_WEIGHTS = np.array([0.8, 1.0, 0.4, 1.2, 1.0])
MEAN_WEIGHT = 0.4
ANSWER_WEIGHT = 0.3
ANSWER_VIEWS = ("words", "ideas")

# The views, and what the words mean together.
ASPECTS = (*VIEWS, "meaning")

FEATURES = (
    *(f"{view}_whole" for view in ASPECTS),
    *(f"{view}_mean" for view in ASPECTS),
    *(f"{view}_clause" for view in ASPECTS),
    *(f"{view}_answer" for view in (*ANSWER_VIEWS, "meaning")),
    "words_covered",
    "ideas_covered",
    "ideas_wanted",
    "ratio",
    "contrast",
    "contrast_clause",
    "sum",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The compared entries of one question, by position, with one row of features for each."""

    positions: Positions
    features: Floats
    familiar: float
    ideas: int
    length: int


@dataclass(frozen=True, slots=True)
class Near:
    """How near candidate entries are in each view, by view and entry."""

    whole: Floats | Singles
    mean: Floats | Singles
    clause: Floats


def gather(shelf: Shelf, text: str, *, without: int | None = None) -> Evidence:
    """Collect the evidence for a plain text; the phrase to leave out is for learning from the base itself."""
    question = read_question(shelf, without_denied(text))
    candidates = _candidates(shelf, question)
    beside = lay_beside(shelf, question, candidates, without=without)
    near, answers = _compare(shelf, question, beside, without=without)
    summed = _plain_sum(near, answers)
    best = np.argsort(-summed, kind="stable")[:COMPARED]
    beside = beside.some(best)
    rows = [*near.whole[:, best], *near.mean[:, best], *near.clause[:, best], *answers[:, best]]
    rows += _coverage(shelf, question, beside)
    rows.append(_likeness(shelf, question, beside, without=without))
    rows += contrast(shelf, question, beside, without=without)
    rows.append(summed[best])
    return Evidence(
        positions=beside.positions,
        features=np.column_stack(rows) if len(best) else np.zeros((0, len(FEATURES))),
        familiar=_familiar(shelf, question.whole),
        ideas=len(question.whole.single_ideas),
        length=len(question.whole.text),
    )


def _candidates(shelf: Shelf, question: Question) -> Positions:
    """Return the entries worth comparing, in the order of the base: those written alike and those that mean alike."""
    written_alike = shelf.shortlist.nearest(question.tokens, weights=shelf.weights)
    if len(written_alike) == len(shelf):
        return written_alike
    meant_alike = shelf.gists.nearest([reading.meaning for reading in question.readings])
    return np.union1d(written_alike, meant_alike)


def _compare(shelf: Shelf, question: Question, beside: Beside, *, without: int | None) -> tuple[Near, Floats]:
    """Return the nearness of each candidate's phrases, and of its answer."""
    phrases, starts = beside.phrases, beside.starts
    near = cosines(question, beside.in_phrases, lengths=shelf.phrase_lengths.take(phrases, axis=0))
    by_phrase = _with_meaning(near, question, meant=shelf.meanings.take(phrases, axis=0))
    counted = beside.counts.astype(np.float32)
    if without is not None:
        by_phrase[:, phrases == without] = 0.0
        counted[beside.positions == shelf.owners[without]] -= 1.0
    best = np.maximum.reduceat(by_phrase, starts, axis=1)
    mean = np.add.reduceat(by_phrase, starts, axis=1) / np.maximum(counted, np.float32(1.0))[:, None]
    near = cosines(question, beside.in_answers, lengths=shelf.answer_lengths.take(beside.positions, axis=0))
    by_answer = near[[VIEWS.index(view) for view in ANSWER_VIEWS]]
    told = _with_meaning(by_answer, question, meant=shelf.answer_meanings.take(beside.positions, axis=0))
    clause = best_clause(np.moveaxis((best + mean) / 2, 2, 0), question)
    answer = (told[:, :, 0] + best_clause(np.moveaxis(told, 2, 0), question)) / 2
    return Near(best[:, :, 0], mean[:, :, 0], clause), answer


def _with_meaning(near: Singles, question: Question, *, meant: NDArray[np.int8]) -> Singles:
    """Return the nearness of texts with one more aspect: what their words mean."""
    asked = np.stack([reading.meaning for reading in question.readings]) / np.float32(MEANING_SCALE)
    return np.concatenate([near, (meant.astype(np.float32) @ asked.T)[None]])


def _plain_sum(near: Near, answers: Floats) -> Floats:
    best = 0.5 * near.whole + 0.5 * np.maximum(near.whole, near.clause)
    total = PLAIN_WEIGHTS @ (best + MEAN_WEIGHT * near.mean)
    return np.asarray(total + ANSWER_WEIGHT * answers.sum(axis=0), dtype=np.float64)


def _coverage(shelf: Shelf, question: Question, beside: Beside) -> list[Floats]:
    """Return which share of the asked words and ideas each entry speaks of, and of its ideas which are asked for."""
    spoken = np.minimum(np.add.reduceat(beside.in_phrases, beside.starts) + beside.in_answers, np.float32(1.0))
    weights = np.where(question.in_whole, question.weights, np.float32(0.0))
    ideas = question.in_whole & is_single_idea(question.tokens)
    shared = beside.in_phrases[:, ideas]
    return [
        _share(spoken, weights * (question.tokens < REGION), besides=_weight_of_unknown(shelf, question.whole)),
        _share(spoken, weights * ideas),
        np.maximum.reduceat(_overlaps(shared, offered=shelf.idea_counts[beside.phrases]), beside.starts),
    ]


def _share(spoken: Singles, weights: Singles, *, besides: float = 0.0) -> Floats:
    return np.asarray(spoken @ weights / max(float(weights.sum()) + besides, 1e-6), dtype=np.float64)


def _overlaps(both: Singles, *, offered: NDArray[np.uint8]) -> Floats:
    shared = both.sum(axis=1)
    return np.asarray(shared / np.maximum(both.shape[1] + offered - shared, 1), dtype=np.float64)


def _likeness(shelf: Shelf, question: Question, beside: Beside, *, without: int | None) -> Floats:
    # The question usually comes last, and a long whole is like nothing.
    readings = question.readings
    texts = [readings[0].text, *(reading.text for reading in readings[1:][-MOST_COMPARED_CLAUSES:])]
    phrases = shelf.texts.some(beside.phrases)
    if without is not None:
        phrases = ["" if row == without else text for row, text in zip(beside.phrases, phrases, strict=True)]
    ratios = process.cdist(texts, phrases, scorer=fuzz.ratio, dtype=np.float32).max(axis=0) / 100.0
    return np.maximum.reduceat(ratios, beside.starts).astype(np.float64)


def _familiar(shelf: Shelf, reading: Reading) -> float:
    """Return which share of the question's weight lies in words that the base knows at all."""
    known = sum(shelf.weight_of(word) for word in reading.words if shelf.knows(word))
    unknown = _weight_of_unknown(shelf, reading)
    return float(known / (known + unknown)) if known + unknown else 0.0


def _weight_of_unknown(shelf: Shelf, reading: Reading) -> float:
    return sum(shelf.weight_of_unknown(word) for word in reading.words if not shelf.knows(word))
