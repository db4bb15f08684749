"""The FAQ engine beside lexical peers: how well and how fast they find the right entry, and at what size.

Run `python -m benchmarks.faq [--base FILE --queries FILE] [--sizes N,N] [--quick] [--json] [--plot FILE]`. Any base
(id, category, question, similar, answer) and any questions (query, expected[, acceptable]) will do; by default those of
a third hospital, which taught the engine nothing. The base is grown with entries that share its words and ask for other
things (`faq_distractors.py`). Each engine is measured at each size in a process of its own, on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.faq_distractors import grow
from benchmarks.faq_engines import PEERS, NotMeasured, run_ours, run_peer
from benchmarks.growth_plot import Line, draw_growth
from benchmarks.report import Target, machine, quantile, show
from caredesk.chatbot.entries import FaqEntry
from caredesk.chatbot.evaluation import GUARDED, NO_ENTRY, Labelled
from caredesk.knowledge_base.files import read_table

DATA = Path(__file__).parents[1] / "tests" / "data" / "bot"
SIZES = (200, 1_000, 10_000, 100_000)
QUICK_SIZES = (200, 1_000)
SHARES = ("accuracy_at_1", "recall_at_3", "coverage_at_95")

TARGETS = {
    "p99_ms_1000": Target(15),
    "p99_ms_100000": Target(40),
    "build_seconds_1000": Target(40),
    "new_entry_seconds_1000": Target(1),
    "memory_mb_100000": Target(600),
    "accuracy_at_1_to_best_peer_200": Target(1.2, at_least=True),
    "accuracy_at_1_to_best_peer_1000": Target(1.2, at_least=True),
}
NOTES = [
    "Our times are whole turns (plain form, guard, search, decision), those of peers the search alone.",
    "Our shares are the search's, without the guard, to be compared with peers; turn_* are those of whole turns.",
    "Memory is that of the whole process: ours serves from a mapped index, and builds it in another (build_peak_mb).",
    "Peers' coverage ranks questions by their own best score. Every engine gets the questions as they were typed.",
]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=DATA / "report_base.csv", help="the knowledge base, CSV or XLSX")
    parser.add_argument("--queries", type=Path, default=DATA / "report_questions.csv", help="the judged questions")
    parser.add_argument("--sizes", help="numbers of entries, with commas between them")
    parser.add_argument("--quick", action="store_true", help="two sizes, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--plot", type=Path, help="draw the times over the number of entries into this SVG file")
    options = parser.parse_args()
    entries, labels = read_base(options.base), read_questions(options.queries)
    sizes = [int(size) for size in options.sizes.split(",")] if options.sizes else None
    figures: dict[str, float] = {}
    notes = list(NOTES)
    sizes = sizes or list(QUICK_SIZES if options.quick else SIZES)
    for size in sizes:
        figures |= _measure(grow(entries, size=size), labels, size=size, quick=options.quick, notes=notes)
    if options.plot:
        options.plot.write_text(_plot(figures, sizes=sizes), encoding="utf-8")
    return show(figures, targets=TARGETS, notes=notes, as_json=options.json)


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


def _measure(
    entries: Sequence[FaqEntry], labels: Sequence[Labelled], *, size: int, quick: bool, notes: list[str]
) -> dict[str, float]:
    """Measure all engines at one size; what is left out is told in a note."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base.jsonl"
        rows = ((one.id, one.category, one.question, one.similar, one.answer) for one in entries)
        base.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
        job = {"base": str(base), "queries": [label.query for label in labels]}
        figures |= _ours(run_ours(job), labels, size=size)
        peers: dict[str, dict[str, float]] = {}
        for name, peer in PEERS.items():
            if size > (peer.largest_quick if quick else peer.largest):
                notes.append(f"{name} is left out at {size:,} entries: it would need minutes for the questions.")
                continue
            try:
                peers[name] = _figures(run_peer(peer, job, may_install=not quick), labels)
            except NotMeasured as reason:
                notes.append(f"{name} is left out at {size:,} entries: {reason}.")
    for name, found in peers.items():
        figures |= {f"{name}_{figure}_{size}": value for figure, value in found.items()}
    return figures | _compared(figures, peers, size=size)


def _ours(done: dict[str, Any], labels: Sequence[Labelled], *, size: int) -> dict[str, float]:
    good = [(label, found) for label, found in zip(labels, done["turns"], strict=True) if label.in_scope]
    figures = _figures(done, labels) | {
        "p99_cpu_ms": quantile(done["cpu_milliseconds"], 0.99),
        "turn_accuracy_at_1": _share([bool(found) and label.accepts(found[0]) for label, found in good]),
        "turn_recall_at_3": _share([any(map(label.accepts, found[:3])) for label, found in good]),
        "build_peak_mb": done["build_peak_mb"],
        "swapping_mb": done["swapping_mb"],
        "new_entry_seconds": done["new_entry_seconds"],
    }
    return {f"{name}_{size}": value for name, value in figures.items()}


def _figures(done: dict[str, Any], labels: Sequence[Labelled]) -> dict[str, float]:
    """Return what every engine is told by."""
    asked = [(label, *found) for label, found in zip(labels, done["found"], strict=True)]
    good = [(label, found) for label, found, _ in asked if label.in_scope]
    return {
        "accuracy_at_1": _share([bool(found) and label.accepts(found[0]) for label, found in good]),
        "recall_at_3": _share([any(map(label.accepts, found[:3])) for label, found in good]),
        "coverage_at_95": _coverage(asked),
        "p50_ms": quantile(done["milliseconds"], 0.5),
        "p99_ms": quantile(done["milliseconds"], 0.99),
        "build_seconds": done["build_seconds"],
        "memory_mb": done["memory_mb"],
    }


def _compared(figures: dict[str, float], peers: dict[str, dict[str, float]], *, size: int) -> dict[str, float]:
    """Return ours as ratios to the best peer of the same run, and to the fastest one."""
    if not peers:
        return {}
    best = {name: max(peer[name] for peer in peers.values()) for name in SHARES}
    ratios = {f"{name}_to_best_peer_{size}": figures[f"{name}_{size}"] / best[name] for name in SHARES if best[name]}
    fastest = min(peer["p99_ms"] for peer in peers.values())
    return ratios | {f"p99_to_fastest_peer_{size}": figures[f"p99_ms_{size}"] / fastest}


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


def _plot(figures: dict[str, float], *, sizes: Sequence[int]) -> str:
    """Draw how long our turns and the searches of peers take."""
    engines = {"ours, p50": "p50_ms", "ours, p99": "p99_ms"} | {f"{peer}, p99": f"{peer}_p99_ms" for peer in PEERS}
    lines = [
        Line(name, [(float(size), figures[key]) for size in sizes if (key := f"{figure}_{size}") in figures])
        for name, figure in engines.items()
    ]
    drawn = [line for line in lines if line.points]
    return draw_growth(drawn, of="Time of a question", over="entries of the knowledge base", on=machine())


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / len(truths) if truths else float("nan")


if __name__ == "__main__":
    sys.exit(main())
