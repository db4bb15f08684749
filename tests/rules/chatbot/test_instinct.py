"""What the guard learns: that it holds on examples it has not seen, that its probabilities are true, and its limits."""

from __future__ import annotations

import hashlib
import pickle
from functools import cache

import numpy as np
import pytest

from caredesk.chatbot.cutter import shared_cutter
from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.guard_features import traits_of
from caredesk.chatbot.instinct import (
    HARMLESS,
    LABELS,
    MOST_HARMLESS,
    NO_CHANCE,
    Instinct,
    learn,
    plain_examples,
    some_of,
)
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.text import normalise
from caredesk.chatbot.views import Reader, load_concepts
from tests.rules.chatbot.guard_sets import GUARD_LISTS, other_bot
from tests.rules.chatbot.sample import labelled

FOLDS = 3


def reader() -> Reader:
    return Reader(shared_cutter(), concepts=Lexicon(load_concepts()))


@cache
def unseen() -> tuple[np.ndarray, np.ndarray]:
    """Return for every example its label, and the chances that a model without it gives."""
    reads, examples = reader(), plain_examples()
    traits = [(traits_of(reads.read(plain), guard=shared_guard()), label) for label, plain in examples]
    folds = np.array([hashlib.sha256(plain.encode()).digest()[0] % FOLDS for _, plain in examples])
    chances = np.zeros((len(examples), len(LABELS)))
    for fold in range(FOLDS):
        model = learn(reads, [one for one, at in zip(traits, folds, strict=True) if at != fold])
        rows = model.scale.rows([one for (one, _), at in zip(traits, folds, strict=True) if at == fold])
        chances[folds == fold] = 1.0 / (1.0 + np.exp(-(rows @ model.weights + model.biases)))
    return np.array([label for label, _ in examples]), chances


@pytest.mark.parametrize(
    ("question", "threshold", "least_recall", "least_precision"),
    [
        ("health", 0.3, 0.92, 0.85),
        ("emergency", 0.2, 0.88, 0.78),
        ("human", 0.3, 0.86, 0.86),
        ("foreign", 0.5, 0.45, 0.82),
    ],
)
def test_examples_are_recognised_by_a_model_that_has_not_seen_them(
    question: str, threshold: float, least_recall: float, least_precision: float
) -> None:
    labels, chances = unseen()
    truth = np.isin(labels, list(LABELS[question]))  # type: ignore[index]
    felt = chances[:, list(LABELS).index(question)] >= threshold  # type: ignore[arg-type]
    assert felt[truth].mean() >= least_recall
    assert truth[felt].mean() >= least_precision


def test_the_probabilities_are_true_on_questions_of_another_hospital() -> None:
    asked = labelled(*GUARD_LISTS, "other_questions")
    instinct, index = other_bot().index.instinct, other_bot().index
    chances = [instinct.chances(index.read(label.query)) for label in asked]
    for question, expected in (
        ("health", ("medical", "emergency")),
        ("emergency", ("emergency",)),
        ("human", ("human",)),
    ):
        truth = np.array([label.expected in expected for label in asked])
        felt = np.array([getattr(one, question) for one in chances])
        assert error_of(felt, truth) <= 0.05


def error_of(felt: np.ndarray, truth: np.ndarray) -> float:
    """Return how far probability and frequency lie apart on average, in ten steps."""
    steps = np.minimum((felt * 10).astype(int), 9)
    inside = [steps == step for step in range(10) if (steps == step).any()]
    return float(sum(step.mean() * abs(felt[step].mean() - truth[step].mean()) for step in inside))


def test_what_a_base_asks_is_learned_as_harmless() -> None:
    question = normalise("娃烧得厉害先走哪个门").plain
    with_it = taught_by([question] * 5).chances(question)
    assert with_it.health < taught_by([]).chances(question).health
    assert with_it.emergency < 0.2


@cache
def _traits_of_some() -> list[tuple[object, str]]:
    reads = reader()
    some = plain_examples()[::8]
    return [(traits_of(reads.read(plain), guard=shared_guard()), label) for label, plain in some]


def taught_by(harmless: list[str]) -> Instinct:
    reads = reader()
    own = [(traits_of(reads.read(plain), guard=shared_guard()), HARMLESS) for plain in harmless]
    return learn(reads, [*_traits_of_some(), *own])  # type: ignore[list-item]


def test_the_same_examples_teach_the_same() -> None:
    assert (taught_by([]).weights == taught_by([]).weights).all()


def test_what_was_learned_survives_being_stored() -> None:
    learned = taught_by([])
    stored = pickle.loads(pickle.dumps(learned))
    for plain in ("孩子一直哭", "怎么退号", "xyz 123"):
        assert stored.chances(plain) == learned.chances(plain)


@pytest.mark.parametrize("plain", ["", "咳", "ab"])
def test_one_or_two_characters_are_not_felt(plain: str) -> None:
    assert taught_by([]).chances(plain) == NO_CHANCE


@pytest.mark.parametrize("plain", ["龘龘龘龘", "zzzz qqqq", "12345678901234567890", "?,?,?,?"])
def test_what_no_example_knows_is_no_danger(plain: str) -> None:
    assert taught_by([]).chances(plain).emergency < 0.2


def test_a_large_base_teaches_by_a_part_of_its_phrases() -> None:
    reading = reader().read("怎么退号")
    assert len(some_of([reading] * 3 * MOST_HARMLESS)) == MOST_HARMLESS
    assert len(some_of([reading] * 10)) == 10
