"""What speaks for each entry as the answer to a question: the numbers that the fusion weighs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from caredesk.chatbot.contrast import contrast
from caredesk.chatbot.packing import Positions, ranges
from caredesk.chatbot.question import Question, best_clause, cosines, presence, read_question
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

    whole: Floats
    mean: Floats
    clause: Floats


def gather(shelf: Shelf, text: str, *, without: int | None = None) -> Evidence:
    """Collect the evidence for a plain text; the phrase to leave out is for learning from the base itself."""
    question = read_question(shelf, text)
    candidates = shelf.shortlist.nearest(question.tokens, weights=shelf.weights)
    near, answers = _compare(shelf, question, candidates, without=without)
    summed = _plain_sum(near, answers)
    best = np.argsort(-summed, kind="stable")[:COMPARED]
    positions = candidates[best]
    rows = [*near.whole[:, best], *near.mean[:, best], *near.clause[:, best], *answers[:, best]]
    rows += _coverage(shelf, question, positions, without=without)
    rows.append(_likeness(shelf, question, positions, without=without))
    rows += contrast(shelf, question, positions, without=without)
    rows.append(summed[best])
    return Evidence(
        positions=positions,
        features=np.column_stack(rows) if len(positions) else np.zeros((0, len(FEATURES))),
        familiar=_familiar(shelf, question.whole),
        ideas=len(question.whole.single_ideas),
        length=len(question.whole.text),
    )


def _compare(shelf: Shelf, question: Question, candidates: Positions, *, without: int | None) -> tuple[Near, Floats]:
    """Return the nearness of each candidate's phrases, and of its answer."""
    counts = shelf.phrase_starts[candidates + 1] - shelf.phrase_starts[candidates]
    phrases = ranges(shelf.phrase_starts[candidates], shelf.phrase_starts[candidates + 1])
    by_phrase = cosines(question, shelf.phrases.taken(phrases), lengths=shelf.phrase_lengths[phrases], shelf=shelf)
    asked = np.stack([reading.meaning for reading in question.readings])
    meant = asked @ (shelf.meanings[phrases].T / np.float32(MEANING_SCALE))
    by_phrase = np.concatenate([by_phrase, meant[:, None]], axis=1)
    counted = counts.astype(np.float64)
    if without is not None:
        gone = phrases == without
        by_phrase[:, :, gone] = 0.0
        counted[candidates == shelf.owners[without]] -= 1.0
    starts = np.cumsum(counts) - counts
    best = np.maximum.reduceat(by_phrase, starts, axis=2)
    mean = np.add.reduceat(by_phrase, starts, axis=2) / np.maximum(counted, 1.0)
    near = Near(best[0], mean[0], best_clause((best + mean) / 2, question))
    told = cosines(question, shelf.answers.taken(candidates), lengths=shelf.answer_lengths[candidates], shelf=shelf)
    told = told[:, [VIEWS.index(view) for view in ANSWER_VIEWS]]
    meant = asked @ (shelf.answer_meanings[candidates].T / np.float32(MEANING_SCALE))
    told = np.concatenate([told, meant[:, None]], axis=1)
    return near, (told[0] + best_clause(told, question)) / 2


def _plain_sum(near: Near, answers: Floats) -> Floats:
    best = 0.5 * near.whole + 0.5 * np.maximum(near.whole, near.clause)
    total = PLAIN_WEIGHTS @ (best + MEAN_WEIGHT * near.mean)
    return np.asarray(total + ANSWER_WEIGHT * answers.sum(axis=0), dtype=np.float64)


def _coverage(shelf: Shelf, question: Question, positions: Positions, *, without: int | None) -> list[Floats]:
    """Return which share of the asked words and ideas each entry speaks of, and of its ideas which are asked for."""
    counts = shelf.phrase_starts[positions + 1] - shelf.phrase_starts[positions]
    starts = np.cumsum(counts) - counts
    phrases = ranges(shelf.phrase_starts[positions], shelf.phrase_starts[positions + 1])
    has = presence(question, shelf.phrases.taken(phrases))
    if without is not None:
        has[phrases == without] = False
    spoken = np.logical_or.reduceat(has, starts, axis=0) | presence(question, shelf.answers.taken(positions))
    asked = np.isin(question.tokens, question.whole.tokens)
    weights = np.where(asked, shelf.weights[question.tokens], 0.0)
    ideas = asked & is_single_idea(question.tokens)
    return [
        _share(spoken, weights * (question.tokens < REGION), besides=_weight_of_unknown(shelf, question.whole)),
        _share(spoken, weights * ideas),
        np.maximum.reduceat(_overlaps(has[:, ideas], offered=shelf.idea_counts[phrases]), starts),
    ]


def _share(spoken: NDArray[np.bool_], weights: Floats, *, besides: float = 0.0) -> Floats:
    return np.asarray(spoken @ weights / max(float(weights.sum()) + besides, 1e-6), dtype=np.float64)


def _overlaps(both: NDArray[np.bool_], *, offered: NDArray[np.uint8]) -> Floats:
    shared = both.sum(axis=1)
    return np.asarray(shared / np.maximum(both.shape[1] + offered - shared, 1), dtype=np.float64)


def _likeness(shelf: Shelf, question: Question, positions: Positions, *, without: int | None) -> Floats:
    # The question usually comes last, and a long whole is like nothing.
    readings = question.readings
    texts = [readings[0].text, *(reading.text for reading in readings[1:][-MOST_COMPARED_CLAUSES:])]
    rows = ranges(shelf.phrase_starts[positions], shelf.phrase_starts[positions + 1])
    phrases = ["" if row == without else shelf.texts[row] for row in rows]
    ratios = process.cdist(texts, phrases, scorer=fuzz.ratio, dtype=np.float32).max(axis=0) / 100.0
    counts = shelf.phrase_starts[positions + 1] - shelf.phrase_starts[positions]
    return np.maximum.reduceat(ratios, np.cumsum(counts) - counts).astype(np.float64)


def _familiar(shelf: Shelf, reading: Reading) -> float:
    """Return which share of the question's weight lies in words that the base knows at all."""
    known = sum(shelf.weight_of(word) for word in reading.words if shelf.knows(word))
    unknown = _weight_of_unknown(shelf, reading)
    return float(known / (known + unknown)) if known + unknown else 0.0


def _weight_of_unknown(shelf: Shelf, reading: Reading) -> float:
    return sum(shelf.weight_of_unknown(word) for word in reading.words if not shelf.knows(word))
