"""Repairs what thumbs get wrong: homophones (挂好费 → 挂号费) and whole questions typed in pinyin (zenme tuihao).

Only words that the hospital itself uses are ever written into a question; ordinary words are left alone.
"""

import math
import re
from collections.abc import Iterable, Mapping

from caredesk.chatbot.cutter import Cutter
from caredesk.chatbot.pinyin import sound_of, split_syllables, syllable_of
from caredesk.chatbot.text import load_wording

_LATIN_RUN = re.compile(r"[a-z']{2,}(?: +[a-z']{2,})*")
_HAN_ONLY = re.compile(r"^[一-鿿]+$")
LONGEST_WORD = 5
# A word of the hospital is this many times likelier in a question here than the language at large suggests.
HOME_ADVANTAGE = 200.0
# A word that the language uses less often than this may be a typo that happens to be a word (发飘 for 发票).
SELDOM = 30
UNKNOWN_PER_SYLLABLE = -16.0


class Repairer:
    """Knows the words of the hospital and of its knowledge base by their sound."""

    def __init__(self, cutter: Cutter, *, words: Iterable[str], seen_in: Iterable[str] = ()) -> None:
        self._cutter = cutter
        # What editors have written side by side is no typo, even when it is no word: 换新号码.
        self._seen = frozenset(pair for text in seen_in for pair in _pairs(text))
        self._words = frozenset(word for word in words if _HAN_ONLY.match(word) and 2 <= len(word) <= LONGEST_WORD)
        self._by_sound: dict[tuple[str, ...], str] = {}
        for word in sorted(self._words, key=lambda w: (cutter.commonness(w), w)):
            self._by_sound[sound_of(word)] = word
        self._readings = _likeliest_readings(cutter, home_words=self._words)

    def repair(self, plain: str) -> str:
        """Return the text with pinyin written out and homophones of the hospital's words put right."""
        return self._fix_homophones(self._write_out_pinyin(plain))

    def _write_out_pinyin(self, plain: str) -> str:
        return _LATIN_RUN.sub(lambda found: self._written_out(found.group()), plain)

    def _written_out(self, run: str) -> str:
        pieces = [split_syllables(part) for part in re.split(r"[ ']+", run) if part]
        syllables = tuple(syllable for piece in pieces if piece for syllable in piece)
        # One syllable alone is more often an English word or an abbreviation than pinyin.
        if None in pieces or len(syllables) < 2:
            return run
        return self._likeliest_text(syllables)

    def _likeliest_text(self, syllables: tuple[str, ...]) -> str:
        best: list[tuple[float, str]] = [(0.0, "")]
        for end in range(1, len(syllables) + 1):
            options = []
            for start in range(max(0, end - LONGEST_WORD), end):
                score, word = self._readings.get(syllables[start:end], (UNKNOWN_PER_SYLLABLE * (end - start), ""))
                if word or end - start == 1:
                    options.append((best[start][0] + score, best[start][1] + (word or syllables[start])))
            best.append(max(options))
        return best[-1][1]

    def _fix_homophones(self, plain: str) -> str:
        fixed = plain
        for start, end in _loose_runs(self._cutter, plain, known=self._words):
            fixed = fixed[:start] + self._fixed_run(plain[start:end]) + fixed[end:]
        return fixed

    def _fixed_run(self, run: str) -> str:
        sounds = sound_of(run)
        at = 0
        fixed = ""
        while at < len(run):
            word = self._word_heard_at(run, sounds, at=at)
            fixed += word or run[at]
            at += len(word) if word else 1
        return fixed

    def _word_heard_at(self, run: str, sounds: tuple[str, ...], *, at: int) -> str | None:
        for length in range(min(LONGEST_WORD, len(run) - at), 1, -1):
            span = run[at : at + length]
            if span in self._seen:
                return span
            word = self._by_sound.get(sounds[at : at + length])
            if word is None or not load_wording().kept.isdisjoint(span):
                continue
            # Two syllables sound like too much: there one character must be right.
            if length > 2 or any(a == b for a, b in zip(span, word, strict=True)):
                return word
        return None


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1)]


def _loose_runs(cutter: Cutter, plain: str, *, known: frozenset[str]) -> list[tuple[int, int]]:
    """Find where the text falls into single characters and odd words: a typo leaves no good word standing."""
    runs: list[tuple[int, int]] = []
    for start, end in cutter.spans(plain):
        word = plain[start:end]
        loose = _HAN_ONLY.match(word) and (len(word) == 1 or (word not in known and cutter.commonness(word) < SELDOM))
        if loose and runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], end)
        elif loose:
            runs.append((start, end))
    return [(start, end) for start, end in runs if end - start > 1]


def _likeliest_readings(cutter: Cutter, *, home_words: frozenset[str]) -> Mapping[tuple[str, ...], tuple[float, str]]:
    readings: dict[tuple[str, ...], tuple[float, str]] = {}
    for word, count in cutter.common_words(longest=LONGEST_WORD):
        _keep_likelier(readings, word=word, weight=count * (HOME_ADVANTAGE if word in home_words else 1.0))
    for word in sorted(home_words):
        _keep_likelier(readings, word=word, weight=HOME_ADVANTAGE * 20)
    total = sum(cutter.commonness(word) for word, _ in cutter.common_words(longest=1)) or 1.0
    return {sound: (math.log(weight / (total * 20)), word) for sound, (weight, word) in readings.items()}


def _keep_likelier(readings: dict[tuple[str, ...], tuple[float, str]], *, word: str, weight: float) -> None:
    sound = tuple(syllable_of(character) for character in word)
    if sound not in readings or readings[sound][0] < weight:
        readings[sound] = (weight, word)
