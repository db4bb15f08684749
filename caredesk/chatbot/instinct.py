"""The learned part of the guard: feels what the word lists do not name, from a whole message and from its clauses.

A small net, learned offline by `python -m tools.learn_guard` from labelled examples. Each token and mark has a row of
a few numbers; what a text's rows add up to says of what kind it is. A long message is felt whole and clause by clause,
so that chatter does not drown the sign. Nothing is learned when a base is published: the base itself speaks for a
question by being sure of its answer, see `verdict.py`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.content import read_bytes
from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.guard_features import Numbers, Traits, traits_of
from caredesk.chatbot.text import load_wording, split_clauses
from caredesk.chatbot.views import Reader

Singles = NDArray[np.float32]

KINDS = ("medical", "emergency", "human", "foreign", "other")
MARK_WEIGHT = 0.35
# Tokens that no example has are worth half: they tell that the text is about something else.
UNKNOWN_SHARE = 0.5
SHORTEST_FELT = 3
MOST_REMEMBERED = 4096
# Beyond this a clause is as unlikely to be of a kind as it can be.
LEAST_LIKELY = -8.0
CHARACTERS_OF_A_LONG_TEXT = 50.0
# Beside the words with which questions about the desk are asked; a judgement of health is wished for with these, too.
ALSO_ASKS = ("是不是", "会不会", "要紧", "严重", "正常", "需要", "如何", "为什么", "有事")
# See `signs_of`: six times a likelihood for each kind, and three numbers of the text's shape.
SIGNS = 6 * len(KINDS) + 3


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely a text is what it must not be: about health, an emergency among that, a wish, a foreign matter.

    Of a text of several clauses it also tells how likely one clause, taken alone, is an emergency, and how likely one
    that asks is about health: 怎么打印报告，还有白细胞高要紧吗.
    """

    health: float
    emergency: float
    human: float
    foreign: float
    emergency_in_clause: float = 0.0
    health_in_question: float = 0.0


