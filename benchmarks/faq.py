"""The FAQ engine beside lexical peers: how well and how fast they find the right entry, and at what size.

Run `python -m benchmarks.faq [--base FILE --queries FILE] [--quick] [--json]`. Any base (id, category, question,
similar, answer) and any questions (query, expected[, acceptable]) will do; by default a second hospital's, which taught
the engine's start, so the figures of a base it has never met come with `--base`. The base is grown with entries made
from templates, which are there to be in the way. Every engine is searched on one core.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks.faq_engines import ENGINES, Engine, caredesk_engine
from benchmarks.report import Target, quantile, show
from caredesk.chatbot.evaluation import GUARDED, NO_ENTRY, Labelled
from caredesk.chatbot.index import FaqEntry
from caredesk.knowledge_base.files import read_table

DATA = Path(__file__).parents[1] / "tests" / "data" / "bot"
SIZES = (200, 1_000, 10_000, 100_000)
QUICK_SIZES = (200, 1_000)
MEGABYTE = 1024 * 1024

TARGETS = {
    "accuracy_at_1_200": Target(0.76, at_least=True),
    "recall_at_3_200": Target(0.89, at_least=True),
    "coverage_at_95_200": Target(0.45, at_least=True),
    "p99_ms_1000": Target(15),
    "p99_ms_100000": Target(40),
    "build_seconds_1000": Target(40),
    "memory_mb_100000": Target(600),
}
NOTES = [
    "What bounds a query: reading it (jieba, concepts, sounds), gathering the candidates' tokens, and one small solve.",
    "Peers are asked the same normalised text; their coverage ranks questions by their own best score.",
    "ChatterBot is not among them: it wants SQLAlchemy below 2.1 and cannot live in this environment.",
]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=DATA / "other_base.csv", help="the knowledge base, CSV or XLSX")
    parser.add_argument("--queries", type=Path, default=DATA / "other_questions.csv", help="the judged questions")
    parser.add_argument("--quick", action="store_true", help="two sizes, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    entries, labels = read_base(options.base), read_questions(options.queries)
    figures: dict[str, float] = {}
    threadpool_limits(limits=1)
    for size in QUICK_SIZES if options.quick else SIZES:
        grown = grow(entries, size=size)
        figures |= _measure(caredesk_engine, grown, labels, suffix=f"_{size}")
        for name, engine in ENGINES.items():
            figures |= _measure(engine, grown, labels, suffix=f"_{size}", prefix=f"{name}_")
    return show(figures, targets=TARGETS, notes=NOTES, as_json=options.json)


def read_base(file: Path) -> list[FaqEntry]:
    """Read a base as it is imported."""
    return [
        FaqEntry(
            id=row.cells["id"],
            category=row.cells.get("category", ""),
            question=row.cells["question"],
            similar=tuple(part for part in row.cells.get("similar", "").split("|") if part),
            answer=row.cells.get("answer", ""),
        )
        for row in read_table(file).rows
    ]


def read_questions(file: Path) -> list[Labelled]:
    """Read the questions that the base answers, and those that it does not; the guard has its own measure."""
    labels = [
        Labelled(
            query=row.cells["query"],
            expected=row.cells["expected"].strip(),
            acceptable=frozenset(filter(None, row.cells.get("acceptable", "").split("|"))),
        )
        for row in read_table(file).rows
    ]
    return [label for label in labels if label.expected not in GUARDED]


def grow(entries: Sequence[FaqEntry], *, size: int) -> list[FaqEntry]:
    """Add entries about other things until there are so many; the same size gives the same entries."""
    grown = list(entries)
    for place, thing, deed in product(range(1, 400), THINGS, DEEDS):
        if len(grown) >= size:
            break
        grown.append(_other(len(grown), f"{place}号{thing}", deed))
    return grown


THINGS = (
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
DEEDS = ("借用", "打扫", "登记", "修理", "关闭", "续租", "检修", "布置", "租用", "搬空", "上锁", "移交", "通风", "验收",
         "粉刷", "开放", "供电", "改建", "巡查", "消毒")  # fmt: skip


def _other(number: int, thing: str, deed: str) -> FaqEntry:
    return FaqEntry(
        id=f"other-{number:06}",
        category="后勤",
        question=f"{thing}怎么{deed}？",
        similar=(f"想{deed}{thing}找谁", f"{thing}什么时候能{deed}", f"{deed}{thing}要办什么手续"),
        answer=f"{thing}的{deed}请到后勤处办理，提前一天说明人数和时间。",
    )


def _measure(
    make: Callable[[Sequence[FaqEntry]], Engine],
    entries: Sequence[FaqEntry],
    labels: Sequence[Labelled],
    *,
    suffix: str,
    prefix: str = "",
) -> dict[str, float]:
    """Build one engine, ask it everything, and return its figures."""
    gc.collect()
    before = _resident()
    started = time.perf_counter()
    engine = make(entries)
    built = time.perf_counter() - started
    asked = [(label, *_timed(engine, label.query)) for label in labels]
    gc.collect()
    good = [(label, found) for label, found, _, _ in asked if label.in_scope]
    times = [milliseconds for _, _, _, milliseconds in asked]
    figures = {
        "accuracy_at_1": _share([label.accepts(found[0]) if found else False for label, found in good]),
        "recall_at_3": _share([any(map(label.accepts, found[:3])) for label, found in good]),
        "coverage_at_95": _coverage([(label, found[:1], sure) for label, found, sure, _ in asked]),
        "p50_ms": quantile(times, 0.5),
        "p99_ms": quantile(times, 0.99),
        "build_seconds": built,
        # Ours is told whole, with interpreter, dictionaries and tables; a peer by what it added.
        "memory_mb": _resident() / MEGABYTE if not prefix else max(0.0, _resident() - before) / MEGABYTE,
    }
    return {f"{prefix}{name}{suffix}": value for name, value in figures.items()}


def _timed(engine: Engine, query: str) -> tuple[list[str], float, float]:
    started = time.perf_counter()
    found, sure = engine(query)
    return found, sure, (time.perf_counter() - started) * 1000


def _coverage(ranked: Sequence[tuple[Labelled, list[str], float]]) -> float:
    """Return the largest share of the good questions that can be answered with 95 % precision."""
    total = sum(label.in_scope for label, _, _ in ranked)
    surest_first = sorted(ranked, key=lambda one: -one[2])
    right = covered = best = 0
    for answered, (label, found, sure) in enumerate(surest_first, start=1):
        right += label.expected != NO_ENTRY and bool(found) and label.accepts(found[0])
        covered += label.in_scope
        is_last = answered == len(surest_first) or surest_first[answered][2] < sure
        if is_last and right >= 0.95 * answered:
            best = covered
    return best / total if total else float("nan")


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / len(truths) if truths else float("nan")


def _resident() -> int:
    """Return how much memory the process holds now, in bytes."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    raise SystemExit(main())
