"""What speaks for each entry as the answer to a question: the numbers that the fusion weighs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from caredesk.chatbot.text import load_wording, split_clauses
from caredesk.chatbot.views import VIEWS, Postings, Reader, Reading, View

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

SHORTLIST = 15
CLAUSE_WITHOUT_QUESTION = 0.75
MOST_COMPARED_CLAUSES = 4
# How the views are summed for the shortlist, and for ranking as long as no fusion has been learned.
PLAIN_WEIGHTS = {"words": 0.8, "characters": 1.0, "sounds": 0.4, "ideas": 1.2}
MEAN_WEIGHT = 0.4
ANSWER_WEIGHT = 0.3
# The views in which the answer is looked at, too: how something is written in an answer is seldom how it is asked.
ANSWER_VIEWS = ("words", "characters", "ideas")
COVERED = ("words", "ideas")

FEATURES = (
    *(f"{view}_whole" for view in VIEWS),
    *(f"{view}_mean" for view in VIEWS),
    *(f"{view}_clause" for view in VIEWS),
    *(f"{view}_answer" for view in ANSWER_VIEWS),
    *(f"{view}_covered" for view in COVERED),
    "ideas_wanted",
    "ratio",
    "sum",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The shortlisted entries of one question, by position, with one row of features for each."""

    positions: Positions
    features: Floats
    familiar: float
    ideas: int
    length: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """The base, fitted: views, the matrices of its phrases and answers, and what each entry speaks of."""

    reader: Reader
    views: Mapping[str, View]
    phrases: Sequence[Reading]
    owners: Positions
    starts: Positions
    postings: Mapping[str, Postings]
    answers: Mapping[str, Postings]
    answer_readings: Sequence[Reading]
    # All words, and all ideas, that an entry's phrases and answer have.
    spoken: Mapping[str, Sequence[frozenset[str]]]

    def phrases_of(self, position: int) -> range:
        """Return the positions of an entry's phrases."""
        last = position + 1 == len(self.starts)
        return range(int(self.starts[position]), len(self.phrases) if last else int(self.starts[position + 1]))


@dataclass(frozen=True, slots=True)
class _ViewScores:
    """Every entry's scores in one view."""

    whole: Floats
    mean: Floats
    clause: Floats


def gather(shelf: Shelf, text: str, *, without: int | None = None, without_entry: int | None = None) -> Evidence:
    """Collect the evidence for a plain text; the phrase or entry to leave out is for learning from the base itself."""
    whole = shelf.reader.read(text)
    clauses = [shelf.reader.read(clause) for clause in split_clauses(text)]
    readings = [whole, *clauses] if len(clauses) > 1 else [whole]
    scores = {name: _score(shelf, name, readings, without=without) for name in VIEWS}
    answers = {name: _score_answers(shelf, name, readings) for name in ANSWER_VIEWS}
    summed = _plain_sum(scores, answers)
    positions = _shortlist(summed, without_entry=without_entry)
    columns = [scores[name].whole[positions] for name in VIEWS]
    columns += [scores[name].mean[positions] for name in VIEWS]
    columns += [scores[name].clause[positions] for name in VIEWS]
    columns += [answers[name][positions] for name in ANSWER_VIEWS]
    columns += _coverage(shelf, whole, positions, without=without)
    columns.append(_string_likeness(shelf, readings, positions, without=without))
    columns.append(summed[positions])
    return Evidence(
        positions=positions,
        features=np.column_stack(columns),
        familiar=_familiar(shelf.views["words"], whole),
        ideas=len(whole.single_ideas),
        length=len(whole.text),
    )


def _score(shelf: Shelf, name: str, readings: Sequence[Reading], *, without: int | None) -> _ViewScores:
    view, postings = shelf.views[name], shelf.postings[name]
    by_phrase = np.stack([postings.near(view.row(reading)) for reading in readings])
    counts = np.diff(np.append(shelf.starts, by_phrase.shape[1])).astype(np.float64)
    if without is not None:
        by_phrase[:, without] = 0.0
        counts[shelf.owners[without]] -= 1.0
    best = np.maximum.reduceat(by_phrase, shelf.starts, axis=1)
    mean = np.add.reduceat(by_phrase, shelf.starts, axis=1) / np.maximum(counts, 1.0)
    return _ViewScores(best[0], mean[0], _best_clause((best + mean) / 2, readings))


def _best_clause(scores: Floats, readings: Sequence[Reading]) -> Floats:
    """Return each entry's score for the clause that speaks most for it; a text of one clause is that clause."""
    if len(readings) == 1:
        return scores[0]
    weights = np.array([_clause_weight(reading) for reading in readings[1:]])
    return np.asarray((scores[1:] * weights[:, None]).max(axis=0), dtype=np.float64)


