"""Weighs the evidence for each candidate into one number.

Learning starts from what judged questions of other bases have taught and goes as far as the base's own rehearsals
pull; a base too small to teach anything is served by the start alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.evidence import FEATURES, Evidence
from caredesk.chatbot.prior import in_order, load_prior
from caredesk.chatbot.rehearsal import Rehearsal

Floats = NDArray[np.float64]
# Below this many answered rehearsals a learned weight says more about chance than about the base.
FEWEST_TO_LEARN_FROM = 40
# How hard the start holds on to the weights.
HOLD = 0.3


@dataclass(frozen=True, slots=True)
class Fusion:
    """A linear weighing of the features; the result is a logit within one question."""

    weights: Floats

    def weigh(self, features: Floats) -> Floats:
        """Return one logit for each row of features."""
        logits: Floats = features @ self.weights
        return logits


@dataclass(frozen=True, slots=True)
class Lesson:
    """The candidates of one question, and which of them are right."""

    features: Floats
    right: NDArray[np.bool_]

    @classmethod
    def of(cls, evidence: Evidence, *, answers: Sequence[int]) -> "Lesson":
        """Make a lesson of a question that these entries, by position, answer."""
        return cls(evidence.features, np.isin(evidence.positions, answers))


def starting_fusion() -> Fusion:
    """Return the weights that other bases have taught."""
    return Fusion(in_order(load_prior().fusion, FEATURES))


def learn_fusion(rehearsals: Sequence[Rehearsal]) -> Fusion:
    """Learn the weights from rehearsals, or return the start when there are too few."""
    lessons = [Lesson.of(rehearsal.evidence, answers=[rehearsal.answer]) for rehearsal in rehearsals]
    if sum(lesson.right.any() for lesson in lessons) < FEWEST_TO_LEARN_FROM:
        return starting_fusion()
    return learn_weights(lessons, start=starting_fusion().weights, hold=HOLD)


def learn_weights(lessons: Sequence[Lesson], *, start: Floats | float, hold: float) -> Fusion:
    """Fit a choice among the candidates of each question. No evidence may ever speak against an entry."""
    taught = [lesson for lesson in lessons if lesson.right.any()]
    stacked, present, right = _stacked(taught)
    scale = stacked[present].std(axis=0) + 1e-6
    scaled = stacked / scale
    begin = start * scale if isinstance(start, np.ndarray) else np.full(len(scale), start)

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = np.where(present, scaled @ weights, -np.inf)
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        hit = np.maximum((chances * right).sum(axis=1), 1e-12)
        missed = chances - chances * right / hit[:, None]
        away = weights - begin
        fit = -np.log(hit).mean() + hold * float(away @ away)
        return float(fit), np.einsum("qc,qcf->f", missed, scaled) / len(taught) + 2 * hold * away

    from scipy.optimize import minimize  # noqa: PLC0415 (slow to load, and used when learning only)

    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(begin))
    return Fusion(np.asarray(found.x, dtype=np.float64) / scale)


def _stacked(lessons: Sequence[Lesson]) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return all lessons with as many candidates as the longest, which of them there are, and which are right."""
    widest = max(len(lesson.right) for lesson in lessons)
    features = np.zeros((len(lessons), widest, lessons[0].features.shape[1]))
    present = np.zeros((len(lessons), widest), dtype=bool)
    right = np.zeros((len(lessons), widest), dtype=bool)
    for row, lesson in enumerate(lessons):
        features[row, : len(lesson.right)] = lesson.features
        present[row, : len(lesson.right)] = True
        right[row, : len(lesson.right)] = lesson.right
    return features, present, right
