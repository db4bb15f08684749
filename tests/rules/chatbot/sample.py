"""A small knowledge base, the demo hospital's base, and labelled questions, for the chatbot's tests."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from caredesk.chatbot.bot import Bot
from caredesk.chatbot.evaluation import GUARDED, NO_ENTRY, Labelled
from caredesk.chatbot.index import FaqEntry
from caredesk.infra.index_folder import learned_index
from tests.fixtures.desk import LEARNED

ROOT = Path(__file__).parents[3]
LABELLED = ROOT / "tests" / "data" / "bot"
DEMO = ROOT / "caredesk" / "demo_hospital" / "knowledge_base"

SMALL = (
    FaqEntry("cancel", "预约", "怎么退号？", ("不想看了，怎么取消预约", "挂的号能退吗"), "在“我的预约”里点“退号”。"),
    FaqEntry("invoice", "票据", "怎么开发票？", ("电子发票在哪下载", "报销要的票据去哪拿"), "在“我的票据”里下载。"),
    FaqEntry("parcel", "物流", "药寄到哪儿了？", ("快递单号在哪看", "怎么查物流"), "在“我的处方”里看物流。"),
    FaqEntry("fever-clinic", "科室", "发烧能挂哪个科？", ("发热门诊在哪",), "请到发热门诊。"),
)


@cache
def small_bot() -> Bot:
    """Return a bot over four entries."""
    return Bot(learned_index(SMALL, version="small", folder=LEARNED))


@cache
def demo_bot() -> Bot:
    """Return a bot over the demo hospital's whole base."""
    entries = [_entry(row) for file in sorted(DEMO.glob("*.csv")) for row in _rows(file)]
    return Bot(learned_index(entries, version="demo", folder=LEARNED))


def labelled(*names: str) -> list[Labelled]:
    """Return the labelled questions of these lists."""
    return [
        Labelled(row["query"], row["expected"], frozenset(filter(None, (row.get("acceptable") or "").split("|"))))
        for name in names
        for row in _rows(LABELLED / f"{name}.csv")
    ]


def expecting(kind: str, labels: Sequence[Labelled]) -> list[Labelled]:
    """Return the questions of one kind; `entry` stands for all that an entry answers."""
    special = (*GUARDED, NO_ENTRY)
    return [one for one in labels if one.expected == kind or (kind == "entry" and one.expected not in special)]


def _entry(row: dict[str, str]) -> FaqEntry:
    similar = tuple(part for part in row["similar"].split("|") if part)
    return FaqEntry(row["id"], row["category"], row["question"], similar, row["answer"])


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
