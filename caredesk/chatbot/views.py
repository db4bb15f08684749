"""The ways in which a text is looked at: its words, its characters, its sound and its ideas, as numbered tokens.

Tokens are hashed into one space with a region for each view: no vocabulary is kept, so a base of any size costs no
more than its own tokens, and an entry that came a second ago is read like all others.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import combinations, pairwise

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
        tokens = {word_token(word) for word in words}
        tokens.update(_characters(text))
        tokens.update(_sounds(text))
        tokens.update(REGION * 3 + number for number in _idea_numbers(ideas))
        return Reading(
            text=text,
            words=words,
            single_ideas=ideas,
            tokens=np.array(sorted(tokens), dtype=np.int32),
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


# Texts are short: a few hundred numbers are reckoned sooner one by one than as arrays.
def _characters(text: str) -> list[int]:
    codes = [ord(character) for character in text if character.isalnum()]
    return [
        *(REGION + code % SINGLES for code in codes),
        *(REGION + HALF + pair for pair in _pairs(codes)),
        *(REGION + SINGLES + three for three in _threes(codes, room=HALF - SINGLES)),
    ]


def _sounds(text: str) -> list[int]:
    codes = [number for number in map(sound_number, text) if number is not None]
    return [
        *(REGION * 2 + HALF + pair for pair in _pairs(codes)),
        *(REGION * 2 + three for three in _threes(codes, room=HALF)),
    ]


def _pairs(codes: list[int]) -> list[int]:
    return [(one * 1_000_003 + two * 7_919) % HALF for one, two in pairwise(codes)]


def _threes(codes: list[int], *, room: int) -> list[int]:
    runs = zip(codes, codes[1:], codes[2:], strict=False)
    return [(one * 1_000_003 + two * 7_919 + three * 104_729 + 17) % room for one, two, three in runs]


@lru_cache(maxsize=20_000)
def _idea_numbers(ideas: frozenset[str]) -> tuple[int, ...]:
    # 退费 with 挂号 is another question than 退费 with 药品: the pair says more than its halves.
    ordered = sorted(ideas)
    pairs = combinations(ordered[:MOST_IDEAS_PAIRED], 2)
    singles = [zlib.crc32(idea.encode()) % HALF for idea in ordered]
    return (*singles, *(HALF + zlib.crc32(f"{a}+{b}".encode()) % HALF for a, b in pairs))
