"""What an editor should look at before asking for a review: near-duplicates, and answers that contradict. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel
from rapidfuzz import fuzz, process

from caredesk.knowledge_base.rules import bare
from caredesk.knowledge_base.schemas import EntryContent

NEAR = 86
"""From this likeness on (of 100) two questions may be one; above the rules' limit they certainly read the same."""
SAME_MATTER = 62
"""From this likeness on two clauses, their figures left out, speak of the same thing."""
MOST_SHOWN = 8
_SHORT = 4

_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "半": 0.5}
# Unit: the dimension it measures, and how much of the dimension's smallest unit it is.
_UNITS: dict[str, tuple[str, float]] = {
    "分钟": ("time", 1),
    "小时": ("time", 60),
    "钟头": ("time", 60),
    "工作日": ("workday", 1),
    "天": ("time", 1440),
    "日": ("time", 1440),
    "周": ("time", 10080),
    "星期": ("time", 10080),
    "个月": ("month", 1),
    "年": ("month", 12),
    "元": ("money", 1),
    "块": ("money", 1),
    "周岁": ("age", 1),
    "岁": ("age", 1),
    "次": ("times", 1),
    "条": ("items", 1),
    "张": ("items", 1),
    "%": ("share", 1),
    "折": ("share", 10),
    "公里": ("distance", 1),
    "点": ("clock", 60),
}
_FIGURE = re.compile(
    r"(\d+(?:\.\d+)?|[零一二两三四五六七八九半]?十[一二三四五六七八九]?|[零一二两三四五六七八九半])\s*个?\s*("
    + "|".join(sorted(_UNITS, key=len, reverse=True))
    + ")"
)
# A day of the month or a year of the calendar is no duration.
_DATE = re.compile(
    r"\d{4}\s*年(?:\s*\d{1,2}\s*月)?(?:\s*\d{1,2}\s*日)?|\d{1,2}\s*月\s*\d{1,2}\s*日|第[一二三四五六七八九十\d]+次"
)
_CLAUSE = re.compile(r"[，。；！？、,;!?\n]+|\.(?!\d)")


class NearPhrase(BaseModel):
    """A question of another entry that reads nearly like one of this entry."""

    mine: str
    entry_id: str
    question: str
    theirs: str
    likeness: int


class Contradiction(BaseModel):
    """Another answer that says the same with another figure."""

    entry_id: str
    question: str
    mine: str
    theirs: str
    my_clause: str
    their_clause: str


class Figure(NamedTuple):
    """A number with its unit, and the clause in which it stands."""

    words: str
    dimension: str
    value: float
    clause: str
    matter: str


def near_phrases(content: EntryContent, *, others: Sequence[EntryContent]) -> list[NearPhrase]:
    """Return the nearest question of each other entry that nearly asks what this one asks, nearest first."""
    mine = [text for text in (content.question, *content.similar) if len(bare(text)) >= 2]
    theirs = [(other, text) for other in others if other.id != content.id for text in (other.question, *other.similar)]
    if not mine or not theirs:
        return []
    plain = [bare(text) for _, text in theirs]
    likeness = process.cdist([bare(text) for text in mine], plain, scorer=fuzz.ratio, score_cutoff=NEAR, dtype=np.uint8)
    best: dict[str, NearPhrase] = {}
    for row, column in zip(*likeness.nonzero(), strict=True):
        other, text = theirs[column]
        found = NearPhrase(
            mine=mine[row], entry_id=other.id, question=other.question, theirs=text, likeness=int(likeness[row, column])
        )
        if other.id not in best or best[other.id].likeness < found.likeness:
            best[other.id] = found
    return sorted(best.values(), key=lambda one: (-one.likeness, one.entry_id))[:MOST_SHOWN]


def contradictions(content: EntryContent, *, others: Iterable[EntryContent]) -> list[Contradiction]:
    """Return answers on the same topic that name another figure for the same matter.

    The caller chooses the topic: `others` are the entries that stand near to this one.
    """
    mine = figures(content.answer)
    found: list[Contradiction] = []
    for other in others:
        if other.id == content.id or other.audience != content.audience:
            continue
        pair = _contradiction(mine, figures(other.answer))
        if pair is not None:
            found.append(_told(other, *pair))
    return found[:MOST_SHOWN]


def figures(text: str) -> list[Figure]:
    """Return the numbers with units of a text: 24 小时 and 一天 are the same value of the same dimension."""
    found = []
    # Marks of Markdown are no words.
    for clause in _CLAUSE.split(_DATE.sub("", text.replace("*", "").replace("#", ""))):
        for match in _FIGURE.finditer(clause):
            dimension, size = _UNITS[match[2]]
            matter = bare(_FIGURE.sub("", clause))
            found.append(Figure(match[0], dimension, _number(match[1]) * size, clause.strip(), matter))
    return found


def _contradiction(mine: Sequence[Figure], theirs: Sequence[Figure]) -> tuple[Figure, Figure] | None:
    for one in mine:
        same_matter = [other for other in theirs if _comparable(one, other) and _same_matter(one, other)]
        if same_matter and all(_differ(one, other) for other in same_matter):
            return one, same_matter[0]
    return None


def _comparable(one: Figure, other: Figure) -> bool:
    """Tell whether two figures measure the same; days and working days do, and are never the same promise."""
    if one.dimension == other.dimension:
        return True
    return {one.dimension, other.dimension} == {"time", "workday"} and (_in_days(one) or _in_days(other))


def _in_days(figure: Figure) -> bool:
    return figure.dimension == "time" and figure.words.endswith(("天", "日"))


def _differ(one: Figure, other: Figure) -> bool:
    return (one.dimension, one.value) != (other.dimension, other.value)


def _same_matter(one: Figure, other: Figure) -> bool:
    if min(len(one.matter), len(other.matter)) < _SHORT:
        return one.matter == other.matter and one.matter != ""
    return fuzz.ratio(one.matter, other.matter) >= SAME_MATTER


def _told(other: EntryContent, mine: Figure, theirs: Figure) -> Contradiction:
    return Contradiction(
        entry_id=other.id,
        question=other.question,
        mine=mine.words,
        theirs=theirs.words,
        my_clause=mine.clause,
        their_clause=theirs.clause,
    )


def _number(words: str) -> float:
    if words[0].isdigit():
        return float(words)
    if "十" not in words:
        return _DIGITS[words]
    tens, _, ones = words.partition("十")
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
