"""The guardrails on text: what they find of what they should, how often they are right, and what a message pays.

Run `python -m benchmarks.guardrails [--half tuning|test] [--quick] [--json] [--misses]`. The labelled lines are in
`benchmarks/guardrails_set/`; the word lists were made from the tuning half, and the test half, written before them, is
what is measured by default. Identity numbers and cards are besides asked of thousands of invented ones in every form.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from benchmarks.guardrails_set import Half, Line, made, read_lines
from benchmarks.report import Target, quantile, show
from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.text import normalise
from caredesk.guardrails.numbers import find_numbers, mask_numbers
from caredesk.guardrails.rules import KINDS, findings_in, signs_in
from caredesk.guardrails.terms import shared_terms

NUMBERS, QUICK_NUMBERS = 4000, 400
ROUNDS, QUICK_ROUNDS = 200, 20
IDENTITY_FORMS = ("id", "id_x", "id_small", "id_spaced", "id_dashed", "id_wide", "id_said")
CARD_FORMS = ("card", "card16", "visa", "card_spaced", "card_dashed", "card_wide")
AROUND = ("{}", "号码是{}。", "{} 13800138000", "(电话13800138000){}", "您好{}谢谢")

TARGETS = {
    "identity_number_recall": Target(1, at_least=True),
    "bank_card_recall": Target(1, at_least=True),
    "invented_numbers_missed": Target(0),
    "medical_advice_recall": Target(0.9, at_least=True),
    "medical_advice_precision": Target(0.9, at_least=True),
    "self_harm_recall": Target(0.9, at_least=True),
    "insult_precision": Target(0.9, at_least=True),
    "masking_us_p50": Target(30),
}
NOTES = [
    "Whoever wrote the lines wrote the lists: people at a real desk will say more than both of them thought of.",
    "Masking is timed over all lines of both halves; signs are what is listened for in families' messages besides.",
]


@dataclass
class Count:
    """How often a kind was found rightly, wrongly, and not at all."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("test", "tuning"), default="test", help="which labelled lines")
    parser.add_argument("--quick", action="store_true", help="fewer invented numbers and rounds, some seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--misses", action="store_true", help="print the lines that were judged wrongly")
    options = parser.parse_args()
    lines = read_lines(options.half)
    if options.misses:
        for line in lines:
            if found_in(line) != line.kinds:
                print(line.who, sorted(line.kinds), sorted(found_in(line)), line.text)
    figures: dict[str, float] = {"lines": len(lines)}
    for kind, count in counts_of(lines).items():
        figures |= {f"{kind}_recall": count.recall, f"{kind}_precision": count.precision}
    figures["invented_numbers_missed"] = len(missed_numbers(QUICK_NUMBERS if options.quick else NUMBERS))
    figures |= timed(QUICK_ROUNDS if options.quick else ROUNDS)
    return show(figures, targets=TARGETS, notes=NOTES, as_json=options.json)


def found_in(line: Line) -> frozenset[str]:
    """Return what the guardrails find in a line, as the desk asks them."""
    found: set[str] = {number.kind for number in find_numbers(line.text)}
    if line.who == "parent":
        return frozenset(found.union(signs_in(line.text, terms=shared_terms())))
    is_medical = shared_guard().medical(normalise(line.text).plain) is not None
    return frozenset(
        found.union(finding.kind for finding in findings_in(line.text, terms=shared_terms(), is_medical=is_medical))
    )


def counts_of(lines: Sequence[Line]) -> dict[str, Count]:
    """Count by kind what was found in labelled lines."""
    counts: dict[str, Count] = {kind: Count() for kind in KINDS}
    for line in lines:
        found = found_in(line)
        for kind in KINDS:
            if kind in found:
                counts[kind].right += kind in line.kinds
                counts[kind].wrong += kind not in line.kinds
            else:
                counts[kind].missed += kind in line.kinds
    return counts


def missed_numbers(count: int) -> list[str]:
    """Return the texts of invented numbers in every form and place whose digits were not all taken out."""
    return [text for text, kind in _invented(count) if [number.kind for number in find_numbers(text)] != [kind]]


def _invented(count: int) -> Iterator[tuple[str, str]]:
    dice = random.Random(7)
    forms = [*product(IDENTITY_FORMS, ["identity_number"]), *product(CARD_FORMS, ["bank_card"])]
    for number in range(count):
        form, kind = forms[number % len(forms)]
        yield AROUND[number % len(AROUND)].format(made(form, dice)), kind


def timed(rounds: int) -> dict[str, float]:
    """Return what one message pays, in microseconds."""
    texts = [line.text for half in _HALVES for line in read_lines(half)]
    terms = shared_terms()
    masking, signs = [], []
    for _ in range(rounds):
        for text in texts:
            begun = time.perf_counter()
            mask_numbers(text)
            between = time.perf_counter()
            signs_in(text, terms=terms)
            signs.append(time.perf_counter() - between)
            masking.append(between - begun)
    return {
        "masking_us_p50": quantile(masking, 0.5) * 1e6,
        "masking_us_p99": quantile(masking, 0.99) * 1e6,
        "signs_us_p50": quantile(signs, 0.5) * 1e6,
    }


_HALVES: tuple[Half, ...] = ("tuning", "test")


if __name__ == "__main__":
    raise SystemExit(main())
