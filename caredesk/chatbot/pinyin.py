"""Sounds of a text: syllables with fuzzy initials and finals, so that 挂好 still sounds like 挂号, and raw pinyin."""

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin_dict
from pypinyin.constants import PHRASES_DICT as _PHRASES  # noqa: F401  (loads the phrases before the first question)

_LATIN_RUN = re.compile(r"[a-z]+(?:'[a-z]+)*")
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_FINALS = (("iang", "ian"), ("uang", "uan"), ("ang", "an"), ("eng", "en"), ("ing", "in"))
_LONGEST_SYLLABLE = 6
