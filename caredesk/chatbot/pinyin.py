"""Sounds of a text: syllables with fuzzy initials and finals, so that 挂好 still sounds like 挂号, and raw pinyin."""

import os
import re
import zlib
from functools import lru_cache

# Only single characters are read here; the phrases that pypinyin would load take 45 MB. It looks when it is imported.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

from pypinyin import lazy_pinyin
from pypinyin.constants import PINYIN_DICT

_FUZZY = (
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"^l(?=[aeiouv])"), "n"),
    (re.compile(r"([aei])ng$"), r"\1n"),
)
_LONGEST_SYLLABLE = 6
_HAN = re.compile(r"[一-鿿]")


def sound_of(text: str) -> tuple[str, ...]:
    """Return the fuzzy syllable of every Chinese character; other characters are left out."""
    return tuple(fuzzy(syllable_of(character)) for character in text if _HAN.match(character))


@lru_cache(maxsize=30_000)
def syllable_of(character: str) -> str:
    """Return the usual reading, character by character, so that a typo sounds as the word it was meant to be."""
    reading: str = lazy_pinyin(character)[0]
    return reading.replace("ü", "v")


@lru_cache(maxsize=30_000)
def sound_number(character: str) -> int | None:
    """Return a number that characters of the same fuzzy syllable share; None for what is not Chinese."""
    return zlib.crc32(fuzzy(syllable_of(character)).encode()) if _HAN.match(character) else None


@lru_cache(maxsize=4_000)
def fuzzy(syllable: str) -> str:
    """Fold the differences that many speakers do not hear: zh/z, ch/c, sh/s, l/n, ang/an, eng/en, ing/in."""
    for pattern, folded in _FUZZY:
        syllable = pattern.sub(folded, syllable)
    return syllable


def split_syllables(run: str) -> tuple[str, ...] | None:
    """Split a run of Latin letters into the fewest pinyin syllables, or return None when it is no pinyin."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - _LONGEST_SYLLABLE), end):
            before = best[start]
            if before is None or run[start:end] not in _all_syllables():
                continue
            current = best[end]
            if current is None or len(before) + 1 < len(current):
                best[end] = (*before, run[start:end])
    return best[len(run)] or None


@lru_cache(maxsize=1)
def _all_syllables() -> frozenset[str]:
    common = (chr(code) for code in PINYIN_DICT if 0x4E00 <= code <= 0x9FFF)
    syllables = {syllable_of(character) for character in common}
    return frozenset(s for s in syllables if s.isascii() and s.isalpha() and (len(s) > 1 or s in "ae"))