def _score_answers(shelf: Shelf, name: str, readings: Sequence[Reading]) -> Floats:
    near = np.stack([shelf.answers[name].near(shelf.views[name].row(reading)) for reading in readings])
    return np.asarray((near[0] + _best_clause(near, readings)) / 2, dtype=np.float64)


def _clause_weight(clause: Reading) -> float:
    # 昨天挂了号 tells, 怎么退 asks: both may hold the topic, but the asking clause counts more.
    asks = any(word in clause.text for word in load_wording().asking)
    enough = min(1.0, 0.4 + 0.1 * len(clause.text))
    return enough * (1.0 if asks else CLAUSE_WITHOUT_QUESTION)


def _plain_sum(scores: Mapping[str, _ViewScores], answers: Mapping[str, Floats]) -> Floats:
    total = ANSWER_WEIGHT * sum(answers.values())
    for name, score in scores.items():
        best = 0.5 * score.whole + 0.5 * np.maximum(score.whole, score.clause)
        total = total + PLAIN_WEIGHTS[name] * (best + MEAN_WEIGHT * score.mean)
    return np.asarray(total, dtype=np.float64)


def _shortlist(summed: Floats, *, without_entry: int | None) -> Positions:
    order = np.argsort(-summed, kind="stable")
    if without_entry is not None:
        order = order[order != without_entry]
    return order[:SHORTLIST]


def _coverage(shelf: Shelf, whole: Reading, positions: Positions, *, without: int | None) -> list[Floats]:
    """Return which share of the asked words and ideas each entry speaks of, and of its ideas which are asked for."""
    words = shelf.views["words"].weights(whole)
    ideas = {idea: shelf.views["ideas"].weights(whole)[idea] for idea in whole.single_ideas}
    covered = np.zeros((3, len(positions)))
    for column, position in enumerate(map(int, positions)):
        phrases = [shelf.phrases[phrase] for phrase in shelf.phrases_of(position) if phrase != without]
        lacks_one = without is not None and shelf.owners[without] == position
        spoken = _spoken(phrases, shelf.answer_readings[position]) if lacks_one else None
        covered[0, column] = _share(words, spoken["words"] if spoken else shelf.spoken["words"][position])
        covered[1, column] = _share(ideas, spoken["ideas"] if spoken else shelf.spoken["ideas"][position])
        covered[2, column] = max((_overlap(whole.single_ideas, phrase.single_ideas) for phrase in phrases), default=0.0)
    return list(covered)


def _spoken(phrases: Sequence[Reading], answer: Reading) -> dict[str, frozenset[str]]:
    readings = [*phrases, answer]
    return {name: frozenset().union(*(VIEWS[name](reading) for reading in readings)) for name in COVERED}


def spoken_of(
    shelf_phrases: Sequence[Sequence[Reading]], answers: Sequence[Reading]
) -> dict[str, list[frozenset[str]]]:
    """Return for each entry all its words, and all its ideas."""
    by_entry = [_spoken(phrases, answer) for phrases, answer in zip(shelf_phrases, answers, strict=True)]
    return {name: [spoken[name] for spoken in by_entry] for name in COVERED}


def _share(weights: Mapping[str, float], spoken: frozenset[str]) -> float:
    mass = sum(weights.values())
    return sum(weight for token, weight in weights.items() if token in spoken) / mass if mass else 0.0


def _overlap(asked: frozenset[str], offered: frozenset[str]) -> float:
    return len(asked & offered) / len(asked | offered) if asked and offered else 0.0


def _string_likeness(shelf: Shelf, readings: Sequence[Reading], positions: Positions, *, without: int | None) -> Floats:
    # The question usually comes last, and a long whole is like nothing.
    texts = [readings[0].text, *(reading.text for reading in readings[1:][-MOST_COMPARED_CLAUSES:])]
    ratio = np.zeros(len(positions))
    for row, position in enumerate(positions):
        phrases = [shelf.phrases[phrase].text for phrase in shelf.phrases_of(int(position)) if phrase != without]
        ratio[row] = max((fuzz.ratio(text, phrase) for phrase in phrases for text in texts), default=0.0)
    return ratio / 100.0


def _familiar(words: View, reading: Reading) -> float:
    """Return which share of the question's weight lies in words that the base knows at all."""
    weights = words.weights(reading)
    mass = sum(weights.values())
    return sum(weight for word, weight in weights.items() if words.knows(word)) / mass if mass else 0.0
