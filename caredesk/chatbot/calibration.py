"""Turns the weighed evidence of a question into an honest probability that the first candidate answers it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from caredesk.chatbot.evidence import FEATURES, Evidence
from caredesk.chatbot.fusion import Fusion
from caredesk.chatbot.rehearsal import Rehearsal

Floats = NDArray[np.float64]
FEWEST_TO_LEARN_FROM = 40
REGULARISATION = 0.002
SIGNALS = ("sum", "lead", "share", "familiar", "words_covered", "ideas_covered", "ideas_wanted", "has_ideas", "ratio")
# The precision that answers should have, unless the desk wants another.
WANTED_PRECISION = 0.95
# How many good questions may be told "I do not know" at most.
MOST_REFUSED = 0.015
LOWEST_THRESHOLD = 0.02
# Used until a base is large enough to teach its own: a clear match is trusted, everything else is not.
_PLAIN = {"sum": 0.9, "lead": 0.5, "share": 2.0, "familiar": 1.5, "words_covered": 1.0, "ratio": 1.5}
_PLAIN_BIAS = -6.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on the bot answers, and from which it at least suggests.

    A wrong answer costs more than silence, so answering needs far more than a good guess.
    """

    answer: float = 0.6
    suggest: float = 0.08


@dataclass(frozen=True, slots=True)
class Tried:
    """One rehearsal's confidence, whether the base answers it at all, and whether the best candidate was right."""

    confidence: float
    answerable: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve over the signals of a question's best candidate."""

    weights: Floats
    bias: float

    def confidence(self, evidence: Evidence, *, logits: Floats) -> float:
        """Return the probability that the best candidate is the right one; 0 when there is none."""
        if not len(logits):
            return 0.0
        logit = float(signals(evidence, logits=logits) @ self.weights) + self.bias
        return round(float(1.0 / (1.0 + np.exp(-logit))), 4)


def calibrate(rehearsals: Sequence[Rehearsal], *, fusion: Fusion) -> Calibration:
    """Fit the curve to rehearsals, or return a careful one when there are too few."""
    weighed = [(rehearsal, fusion.weigh(rehearsal.evidence.features)) for rehearsal in rehearsals]
    right = np.array([_is_right(rehearsal, logits) for rehearsal, logits in weighed])
    if len(weighed) < FEWEST_TO_LEARN_FROM or right.all() or not right.any():
        return Calibration(np.array([_PLAIN.get(name, 0.0) for name in SIGNALS]), _PLAIN_BIAS)
    rows = np.vstack([signals(rehearsal.evidence, logits=logits) for rehearsal, logits in weighed])
    return _most_likely_curve(rows, right=right)


def try_out(rehearsals: Sequence[Rehearsal], *, fusion: Fusion, calibration: Calibration) -> tuple[Tried, ...]:
    """Return how sure the index was of each rehearsal, and whether rightly so."""
    weighed = [(rehearsal, fusion.weigh(rehearsal.evidence.features)) for rehearsal in rehearsals]
    return tuple(
        Tried(
            confidence=calibration.confidence(rehearsal.evidence, logits=logits),
            answerable=rehearsal.answer is not None,
            right=_is_right(rehearsal, logits),
        )
        for rehearsal, logits in weighed
    )


def learn_thresholds(tried: Sequence[Tried], *, precision: float) -> Thresholds:
    """Return the thresholds with which answers have the wanted precision; careful ones when too little was tried."""
    answerable = sorted(one.confidence for one in tried if one.answerable)
    if len(tried) < FEWEST_TO_LEARN_FROM or not answerable:
        return Thresholds()
    surest_first = sorted(tried, key=lambda one: -one.confidence)
    confidences = np.array([one.confidence for one in surest_first])
    precisions = np.cumsum([one.right for one in surest_first]) / np.arange(1, len(tried) + 1)
    good_enough = np.flatnonzero(precisions >= precision)
    answer = float(confidences[good_enough[-1]]) if len(good_enough) else 1.0
    suggest = max(LOWEST_THRESHOLD, answerable[int(len(answerable) * MOST_REFUSED)])
    return Thresholds(answer=answer, suggest=min(suggest, answer))


def signals(evidence: Evidence, *, logits: Floats) -> Floats:
    """Return what tells a right first candidate from a wrong one."""
    order = np.argsort(-logits, kind="stable")
    best = evidence.features[order[0]]
    lead = float(logits[order[0]] - logits[order[1]]) if len(order) > 1 else 2.0
    return np.array(
        [
            best[FEATURES.index("sum")],
            min(lead, 4.0),
            float(1.0 / np.exp(logits - logits.max()).sum()),
            evidence.familiar,
            best[FEATURES.index("words_covered")],
            best[FEATURES.index("ideas_covered")],
            best[FEATURES.index("ideas_wanted")],
            float(evidence.ideas > 0),
            best[FEATURES.index("ratio")],
        ]
    )


def _most_likely_curve(rows: Floats, *, right: NDArray[np.bool_]) -> Calibration:
    """Fit a logistic curve that rises with every signal: more evidence never makes the bot less sure."""
    scale = rows.std(axis=0) + 1e-6
    scaled = np.column_stack([rows / scale, np.ones(len(rows))])
    signs = np.where(right, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = signs * (scaled @ weights)
        slope = -signs / (1.0 + np.exp(np.clip(margins, -30, 30)))
        penalty = np.append(weights[:-1], 0.0) * REGULARISATION
        fit = np.logaddexp(0.0, -margins).mean() + float(weights[:-1] @ weights[:-1]) * REGULARISATION / 2
        return float(fit), scaled.T @ slope / len(rows) + penalty

    bounds = [(0.0, None)] * rows.shape[1] + [(None, None)]
    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    return Calibration(weights=np.asarray(found.x[:-1]) / scale, bias=float(found.x[-1]))


def _is_right(rehearsal: Rehearsal, logits: Floats) -> bool:
    return bool(rehearsal.evidence.positions[int(np.argmax(logits))] == rehearsal.answer)
