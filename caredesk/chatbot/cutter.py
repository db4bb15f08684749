"""Cuts plain text into words with the hospital's own dictionary, never with jieba's shared tokenizer."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate, pairwise

import jieba

from caredesk.chatbot.content import read_lines

_DOMAIN_FREQUENCY = 20_000
_EVERYDAY = 200
BLOCKS_KEPT = 8192
_BLOCK = re.compile(r"([一-\u9fd5a-zA-Z0-9+#&._%-]+)")
_SIGN = re.compile(r"\r\n|.", re.DOTALL)


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
        self._log_total = math.log(self._tokenizer.total)
        # Clauses are made of the blocks of their message, so each is cut once however often it is looked at.
        self._words_of_block = lru_cache(maxsize=BLOCKS_KEPT)(self._cut_block)

    def __reduce__(self) -> tuple[Callable[[], Cutter], tuple[()]]:
        # A stored index refers to the process's own cutter instead of carrying the dictionary with it.
        return shared_cutter, ()

    def cut(self, text: str) -> tuple[str, ...]:
        """Return the words of a plain text, with the words inside long words, without signs and spaces."""
        parts = (part for word in self._words(text) for part in (*self._words_inside(word), word))
        return tuple(part for part in parts if part[0].isalnum())

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each word of the text starts and ends, without overlaps."""
        return list(pairwise(accumulate(map(len, self._words(text)), initial=0)))

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

    def _words(self, text: str) -> list[str]:
        """Return the words and signs of which a text is made; all of them together are the text."""
        words: list[str] = []
        # Every other part is a block; between the blocks each sign stands for itself.
        for at, part in enumerate(_BLOCK.split(text)):
            words += self._words_of_block(part) if at % 2 else _SIGN.findall(part)
        return words

    def _words_inside(self, word: str) -> list[str]:
        frequency = self._tokenizer.FREQ
        return [
            word[at : at + length]
            for length in (2, 3)
            if len(word) > length
            for at in range(len(word) - length + 1)
            if frequency.get(word[at : at + length])
        ]

    def _cut_block(self, block: str) -> tuple[str, ...]:
        """Cut a block as jieba does when it guesses at no new words, at a fraction of the cost."""
        ends = self._likeliest_ends(block)
        words: list[str] = []
        start, is_loose = 0, False
        while start < len(block):
            word = block[start : ends[start]]
            was_loose, is_loose = is_loose, len(word) == 1 and word.isascii() and word.isalnum()
            # Letters and digits that make no word of the dictionary stay together.
            if is_loose and was_loose:
                words[-1] += word
            else:
                words.append(word)
            start = ends[start]
        return tuple(words)

    def _likeliest_ends(self, block: str) -> list[int]:
        """Return for each place where the word that starts there ends, on the likeliest way through the block."""
        frequency, log = self._tokenizer.FREQ, math.log
        scores, ends = [0.0] * (len(block) + 1), list(range(1, len(block) + 1))
        for start in reversed(range(len(block))):
            best = -math.inf
            for end in range(start + 1, len(block) + 1):
                count = frequency.get(block[start:end])
                # The dictionary has the beginnings of its words, too, as often as never.
                if count is None:
                    break
                if count and (score := log(count) - self._log_total + scores[end]) >= best:
                    best, ends[start] = score, end
            scores[start] = best if best > -math.inf else scores[start + 1] - self._log_total
        return ends


@lru_cache(maxsize=1)
def shared_cutter() -> Cutter:
    """Return the process's cutter, made on first use; call it at start so that no visitor waits for it."""
    return Cutter(read_lines("words.txt"))
