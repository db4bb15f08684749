"""Turns the evidence of a question into an honest probability that the first candidate answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.evidence import FEATURES, Evidence
from caredesk.chatbot.prior import Tried, in_order, load_prior

Floats = NDArray[np.float64]
REGULARISATION = 0.002
# The precision that answers should have, unless the desk wants another.
WANTED_PRECISION = 0.95
# How many good questions may be told "I do not know" at most.
MOST_REFUSED = 0.005
LOWEST_THRESHOLD = 0.01

_OF_THE_BEST = (
    "sum",
    "words_covered",
    "ideas_covered",
    "ideas_wanted",
    "ratio",
    "contrast",
    "contrast_clause",
    "ideas_mean",
    "characters_mean",
    "sounds_mean",
    "ideas_answer",
    "meaning_mean",
    "meaning_whole",
    "meaning_answer",
)
_COLUMNS = [FEATURES.index(name) for name in _OF_THE_BEST]
SIGNALS = (*_OF_THE_BEST, "logit", "lead", "lead_of_three", "share", "familiar", "has_ideas", "ideas", "length")
WIDEST_LEAD = 6.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on the bot answers, and from which it at least suggests.

    A wrong answer costs more than silence, so answering needs far more than a good guess.
    """

    answer: float = 0.6
    suggest: float = 0.08


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
        return round(float(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0)))), 4)


@lru_cache(maxsize=1)
def shared_calibration() -> Calibration:
    """Return the curve that held-back questions of other bases have taught."""
    prior = load_prior()
    return Calibration(in_order(prior.curve, SIGNALS), prior.bias)


def signals(evidence: Evidence, *, logits: Floats) -> Floats:
    """Return what tells a right first candidate from a wrong one."""
    ranked = np.sort(logits)[::-1]
    best = evidence.features[int(np.argmax(logits))]
    leads = [float(ranked[0] - ranked[min(place, len(ranked) - 1)]) for place in (1, 3)]
    return np.array(
        [
            *best[_COLUMNS],
            float(ranked[0]),
            *(min(lead, WIDEST_LEAD) for lead in leads),
            float(1.0 / np.exp(logits - ranked[0]).sum()),
            evidence.familiar,
            float(evidence.ideas > 0),
            min(evidence.ideas, 5) / 5,
            min(evidence.length, 40) / 40,
        ]
    )


def fit_curve(rows: Floats, *, right: NDArray[np.bool_]) -> Calibration:
    """Fit the logistic curve to signals of which it is known whether the best candidate was right."""
    scale = rows.std(axis=0) + 1e-6
    scaled = np.column_stack([rows / scale, np.ones(len(rows))])
    signs = np.where(right, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = signs * (scaled @ weights)
        slope = -signs / (1.0 + np.exp(np.clip(margins, -30, 30)))
        penalty = np.append(weights[:-1], 0.0) * REGULARISATION
        fit = np.logaddexp(0.0, -margins).mean() + float(weights[:-1] @ weights[:-1]) * REGULARISATION / 2
        return float(fit), scaled.T @ slope / len(rows) + penalty

    from scipy.optimize import minimize  # noqa: PLC0415 (slow to load, and used when learning only)

    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B")
    return Calibration(weights=np.asarray(found.x[:-1]) / scale, bias=float(found.x[-1]))


def learn_thresholds(tried: Sequence[Tried], *, precision: float) -> Thresholds:
    """Return the thresholds with which answers have the wanted precision."""
    surest_first = sorted(tried, key=lambda one: -one.confidence)
    sure = np.array([one.confidence for one in surest_first])
    precisions = np.cumsum([one.right for one in surest_first]) / np.arange(1, len(surest_first) + 1)
    # Who answers one question answers all that are as sure.
    last_as_sure = np.append(sure[1:] < sure[:-1], True)
    good_enough = sure[last_as_sure & (precisions >= precision)]
    answer = float(good_enough[-1]) if len(good_enough) else 1.0
    answerable = sorted(one.confidence for one in tried if one.answerable)
    suggest = answerable[int(len(answerable) * MOST_REFUSED)] if answerable else answer
    return Thresholds(answer=answer, suggest=min(max(LOWEST_THRESHOLD, suggest), answer))
