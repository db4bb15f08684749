"""Learns what every index starts with from the judged questions of two bases: `python -m tools.learn_prior`.

Each base's questions are held back from what the other one teaches; how they fare then is printed, and is what the
thresholds are set by. What is shipped is learned from both.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from caredesk.chatbot.calibration import SIGNALS, Calibration, fit_curve, signals
from caredesk.chatbot.evidence import FEATURES, Evidence
from caredesk.chatbot.fusion import HOLD, Fusion, Lesson, learn_weights
from caredesk.chatbot.index import FaqEntry, FaqIndex, build_index
from caredesk.chatbot.rehearsal import rehearse

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "tests" / "data" / "bot"
DEMO = ROOT / "caredesk" / "demo_hospital" / "knowledge_base"
PRIOR = ROOT / "caredesk" / "chatbot" / "data" / "prior.json"
# The bases that will be met have three similar questions for each entry, so the shipped one is cut to as many.
SIMILAR = 3
GUARDED = ("medical", "emergency", "human")
EVEN_START, FIRST_HOLD = 0.2, 0.03
SEED = 20261122


@dataclass(frozen=True)
class Judged:
    """A question's evidence, the positions of the entries that answer it, and whether there should be any."""

    evidence: Evidence
    answers: list[int]
    in_scope: bool


@dataclass(frozen=True)
class Base:
    """One base with its judged questions and its rehearsals."""

    judged: Sequence[Judged]
    rehearsed: Sequence[Lesson]

    def lessons(self) -> list[Lesson]:
        return [Lesson.of(one.evidence, answers=one.answers) for one in self.judged if one.in_scope]

    def adapted(self, start: Fusion) -> Fusion:
        return learn_weights(self.rehearsed, start=start.weights, hold=HOLD)


def main() -> None:
    """Learn, show what was held back, and write the file."""
    demo = _read(sorted(DEMO.glob("*.csv")), ["questions.csv", "out_of_scope.csv"], similar=SIMILAR)
    other = _read([QUESTIONS / "other_base.csv"], ["other_questions.csv", "out_of_scope.csv"], similar=SIMILAR)
    tried = []
    for taught_by, held_back in ((demo, other), (other, demo)):
        start = _learn_start([taught_by])
        curve = _learn_curve([(taught_by, taught_by.adapted(start))])
        tried += _try(held_back, held_back.adapted(start), curve)
    start = _learn_start([demo, other])
    curve = _learn_curve([(base, base.adapted(start)) for base in (demo, other)])
    content = {
        "fusion": _named(FEATURES, start.weights),
        "curve": _named(SIGNALS, curve.weights),
        "bias": round(curve.bias, 5),
        "tried": sorted(tried, reverse=True),
    }
    PRIOR.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


def _read(files: Sequence[Path], questions: Sequence[str], *, similar: int) -> Base:
    entries = [_entry(row, similar=similar) for file in files for row in _rows(file)]
    index = build_index(entries, version=str(SEED))
    place = {entry.id: position for position, entry in enumerate(index.entries)}
    rows = [row for name in questions for row in _rows(QUESTIONS / name) if row["expected"] not in GUARDED]
    judged = [one for row in rows if (one := _judge(index, row, place=place))]
    if index.shelf is None:
        raise ValueError("an empty base teaches nothing")
    rehearsals = rehearse(index.shelf, seed=SEED)
    return Base(judged, [Lesson.of(rehearsal.evidence, answers=[rehearsal.answer]) for rehearsal in rehearsals])


def _judge(index: FaqIndex, row: dict[str, str], *, place: dict[str, int]) -> Judged | None:
    evidence = index.evidence(index.read(row["query"]))
    wanted = [row["expected"], *(row.get("acceptable") or "").split("|")]
    answers = [place[name] for name in wanted if name in place]
    return Judged(evidence, answers, in_scope=row["expected"] != "none") if evidence else None


def _learn_start(bases: Sequence[Base]) -> Fusion:
    lessons = [lesson for base in bases for lesson in base.lessons()]
    return learn_weights(lessons, start=EVEN_START, hold=FIRST_HOLD)


def _learn_curve(bases: Sequence[tuple[Base, Fusion]]) -> Calibration:
    rows, right = [], []
    for base, fusion in bases:
        for one in base.judged:
            logits = fusion.weigh(one.evidence.features)
            rows.append(signals(one.evidence, logits=logits))
            right.append(_is_right(one, logits))
    return fit_curve(np.vstack(rows), right=np.array(right))


def _try(base: Base, fusion: Fusion, curve: Calibration) -> list[tuple[float, int, int]]:
    tried = []
    for one in base.judged:
        logits = fusion.weigh(one.evidence.features)
        sure = round(curve.confidence(one.evidence, logits=logits), 3)
        tried.append((sure, int(one.in_scope), int(_is_right(one, logits))))
    good = [right for _, in_scope, right in tried if in_scope]
    click.echo(f"held back: {len(tried)} questions, accuracy@1 {sum(good) / len(good):.3f} of {len(good)} in scope")
    return tried


def _is_right(one: Judged, logits: np.ndarray) -> bool:
    return int(one.evidence.positions[int(np.argmax(logits))]) in one.answers


def _named(names: Sequence[str], weights: np.ndarray) -> dict[str, float]:
    return {name: round(float(weight), 5) for name, weight in zip(names, weights, strict=True)}


def _entry(row: dict[str, str], *, similar: int) -> FaqEntry:
    phrases = tuple(part for part in row["similar"].split("|") if part)
    return FaqEntry(row["id"], row["category"], row["question"], phrases[:similar], row["answer"])


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


if __name__ == "__main__":
    main()
