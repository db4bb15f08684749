"""Tells of which messages the guard need not be asked: most of what parents write while a person is in charge.

To judge a message costs more than to store it. The sieve costs a small part of that: it weighs runs of one to three
characters, of many messages at once, and lets a message go by only when it is far from everything that ever was an
emergency. Whatever names a sign of the guard's lists, has Latin words or a character that was never taught is judged.

Learned offline by `python -m tools.learn_sieve`, which tells what it holds. The bot's own turns always ask the guard.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.content import read_bytes, read_yaml
from caredesk.chatbot.phrases import PhraseBook, as_groups
from caredesk.chatbot.text import lower, simplified_characters, simplify, unify_width

GRAM_BITS = 17
GRAMS = 1 << GRAM_BITS
LONGEST_GRAM = 3
CODES = 1 << 16
DIGIT = ord("0")
# So many Latin letters in a row are a word, or sounds that stand for characters: jiuming.
LATIN_WORD = 4
_LATIN_WORD = re.compile(f"[a-z]{{{LATIN_WORD}}}")
# Up to so many letters in all, texts are weighed one by one.
FEW_LETTERS = 80
LISTS_OF_SIGNS = ("signs", "signs_of_people", "pleas")

# Odd numbers that spread the characters of a run over the space of grams.
_SPREAD = np.array([2654435761, 40503, 69069], dtype=np.uint64)
_SHIFTS = np.array([7, 26, 28], dtype=np.uint64)
_MIX = np.uint64(0x9E3779B1)

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of several texts in one row: folded, with the number of their text and of their clause in all."""

    codes: Numbers
    texts: Numbers
    clauses: Numbers
    count: int

    def runs(self, length: int) -> tuple[Numbers, Flags, Flags]:
        """Return the gram that starts at each letter; whether it ends within the text, and within the clause."""
        many = max(0, len(self.codes) - length + 1)
        codes, spread = self.codes.astype(np.uint64), np.full(many, length, dtype=np.uint64)
        for at in range(length):
            spread += codes[at : at + many] * _SPREAD[at]
        last = slice(length - 1, length - 1 + many)
        grams = ((spread * _MIX) >> _SHIFTS[length - 1]).astype(np.int64) & (GRAMS - 1)
        return grams, self.texts[:many] == self.texts[last], self.clauses[:many] == self.clauses[last]


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: a weight for each gram, the sum from which on a text is judged, and the known characters.

    `always` is added to every sum: how likely an emergency is of which nothing is read.
    """

    grams: NDArray[np.float32]
    always: float
    limit: float
    known: Flags

    def heaviest(self, letters: Letters) -> NDArray[np.float64]:
        """Return the weight of each text: as a whole, or of its heaviest clause, so that chatter hides nothing."""
        texts = np.zeros(letters.count)
        clauses = np.zeros(int(letters.clauses[-1]) + 1 if len(letters.clauses) else 0)
        for length in range(1, LONGEST_GRAM + 1):
            grams, in_text, in_clause = letters.runs(length)
            found = self.grams[grams]
            texts += np.bincount(letters.texts[: len(grams)][in_text], weights=found[in_text], minlength=letters.count)
            places = letters.clauses[: len(grams)][in_clause]
            clauses += np.bincount(places, weights=found[in_clause], minlength=len(clauses))
        owners = np.zeros(len(clauses), dtype=np.int64)
        owners[letters.clauses] = letters.texts
        np.maximum.at(texts, owners, clauses)
        return texts + self.always


class Sieve:
    """Looks at many messages at once, and at a few one by one: each way is the cheaper one where it is used."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._alone = _Alone(weights)
        lists = read_yaml("emergency.yaml")
        self._signs = PhraseBook({name: as_groups(lists[name], name=name) for name in LISTS_OF_SIGNS})

    def holds(self, texts: Sequence[str]) -> list[bool]:
        """Tell of each text whether the guard must judge it."""
        if sum(map(len, texts)) <= FEW_LETTERS:
            held = [self._alone.holds(text) for text in texts]
        else:
            held = self._held_together(texts)
        return [is_held or self._names_a_sign(text) for text, is_held in zip(texts, held, strict=True)]

    def _held_together(self, texts: Sequence[str]) -> list[bool]:
        letters = letters_of(texts)
        held = self._weights.heaviest(letters) >= self._weights.limit
        held[letters.texts[~self._weights.known[letters.codes]]] = True
        held[_with_latin_words(letters)] = True
        told: list[bool] = held.tolist()
        return told

    def _names_a_sign(self, text: str) -> bool:
        return self._signs.finds_any(simplify(lower(unify_width(text))))


