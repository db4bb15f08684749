"""Entries that are in the way of a base: the same words about other things, and some that share little with it.

The same size gives the same entries, and a smaller size the first of them, so that sizes can be compared.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from caredesk.chatbot.entries import FaqEntry

WORDS = Path(__file__).with_suffix(".yaml")
SEED = 20261128
# Every so many-th has hardly a word in common with a hospital: no base is about one thing only.
FAR_EVERY = 5
PHRASES = 3
ROOMS = (
    "会议室",
    "仓库",
    "机房",
    "球场",
    "教室",
    "花园",
    "宿舍",
    "车间",
    "柜台",
    "码头",
    "展厅",
    "泳池",
    "库房",
    "岗亭",
)
DEEDS = ("借用", "打扫", "登记", "修理", "关闭", "续租", "检修", "布置", "租用", "搬空", "上锁", "移交", "通风", "验收")
FAR_NUMBERS = 150


def grow(entries: Sequence[FaqEntry], *, size: int) -> list[FaqEntry]:
    """Add entries about other things until there are so many."""
    missing = max(size - len(entries), 0)
    far, near = _far_order(), _near_order()
    added = [
        _far(number, far[number // FAR_EVERY]) if number % FAR_EVERY == 0 else _near(number, near[number])
        for number in range(missing)
    ]
    return [*entries, *added]


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return words


@lru_cache(maxsize=1)
def _near_order() -> list[tuple[str, str, int]]:
    words = _words()
    places = [f"{area}{unit}" for area, unit in product(words["areas"], words["units"])]
    every = list(product(places, words["subjects"], range(len(words["aspects"]))))
    random.Random(SEED).shuffle(every)
    return every


@lru_cache(maxsize=1)
def _far_order() -> list[tuple[int, str, str]]:
    every = list(product(range(1, FAR_NUMBERS), ROOMS, DEEDS))
    random.Random(SEED).shuffle(every)
    return every


def _near(number: int, about: tuple[str, str, int]) -> FaqEntry:
    place, subject, aspect = about
    chance = random.Random(f"{SEED}{number}")
    question, *others = _words()["aspects"][aspect]
    # Who is there already leaves the place out.
    similar = [way.format(s=chance.choice((subject, subject, f"{place}的{subject}"))) for way in others]
    return FaqEntry(
        id=f"near-{number:06}",
        category="后勤",
        question=question.format(s=f"{place}的{subject}"),
        similar=tuple(chance.sample(similar, k=min(PHRASES, len(similar)))),
        answer=chance.choice(_words()["answers"]).format(s=f"{place}的{subject}"),
    )


def _far(number: int, about: tuple[int, str, str]) -> FaqEntry:
    place, room, deed = about
    name = f"{place}号{room}"
    return FaqEntry(
        id=f"far-{number:06}",
        category="后勤",
        question=f"{name}怎么{deed}？",
        similar=(f"想{deed}{name}找谁", f"{name}什么时候能{deed}", f"{deed}{name}要办什么手续"),
        answer=f"{name}的{deed}请到后勤处办理，提前一天说明人数和时间。",
    )
