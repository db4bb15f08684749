"""Learns what the guard feels: `python -m tools.learn_guard` (seeded; some minutes).

The net is taught by `tools/teaching`: labelled examples, and harmless questions in many wordings. What it is worth is
measured on texts it has not seen, in folds that no near duplicates share; from the same held-back likelihoods it is
learned how a text's clauses count together, and how likely is likely. Nothing that the bot is measured by is taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from caredesk.chatbot.instinct import KINDS, LEAST_LIKELY, SIGNS, as_chances, asking, signs_of
from caredesk.chatbot.text import split_clauses
from tools.distil_meanings import Singles
from tools.guard_lessons import FOLDS, Eye, Lessons, Scale, put_together, read_lessons, read_words, scale_of

NET = Path(__file__).parents[1] / "caredesk" / "chatbot" / "data" / "instinct.npz"

SEED = 20261128
WIDTH = 16
EPOCHS, AT_ONCE, RATE, SLOWED = 12, 256, 0.004, 0.9
# A token may be missing from the next text, so none may be leaned on alone.
DROPPED = 0.3
MOMENTUM, SPREAD = 0.9, 0.99
# So many texts of two clauses are taught, and so many of each fold show how clauses count together.
TAUGHT_TOGETHER, TRIED_TOGETHER = 2000, 200
FALSE_ALARMS = (0.005, 0.01, 0.02)


@dataclass
class Learner:
    """One hidden layer over sparse rows, learned with Adam on the rows that took part."""

    width: int
    seed: int
    parts: dict[str, Singles] = field(init=False)

    def __post_init__(self) -> None:
        self._chance = np.random.default_rng(self.seed)
        self.parts = {
            "rows": self._chance.normal(0, 0.1, (self.width, WIDTH)).astype(np.float32),
            "hidden": np.zeros(WIDTH, dtype=np.float32),
            "out": self._chance.normal(0, 0.3, (WIDTH, len(KINDS))).astype(np.float32),
            "out_bias": np.zeros(len(KINDS), dtype=np.float32),
        }
        self._drift = {name: np.zeros_like(part) for name, part in self.parts.items()}
        self._spread = {name: np.zeros_like(part) for name, part in self.parts.items()}

    def learn(self, rows: csr_matrix, kinds: NDArray[np.int64]) -> Learner:
        """Go over all texts several times."""
        wanted = np.eye(len(KINDS), dtype=np.float32)[kinds]
        for epoch in range(EPOCHS):
            rate = RATE * (1 - SLOWED * epoch / EPOCHS)
            order = self._chance.permutation(len(kinds))
            for start in range(0, len(order), AT_ONCE):
                chosen = order[start : start + AT_ONCE]
                self._step(rows[chosen], wanted[chosen], rate=rate)
        return self

    def likelihoods(self, rows: csr_matrix) -> Singles:
        """Return the logarithm of each text's likelihoods."""
        felt = np.maximum(rows @ self.parts["rows"] + self.parts["hidden"], 0.0)
        logits = felt @ self.parts["out"] + self.parts["out_bias"]
        above = logits - logits.max(axis=1, keepdims=True)
        return np.maximum(above - np.log(np.exp(above).sum(axis=1, keepdims=True)), LEAST_LIKELY).astype(np.float32)

    def _step(self, rows: csr_matrix, wanted: Singles, *, rate: float) -> None:
        rows.data = rows.data * (self._chance.random(len(rows.data)) > DROPPED) / np.float32(1 - DROPPED)
        felt = rows @ self.parts["rows"] + self.parts["hidden"]
        active = np.maximum(felt, 0.0)
        logits = active @ self.parts["out"] + self.parts["out_bias"]
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        slope = (shares / shares.sum(axis=1, keepdims=True) - wanted) / len(wanted)
        below = (slope @ self.parts["out"].T) * (felt > 0)
        used = np.unique(rows.indices)
        self._move("out", active.T @ slope, rate=rate)
        self._move("out_bias", slope.sum(axis=0), rate=rate)
        self._move("hidden", below.sum(axis=0), rate=rate)
        self._move("rows", rows[:, used].T @ below, rate=rate, at=used)

    def _move(self, name: str, slope: Singles, *, rate: float, at: NDArray[np.int64] | slice = slice(None)) -> None:
        drift, spread = self._drift[name], self._spread[name]
        drift[at] = MOMENTUM * drift[at] + (1 - MOMENTUM) * slope
        spread[at] = SPREAD * spread[at] + (1 - SPREAD) * slope**2
        self.parts[name][at] -= rate * drift[at] / (np.sqrt(spread[at]) + 1e-8)