class _Alone:
    """Weighs one text without arrays, of which each costs more than a word does; the sums are the same to the bit."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        # Single numbers are read from a view several times as fast as from an array.
        self._grams, self._known = weights.grams.data, weights.known.data
        self._folding = _folding().data

    def holds(self, text: str) -> bool:
        """Tell whether a text has to be judged for its letters."""
        codes, ends = self._letters(text)
        if not all(self._known[code] for code in codes) or _LATIN_WORD.search("".join(map(chr, codes))):
            return True
        return self.heaviest(codes, ends) >= self._weights.limit

    def heaviest(self, codes: Sequence[int], ends: Sequence[int]) -> float:
        """Return what `Weights.heaviest` does."""
        one, two, three = ([code * factor for code in codes] for factor in _SPREAD.tolist())
        sums = (
            [1 + first for first in one],
            [2 + first + second for first, second in zip(one, two[1:], strict=False)],
            [3 + first + second + third for first, second, third in zip(one, two[1:], three[2:], strict=False)],
        )
        grams, mix = self._grams, int(_MIX)
        found = [
            [grams[(spread * mix >> shift) & (GRAMS - 1)] for spread in spreads]
            for spreads, shift in zip(sums, _SHIFTS.tolist(), strict=True)
        ]
        clauses = pairwise((0, *ends)) if len(ends) > 1 else ()
        return max(_sum_of(found, start, end) for start, end in ((0, len(codes)), *clauses)) + self._weights.always

    def _letters(self, text: str) -> tuple[list[int], list[int]]:
        """Return the letters as `letters_of` does, and where each clause ends."""
        codes: list[int] = []
        ends: set[int] = set()
        before = 0
        for folded in [self._folding[min(ord(character), CODES - 1)] for character in text]:
            if not folded:
                ends.add(len(codes))
            elif folded != DIGIT or before != DIGIT:
                codes.append(folded)
            before = folded
        return codes, sorted((ends | {len(codes)}) - {0})


def _sum_of(found: Sequence[Sequence[float]], start: int, end: int) -> float:
    # In the order in which arrays are added up.
    total = 0.0
    for shorter, weights in enumerate(found):
        part = 0.0
        for weight in weights[start : max(start, end - shorter)]:
            part += weight
        total += part
    return total


def letters_of(texts: Sequence[str]) -> Letters:
    """Return the letters of texts: simplified, of usual width and size, a number as one; signs only end clauses."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    folded = _folding()[np.minimum(codes, CODES - 1)]
    kept = folded > 0
    # A number is one letter, however long.
    kept[1:] &= ~((folded[1:] == DIGIT) & (folded[:-1] == DIGIT) & (owners[1:] == owners[:-1]))
    signs, owners = np.cumsum(folded == 0)[kept], owners[kept]
    begins = (np.diff(signs, prepend=signs[:1]) > 0) | (np.diff(owners, prepend=owners[:1]) > 0)
    return Letters(folded[kept], owners, np.cumsum(begins), len(texts))


def _with_latin_words(letters: Letters) -> Numbers:
    latin = (letters.codes >= ord("a")) & (letters.codes <= ord("z"))
    many = max(0, len(latin) - LATIN_WORD + 1)
    run = np.ones(many, dtype=np.bool_)
    for at in range(LATIN_WORD):
        run &= latin[at : at + many]
    run &= letters.texts[:many] == letters.texts[LATIN_WORD - 1 : LATIN_WORD - 1 + many]
    return letters.texts[:many][run]


@lru_cache(maxsize=1)
def _folding() -> Numbers:
    """Return for each character the one that it is read as; 0 for what is no letter. Rarer planes have one code."""
    simple = simplified_characters()
    folded = np.zeros(CODES, dtype=np.int64)
    for code in range(CODES):
        if 0xD800 <= code < 0xE000:
            continue
        character = lower(unify_width(chr(code)))[:1]
        if character.isalnum():
            simpler = ord(simple.get(character, character))
            folded[code] = DIGIT if character.isdigit() else min(simpler, CODES - 1)
    return folded


@lru_cache(maxsize=1)
def shared_sieve() -> Sieve:
    """Return the process's sieve, read on first use."""
    with np.load(io.BytesIO(read_bytes("sieve.npz"))) as stored:
        grams = stored["grams"].astype(np.float32) * np.float32(stored["scale"])
        known = np.unpackbits(stored["known"]).astype(np.bool_)
        return Sieve(Weights(grams, float(stored["always"]), float(stored["limit"]), known))
