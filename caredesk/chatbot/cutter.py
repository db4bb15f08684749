"""Cuts plain text into words with the hospital's own dictionary, never with jieba's shared tokenizer."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from functools import lru_cache

import jieba

from caredesk.chatbot.content import read_lines

_DOMAIN_FREQUENCY = 20_000
_EVERYDAY = 200


class Cutter:
    """One tokenizer that knows the hospital's words; making one costs about a second, so share it."""

    def __init__(self, words: list[str]) -> None:
        jieba.setLogLevel(logging.WARNING)
        self._tokenizer = jieba.Tokenizer()
        self._tokenizer.initialize()
        # The hospital's words must not look common, so what the language at large says of them is kept aside first.
        own = [word.lower() for word in words]
        self._before = {word: int(self._tokenizer.FREQ.get(word, 0)) for word in own}
        self._language_total = self._tokenizer.total
        for word in own:
            self._tokenizer.add_word(word, freq=_DOMAIN_FREQUENCY)
        self._cut = lru_cache(maxsize=8192)(self._cut_uncached)

    def __reduce__(self) -> tuple[Callable[[], Cutter], tuple[()]]:
        # A stored index refers to the process's own cutter instead of carrying the dictionary with it.
        return shared_cutter, ()

    def cut(self, text: str) -> tuple[str, ...]:
        """Return the words of a plain text, with the words inside long words, without signs and spaces."""
        return self._cut(text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each word of the text starts and ends, without overlaps."""
        return [(start, end) for _, start, end in self._tokenizer.tokenize(text, HMM=False)]

    def commonness(self, word: str) -> int:
        """Return how often the language at large uses the word."""
        before = self._before.get(word)
        return int(self._tokenizer.FREQ.get(word, 0)) if before is None else before

    def common_words(self, *, longest: int) -> list[tuple[str, int]]:
        """List the Chinese words of everyday use up to that length, with their frequency."""
        return [
            (word, count)
            for word in self._tokenizer.FREQ
            if len(word) <= longest and "一" <= word[0] <= "鿿" and (count := self.commonness(word)) >= _EVERYDAY
        ]

    def rarity(self, word: str) -> float:
        """Return how rare a word is in the language at large, from 0 (everywhere) to about 1 (hardly known)."""
        count = self.commonness(word) or 3
        return math.log(self._language_total / count) / math.log(self._language_total)

    def _cut_uncached(self, text: str) -> tuple[str, ...]:
        words = self._tokenizer.cut_for_search(text, HMM=False)
        return tuple(word for word in words if word.strip() and word[0].isalnum())


@lru_cache(maxsize=1)
def shared_cutter() -> Cutter:
    """Return the process's cutter, made on first use; call it at start so that no visitor waits for it."""
    return Cutter(read_lines("words.txt"))