@dataclass(frozen=True)
class HeldBack:
    """Texts that a net has not seen: what it felt of the whole, the signs of several clauses, and the truth."""

    kinds: NDArray[np.int64]
    folds: NDArray[np.int64]
    whole: Singles
    signs: Singles
    has_several: NDArray[np.bool_]


def main() -> None:
    """Learn, show what was held back, and write the file."""
    eye, words = Eye(), read_words()
    lessons = read_lessons(eye)
    click.echo(f"{len(lessons.texts)} texts: {dict(zip(KINDS, np.bincount(lessons.kinds).tolist(), strict=True))}")
    held_back, together = _hold_back(lessons, eye=eye, words=words)
    one = _weigh(held_back.whole, held_back.kinds)
    several = _weigh_several(held_back, together)
    _show(held_back, together)
    scale, learner = _learn(lessons, eye=eye, words=words)
    write(scale, learner.parts, one=one, several=several)
    click.echo(f"{len(scale.numbers)} tokens and marks, {NET.stat().st_size / 1e6:.1f} MB")


def _learn(lessons: Lessons, *, eye: Eye, words: tuple[NDArray[np.int32], Singles]) -> tuple[Scale, Learner]:
    more = put_together(lessons, count=TAUGHT_TOGETHER, seed=SEED)
    traits = [eye.traits(text) for text in [*lessons.texts, *more.texts]]
    scale = scale_of(traits, words=words)
    learner = Learner(scale.width, seed=SEED)
    return scale, learner.learn(scale.rows(traits), np.concatenate([lessons.kinds, more.kinds]))


def _hold_back(lessons: Lessons, *, eye: Eye, words: tuple[NDArray[np.int32], Singles]) -> tuple[HeldBack, HeldBack]:
    """Feel every text with a net that has not seen it; the second result are such texts put together in twos."""
    single, double = [], []
    for fold in range(FOLDS):
        scale, learner = _learn(lessons.of(lessons.folds != fold), eye=eye, words=words)
        unseen = lessons.of(lessons.folds == fold)
        single.append(_feel(unseen, scale, learner, eye=eye))
        pairs = put_together(unseen, count=TRIED_TOGETHER, seed=SEED + fold)
        pairs.folds[:] = fold
        double.append(_feel(pairs, scale, learner, eye=eye))
    return _joined(single), _joined(double)


def _feel(lessons: Lessons, scale: Scale, learner: Learner, *, eye: Eye) -> HeldBack:
    def likelihoods(texts: Sequence[str]) -> Singles:
        return learner.likelihoods(scale.rows([eye.traits(text) for text in texts]))

    clauses = [split_clauses(text) for text in lessons.texts]
    parts = sorted({clause for some in clauses for clause in some})
    place = {clause: at for at, clause in enumerate(parts)}
    felt, whole = likelihoods(parts), likelihoods(lessons.texts)
    signs = np.zeros((len(clauses), SIGNS), dtype=np.float32)
    for row, some in enumerate(clauses):
        if len(some) > 1:
            own = felt[[place[clause] for clause in some]]
            signs[row] = signs_of(whole[row], own, asks=asking(some), length=len(lessons.texts[row]))
    has_several = np.array([len(some) > 1 for some in clauses])
    return HeldBack(lessons.kinds, lessons.folds, whole, signs, has_several)


