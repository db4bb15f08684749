"""Weighs the evidence for each candidate into one number; learned from rehearsals, with a plain sum as the start."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from caredesk.chatbot.evidence import FEATURES
from caredesk.chatbot.rehearsal import Rehearsal

Floats = NDArray[np.float64]
# Below this many answered rehearsals a learned weight says more about chance than about the base.
FEWEST_TO_LEARN_FROM = 40
REGULARISATION = 0.3
# Every view starts with the same say: what one base does not teach about a view, another may need.
PRIOR = 0.2


@dataclass(frozen=True, slots=True)
class Fusion:
    """A linear weighing of the features; the result is a logit within one question."""

    weights: Floats

    def weigh(self, features: Floats) -> Floats:
        """Return one logit for each row of features."""
        logits: Floats = features @ self.weights
        return logits


def learn_fusion(rehearsals: Sequence[Rehearsal]) -> Fusion:
    """Learn the weights from rehearsals, or return the plain sum when there are too few."""
    lessons = [
        (rehearsal.evidence.features, int(np.argmax(rehearsal.evidence.positions == rehearsal.answer)))
        for rehearsal in rehearsals
        if rehearsal.answer is not None and (rehearsal.evidence.positions == rehearsal.answer).any()
    ]
    if len(lessons) < FEWEST_TO_LEARN_FROM:
        return plain_fusion()
    widest = max(len(features) for features, _ in lessons)
    stacked = np.stack([_padded(features, widest) for features, _ in lessons])
    present = np.arange(widest)[None, :] < np.array([len(features) for features, _ in lessons])[:, None]
    answers = np.array([answer for _, answer in lessons])
    return Fusion(_most_likely_weights(stacked, present=present, answers=answers))


def plain_fusion() -> Fusion:
    """Weigh by the sum of the views and the likeness of the strings alone."""
    weights = np.zeros(len(FEATURES))
    weights[FEATURES.index("sum")] = 3.0
    weights[FEATURES.index("ratio")] = 2.0
    return Fusion(weights)


def _most_likely_weights(stacked: Floats, *, present: NDArray[np.bool_], answers: NDArray[np.int64]) -> Floats:
    """Fit a choice among the candidates of each question. No evidence may ever speak against an entry."""
    scale = stacked[present].std(axis=0) + 1e-6
    scaled = stacked / scale
    rows = np.arange(len(answers))

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = np.where(present, scaled @ weights, -np.inf)
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(axis=1, keepdims=True)
        away = weights - PRIOR
        fit = -np.log(chances[rows, answers] + 1e-12).mean() + REGULARISATION * float(away @ away)
        missed = chances.copy()
        missed[rows, answers] -= 1.0
        return float(fit), np.einsum("qc,qcf->f", missed, scaled) / len(rows) + 2 * REGULARISATION * away

    start = np.full(scaled.shape[2], PRIOR)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(start))
    return np.asarray(found.x, dtype=np.float64) / scale


def _padded(features: Floats, widest: int) -> Floats:
    return np.pad(features, ((0, widest - len(features)), (0, 0)))
