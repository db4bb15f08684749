"""What judged questions of other hospitals have taught: where learning starts, and how sure to be.

The file is made by `python -m tools.learn_prior`; it knows no entry and no question, only weights.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.content import read_text

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tried:
    """How sure the index was of one judged question, whether any entry answers it, and whether the best one did."""

    confidence: float
    answerable: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Prior:
    """Weights by name, and the questions that were held back while they were learned."""

    fusion: Mapping[str, float]
    curve: Mapping[str, float]
    bias: float
    tried: tuple[Tried, ...]


@lru_cache(maxsize=1)
def load_prior() -> Prior:
    """Read the weights once for the life of the process."""
    content = json.loads(read_text("prior.json"))
    return Prior(
        fusion=content["fusion"],
        curve=content["curve"],
        bias=content["bias"],
        tried=tuple(Tried(sure, bool(answerable), bool(right)) for sure, answerable, right in content["tried"]),
    )


def in_order(weights: Mapping[str, float], names: tuple[str, ...]) -> Floats:
    """Return weights in the order of their names; what was never weighed weighs nothing."""
    return np.array([weights.get(name, 0.0) for name in names])