def _joined(parts: Sequence[HeldBack]) -> HeldBack:
    names = ("kinds", "folds", "whole", "signs", "has_several")
    return HeldBack(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _weigh_several(held_back: HeldBack, together: HeldBack) -> Singles:
    own, pairs = held_back.has_several, together.has_several
    signs = np.concatenate([held_back.signs[own], together.signs[pairs]])
    return _weigh(signs, np.concatenate([held_back.kinds[own], together.kinds[pairs]]))


def _weigh(signs: Singles, kinds: NDArray[np.int64]) -> Singles:
    """Return the weights of a logistic regression, the first row for what is always there."""
    scaler = StandardScaler().fit(signs)
    model = LogisticRegression(max_iter=1000).fit(scaler.transform(signs), kinds)
    weights = model.coef_ / scaler.scale_
    always = model.intercept_ - weights @ scaler.mean_
    return np.vstack([always, weights.T]).astype(np.float32)


def _show(held_back: HeldBack, together: HeldBack) -> None:
    """Print what is recognised at few false alarms, when the clauses' weights, too, are those of the other folds."""
    chances = np.zeros((len(held_back.kinds), len(KINDS)))
    paired = np.zeros((len(together.kinds), len(KINDS)))
    for fold in range(FOLDS):
        rest = HeldBack(*(part[held_back.folds != fold] for part in _fields(held_back)))
        others = HeldBack(*(part[together.folds != fold] for part in _fields(together)))
        one, several = _weigh(rest.whole, rest.kinds), _weigh_several(rest, others)
        for texts, into in ((held_back, chances), (together, paired)):
            at = np.flatnonzero(texts.folds == fold)
            into[at] = [_kinds_of(texts, row, one=one, several=several) for row in at]
    for name, texts, felt in (("alone", held_back, chances), ("together", together, paired)):
        for question, kinds in (("health", (0, 1)), ("emergency", (1,)), ("human", (2,)), ("foreign", (3,))):
            _show_one(f"{name}, {question}", felt[:, kinds].sum(axis=1), truth=np.isin(texts.kinds, kinds))


def _fields(texts: HeldBack) -> tuple[NDArray[np.generic], ...]:
    return texts.kinds, texts.folds, texts.whole, texts.signs, texts.has_several


def _kinds_of(texts: HeldBack, row: int, *, one: Singles, several: Singles) -> list[float]:
    signs, weights = (texts.signs[row], several) if texts.has_several[row] else (texts.whole[row], one)
    felt = as_chances(signs @ weights[1:] + weights[0])
    rest = 1.0 - felt.health - felt.human - felt.foreign
    return [felt.health - felt.emergency, felt.emergency, felt.human, felt.foreign, rest]


def _show_one(name: str, felt: NDArray[np.float64], *, truth: NDArray[np.bool_]) -> None:
    if not truth.any():
        return
    order = np.argsort(-felt)
    false, right = np.cumsum(~truth[order]), np.cumsum(truth[order]) / truth.sum()
    recalls = [float(right[false <= share * (~truth).sum()].max(initial=0.0)) for share in FALSE_ALARMS]
    words = ", ".join(f"{recall:.3f} at {share:.1%}" for recall, share in zip(recalls, FALSE_ALARMS, strict=True))
    click.echo(f"{name}: {truth.sum()} texts, recognised {words} false alarms")


def write(scale: Scale, parts: dict[str, Singles], *, one: Singles, several: Singles) -> None:
    """Write the net with a byte for each number of a row."""
    many = len(scale.numbers)
    seen_rows, seen_scales = _in_bytes(parts["rows"][:many])
    meaning_rows, meaning_scales = _in_bytes(scale.word_vectors @ parts["rows"][many:])
    np.savez_compressed(
        NET,
        seen_numbers=scale.numbers,
        seen_rows=seen_rows,
        seen_scales=seen_scales,
        rarities=scale.rarities.astype(np.float16),
        meanings_numbers=scale.word_numbers,
        meanings_rows=meaning_rows,
        meanings_scales=meaning_scales,
        hidden=parts["hidden"],
        out=parts["out"],
        out_bias=parts["out_bias"],
        one=one,
        several=several,
    )


def _in_bytes(rows: Singles) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-4).astype(np.float32) / 127
    return np.round(rows / scales[:, None]).astype(np.int8), scales.astype(np.float16)


if __name__ == "__main__":
    main()
