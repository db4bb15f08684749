"""What speaks for each entry as the answer to a question: the numbers that the fusion weighs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from scipy.sparse import csr_matrix

from caredesk.chatbot.text import split_clauses
from caredesk.chatbot.views import VIEWS, Reader, Reading, View, single_ideas

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

SHORTLIST = 15
CLAUSE_WITHOUT_QUESTION = 0.75
# How the views are summed for the shortlist, and for ranking as long as no fusion has been learned.
PLAIN_WEIGHTS = {"words": 0.8, "characters": 1.0, "sounds": 0.4, "ideas": 1.2}
MEAN_WEIGHT = 0.4
ANSWER_WEIGHT = 0.3
# The views in which the answer is looked at, too: how something is written in an answer is seldom how it is asked.
ANSWER_VIEWS = ("words", "characters", "ideas")
COVERED = ("words", "ideas")
_ASKING = ("吗", "怎么", "哪", "几", "多少", "多久", "什么", "可以", "能", "是否", "要不要", "谁", "?", "有没有")

FEATURES = (
    *(f"{view}_whole" for view in VIEWS),
    *(f"{view}_mean" for view in VIEWS),
    *(f"{view}_clause" for view in VIEWS),
    *(f"{view}_answer" for view in ANSWER_VIEWS),
    *(f"{view}_covered" for view in COVERED),
    "ideas_wanted",
    "ratio",
    "partial",
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
    matrices: Mapping[str, csr_matrix]
    answers: Mapping[str, csr_matrix]
    answer_readings: Sequence[Reading]

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
    rows = {name: view.rows(readings) for name, view in shelf.views.items()}
    scores = {name: _score(shelf, name, readings, row, without=without) for name, row in rows.items()}
    answers = {name: _dense(rows[name][:1] @ shelf.answers[name])[0] for name in ANSWER_VIEWS}
    summed = _plain_sum(scores, answers)
    positions = _shortlist(summed, without_entry=without_entry)
    columns = [scores[name].whole[positions] for name in VIEWS]
    columns += [scores[name].mean[positions] for name in VIEWS]
    columns += [scores[name].clause[positions] for name in VIEWS]
    columns += [answers[name][positions] for name in ANSWER_VIEWS]
    columns += _coverage(shelf, whole, positions, without=without)
    columns += _string_columns(shelf, readings, positions, without=without)
    columns.append(summed[positions])
    return Evidence(
        positions=positions,
        features=np.column_stack(columns),
        familiar=_familiar(shelf.views["words"], whole),
        ideas=len(single_ideas(whole)),
        length=len(whole.text),
    )


def _score(
    shelf: Shelf, name: str, readings: Sequence[Reading], rows: csr_matrix, *, without: int | None
) -> _ViewScores:
    by_phrase = _dense(rows @ shelf.matrices[name])
    counts = np.diff(np.append(shelf.starts, by_phrase.shape[1])).astype(np.float64)
    if without is not None:
        by_phrase[:, without] = 0.0
        counts[shelf.owners[without]] -= 1.0
    best = np.maximum.reduceat(by_phrase, shelf.starts, axis=1)
    mean = np.add.reduceat(by_phrase[0], shelf.starts) / np.maximum(counts, 1.0)
    if len(readings) == 1:
        return _ViewScores(best[0], mean, best[0])
    weights = np.array([_clause_weight(reading) for reading in readings[1:]])
    return _ViewScores(best[0], mean, (best[1:] * weights[:, None]).max(axis=0))


def _clause_weight(clause: Reading) -> float:
    # 昨天挂了号 tells, 怎么退 asks: both may hold the topic, but the asking clause counts more.
    asks = any(word in clause.text for word in _ASKING)
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
    asked = single_ideas(whole)
    ideas = {idea: weight for idea, weight in shelf.views["ideas"].weights(whole).items() if idea in asked}
    covered = np.zeros((3, len(positions)))
    for column, position in enumerate(positions):
        readings = [shelf.phrases[phrase] for phrase in shelf.phrases_of(int(position)) if phrase != without]
        answer = shelf.answer_readings[position]
        covered[0, column] = _share(words, [*(reading.words for reading in readings), answer.words])
        covered[1, column] = _share(ideas, [*(reading.ideas for reading in readings), answer.ideas])
        covered[2, column] = max((_overlap(asked, single_ideas(reading)) for reading in readings), default=0.0)
    return list(covered)


def _share(weights: Mapping[str, float], spoken: Sequence[Sequence[str]]) -> float:
    mass = sum(weights.values())
    if not mass:
        return 0.0
    return sum(weight for token, weight in weights.items() if any(token in tokens for tokens in spoken)) / mass


def _overlap(asked: frozenset[str], offered: frozenset[str]) -> float:
    return len(asked & offered) / len(asked | offered) if asked and offered else 0.0


def _string_columns(
    shelf: Shelf, readings: Sequence[Reading], positions: Positions, *, without: int | None
) -> list[Floats]:
    texts = [reading.text for reading in readings]
    ratio = np.zeros(len(positions))
    partial = np.zeros(len(positions))
    for row, position in enumerate(positions):
        phrases = [shelf.phrases[phrase].text for phrase in shelf.phrases_of(int(position)) if phrase != without]
        ratio[row] = max((fuzz.ratio(text, phrase) for phrase in phrases for text in texts), default=0.0)
        partial[row] = max((fuzz.partial_ratio(texts[0], phrase) for phrase in phrases), default=0.0)
    return [ratio / 100.0, partial / 100.0]


def _familiar(words: View, reading: Reading) -> float:
    """Return which share of the question's weight lies in words that the base knows at all."""
    weights = words.weights(reading)
    mass = sum(weights.values())
    return sum(weight for word, weight in weights.items() if words.knows(word)) / mass if mass else 0.0


def _dense(product: csr_matrix) -> Floats:
    return np.asarray(product.toarray(), dtype=np.float64)
