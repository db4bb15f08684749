"""The ways in which a text is looked at: its words, its characters, its sound and its ideas, as numbered tokens.

Tokens are hashed into one space with a region for each view: no vocabulary is kept, so a base of any size costs no
more than its own tokens, and an entry that came a second ago is read like all others.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.content import read_lines, read_yaml
from caredesk.chatbot.cutter import Cutter, shared_cutter
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.meaning import Vector, marks_of, shared_meanings
from caredesk.chatbot.pinyin import sound_number

Floats = NDArray[np.float64]
Tokens = NDArray[np.int32]

VIEWS = ("words", "characters", "sounds", "ideas")
REGION_BITS = 18
REGION = 1 << REGION_BITS
SPACE = REGION * len(VIEWS)
HALF = REGION // 2
# Single characters have the start of their region, threes the rest of its first half, pairs the second half.
SINGLES = 1 << 15

STOPWORD_WEIGHT = 0.1
MOST_IDEAS_PAIRED = 8
LONGEST_GRAM = 3


@dataclass(frozen=True)
class Reading:
    """One text, looked at in every way; the tokens of all views are sorted and each is there once."""

    text: str
    words: tuple[str, ...]
    single_ideas: frozenset[str]
    tokens: Tokens
    means: Callable[[Reading], Vector] = field(compare=False, repr=False)

    @cached_property
    def meaning(self) -> Vector:
        """The direction of what it says; reckoned when it is asked for: who only looks for dangers never does."""
        return self.means(self)

    @property
    def characters(self) -> tuple[str, ...]:
        """Return the runs of one to three characters."""
        letters = "".join(character for character in self.text if character.isalnum())
        return tuple(
            letters[start : start + length]
            for length in range(1, LONGEST_GRAM + 1)
            for start in range(len(letters) - length + 1)
        )


class Reader:
    """Reads plain text with the hospital's dictionary and its concept lexicon."""

    def __init__(self, cutter: Cutter, *, concepts: Lexicon) -> None:
        self._cutter = cutter
        self._concepts = concepts
        self._meanings = shared_meanings()
        self.word_weight = WordWeight(cutter)
        self._cached = lru_cache(maxsize=4096)(self._read)

    def __reduce__(self) -> tuple[Callable[[], Reader], tuple[()]]:
        # A stored index refers to the process's own reader. A reader of its own for each index would never be let
        # go: it and what it remembers refer to one another, and a served index is kept from the garbage collector.
        return shared_reader, ()

    def read(self, text: str) -> Reading:
        """Look at the text in every way."""
        return self._cached(text)

    def _read(self, text: str) -> Reading:
        words = self._cutter.cut(text)
        ideas = self._concepts.groups_in(text)
        tokens = [word_token(word) for word in words]
        tokens += [REGION * 3 + number for number in _idea_numbers(ideas)]
        return Reading(
            text=text,
            words=words,
            single_ideas=ideas,
            tokens=np.unique(np.concatenate([np.array(tokens, dtype=np.int32), _characters(text), _sounds(text)])),
            means=self._meaning_of,
        )

    def _meaning_of(self, reading: Reading) -> Vector:
        marks = marks_of(reading.text, words=reading.words, ideas=reading.single_ideas, weigh=self.word_weight)
        return self._meanings.of(marks)


class WordWeight:
    """Weighs words by how rare they are in the language: a small base alone cannot tell what is common."""

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._stopwords = frozenset(read_lines("stopwords.txt"))
        self._cached = lru_cache(maxsize=50_000)(self._weigh)

    def __call__(self, word: str) -> float:
        """Return how much a word says."""
        return self._cached(word)

    def __reduce__(self) -> tuple[type[WordWeight], tuple[Cutter]]:
        # What was weighed is only remembered to save time.
        return WordWeight, (self._cutter,)

    def _weigh(self, word: str) -> float:
        return STOPWORD_WEIGHT if word in self._stopwords else 0.3 + self._cutter.rarity(word)


@lru_cache(maxsize=1)
def shared_reader() -> Reader:
    """Return the process's reader, made on first use."""
    return Reader(shared_cutter(), concepts=Lexicon(load_concepts()))


def even_weight(_token: str) -> float:
    """Leave the weights to the base."""
    return 1.0


@lru_cache(maxsize=50_000)
def word_token(word: str) -> int:
    """Return the token of a word."""
    return zlib.crc32(word.encode()) % REGION


def is_single_idea(tokens: Tokens) -> NDArray[np.bool_]:
    """Tell which tokens are ideas by themselves and not in pairs."""
    return (tokens >= REGION * 3) & (tokens < REGION * 3 + HALF)


def load_concepts() -> dict[str, list[str]]:
    """Read the concept lexicon: each idea with its wordings."""
    return {str(idea): [str(wording) for wording in wordings] for idea, wordings in read_yaml("concepts.yaml").items()}


def _characters(text: str) -> Tokens:
    letters = "".join(character for character in text if character.isalnum())
    codes = np.frombuffer(letters.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    singles = codes % SINGLES
    return np.concatenate([singles, HALF + _pairs(codes), SINGLES + _threes(codes, room=HALF - SINGLES)]).astype(
        np.int32
    ) + np.int32(REGION)


def _sounds(text: str) -> Tokens:
    heard = (sound_number(character) for character in text)
    codes = np.array([number for number in heard if number is not None], dtype=np.int64)
    return np.concatenate([HALF + _pairs(codes), _threes(codes, room=HALF)]).astype(np.int32) + np.int32(REGION * 2)


def _pairs(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    return (codes[:-1] * 1_000_003 + codes[1:] * 7_919) % HALF


def _threes(codes: NDArray[np.int64], *, room: int) -> NDArray[np.int64]:
    return (codes[:-2] * 1_000_003 + codes[1:-1] * 7_919 + codes[2:] * 104_729 + 17) % room


@lru_cache(maxsize=20_000)
def _idea_numbers(ideas: frozenset[str]) -> tuple[int, ...]:
    # 退费 with 挂号 is another question than 退费 with 药品: the pair says more than its halves.
    ordered = sorted(ideas)
    pairs = combinations(ordered[:MOST_IDEAS_PAIRED], 2)
    singles = [zlib.crc32(idea.encode()) % HALF for idea in ordered]
    return (*singles, *(HALF + zlib.crc32(f"{a}+{b}".encode()) % HALF for a, b in pairs))