NO_CHANCE = Chances(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Table:
    """A row of numbers for each known token or mark, in one byte each, and a scale for each row."""

    numbers: Numbers
    rows: NDArray[np.int8]
    scales: Singles

    def places(self, many: Sequence[Numbers]) -> list[NDArray[np.int64]]:
        """Return for each text where the known ones of its numbers stand."""
        wanted = np.concatenate(many)
        at = np.minimum(np.searchsorted(self.numbers, wanted), len(self.numbers) - 1)
        is_known = self.numbers[at] == wanted
        ends = list(accumulate(map(len, many), initial=0))
        return [at[start:end][is_known[start:end]] for start, end in pairwise(ends)]

    def total(self, places: NDArray[np.int64], *, weights: Singles) -> Singles:
        """Add up the rows of these places."""
        total: Singles = (weights * self.scales[places]) @ self.rows[places].astype(np.float32)
        return total


@dataclass(frozen=True, slots=True)
class Net:
    """Everything that was learned."""

    seen: Table
    rarities: Singles
    rarest: float
    meanings: Table
    hidden: Singles
    out: Singles
    out_bias: Singles
    # How the likelihoods of a text of one clause, and of one of several, become chances.
    one: Singles
    several: Singles

    def likelihoods(self, many: Sequence[Traits]) -> Singles:
        """Return how likely each text is of each kind, as logarithms; its neighbours change nothing about it."""
        seen = self.seen.places([numbers for traits in many for numbers in (traits.tokens, traits.marks)])
        words = self.meanings.places([traits.words for traits in many])
        felt = [
            self._felt(traits, known=known, marks=marks, words=meant)
            for traits, known, marks, meant in zip(many, seen[::2], seen[1::2], words, strict=True)
        ]
        logits = np.stack([np.maximum(one, 0.0) @ self.out for one in felt]) + self.out_bias
        return np.maximum(_log_shares(logits), LEAST_LIKELY)

    def _felt(
        self, traits: Traits, *, known: NDArray[np.int64], marks: NDArray[np.int64], words: NDArray[np.int64]
    ) -> Singles:
        rarities = self.rarities[known]
        unknown = UNKNOWN_SHARE * (len(traits.tokens) - len(known)) * self.rarest**2
        length = sqrt(float(rarities @ rarities) + unknown) or 1.0
        felt = self.hidden + self.seen.total(known, weights=rarities / np.float32(length))
        felt = felt + self.seen.total(marks, weights=_even(len(marks), MARK_WEIGHT))
        share = 1.0 / sqrt(max(1, len(traits.words)))
        return felt + self.meanings.total(words, weights=_even(len(words), share))


@dataclass(frozen=True, slots=True)
class Instinct:
    """Feels the kind of a message."""

    reader: Reader
    net: Net
    # What was felt of texts and clauses of late: many of them come again, 你好 and 挂不上号 with every crowd.
    _remembered: dict[str, Singles] = field(default_factory=dict, compare=False, repr=False)

    def __reduce__(self) -> tuple[Callable[[Reader], Instinct], tuple[Reader]]:
        # A stored index refers to what the process has read instead of carrying it along.
        return instinct_of, (self.reader,)

    def feel(self, plains: Iterable[str]) -> None:
        """Look at several texts together, which costs less than each alone; `chances` then remembers them."""
        self._likelihoods_of([part for plain in plains if len(plain) >= SHORTEST_FELT for part in _parts(plain)])

    def chances(self, plain: str) -> Chances:
        """Return the probability of each kind."""
        # One or two characters say nothing by themselves; short cries for help are in the word lists.
        if len(plain) < SHORTEST_FELT:
            return NO_CHANCE
        _, *clauses = parts = _parts(plain)
        felt = self._likelihoods_of(parts)
        whole = felt[plain]
        if not clauses:
            return as_chances(_weighed(whole, self.net.one))
        told, asks = [felt[clause] for clause in clauses], asking(clauses)
        together = as_chances(_weighed(signs_of(whole, np.stack(told), asks=asks, length=len(plain)), self.net.several))
        alone = [as_chances(_weighed(clause, self.net.one)) for clause in told]
        return replace(
            together,
            emergency_in_clause=max(clause.emergency for clause in alone),
            health_in_question=max((alone[at].health for at in np.flatnonzero(asks)), default=0.0),
        )

    def likelihoods(self, plains: Sequence[str]) -> Singles:
        """Return the likelihoods of texts, each taken as a whole."""
        guard = shared_guard()
        return self.net.likelihoods([traits_of(self.reader.read(plain), guard=guard) for plain in plains])

    def _likelihoods_of(self, parts: Iterable[str]) -> dict[str, Singles]:
        known = {part: self._remembered.get(part) for part in parts}
        felt = {part: likelihoods for part, likelihoods in known.items() if likelihoods is not None}
        unknown = [part for part in known if part not in felt]
        if unknown:
            fresh = dict(zip(unknown, self.likelihoods(unknown), strict=True))
            # Other threads feel, too: what is needed here is never looked up a second time.
            if len(self._remembered) + len(fresh) > MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered.update(fresh)
            felt |= fresh
        return felt


def _parts(plain: str) -> tuple[str, ...]:
    """Return a text, and its clauses when there are several."""
    clauses = split_clauses(plain)
    return (plain, *clauses) if len(clauses) > 1 else (plain,)


def instinct_of(reader: Reader) -> Instinct:
    """Return what was learned, for texts that are read by this reader."""
    return Instinct(reader, shared_net())


def asking(clauses: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which clauses ask something."""
    words = (*load_wording().asking, *ALSO_ASKS)
    return np.array([any(word in clause for word in words) for clause in clauses])


def signs_of(whole: Singles, clauses: Singles, *, asks: NDArray[np.bool_], length: int) -> Singles:
    """Return what a text of several clauses is judged by: all, its strongest and last clause, what asks or not."""
    asked = clauses[asks] if asks.any() else clauses
    told = clauses[~asks] if not asks.all() else np.full((1, len(KINDS)), LEAST_LIKELY, dtype=np.float32)
    shape = [np.log(len(clauses)), float(asks.mean()), length / CHARACTERS_OF_A_LONG_TEXT]
    parts = (whole, clauses.max(axis=0), clauses[-1], asked.max(axis=0), asked.min(axis=0), told.max(axis=0), shape)
    return np.concatenate([np.asarray(part, dtype=np.float32) for part in parts])


def as_chances(logits: Singles) -> Chances:
    """Return the chances that these logits, one for each kind, amount to."""
    medical, emergency, human, foreign, _ = map(float, np.exp(_log_shares(logits)))
    return Chances(health=min(1.0, medical + emergency), emergency=emergency, human=human, foreign=foreign)


def _log_shares(logits: Singles) -> Singles:
    above = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(above - np.log(np.exp(above).sum(axis=-1, keepdims=True)), dtype=np.float32)


def _even(count: int, weight: float) -> Singles:
    return np.full(count, weight, dtype=np.float32)


def _weighed(signs: Singles, weights: Singles) -> Singles:
    logits: Singles = signs @ weights[1:] + weights[0]
    return logits


@lru_cache(maxsize=1)
def shared_net() -> Net:
    """Return the process's net, read on first use."""
    with np.load(io.BytesIO(read_bytes("instinct.npz"))) as stored:
        parts = {name: stored[name] for name in stored.files}
    return net_of(parts)


def net_of(parts: dict[str, NDArray[np.generic]]) -> Net:
    """Return the net that a file holds."""

    def single(name: str) -> Singles:
        return parts[name].astype(np.float32)

    def table(name: str) -> Table:
        numbers = np.asarray(parts[f"{name}_numbers"], dtype=np.int32)
        return Table(numbers, np.asarray(parts[f"{name}_rows"], dtype=np.int8), single(f"{name}_scales"))

    rarities = single("rarities")
    return Net(
        seen=table("seen"),
        rarities=rarities,
        rarest=float(rarities.max()),
        meanings=table("meanings"),
        hidden=single("hidden"),
        out=single("out"),
        out_bias=single("out_bias"),
        one=single("one"),
        several=single("several"),
    )
