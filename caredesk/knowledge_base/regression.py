"""What publishing would make better and worse: the questions to ask, and the verdict over the answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from caredesk.knowledge_base.schemas import EntryContent

MOST_ASKED = 6000
"""More questions than this are not asked before a swap; those of changed entries always are."""
MOST_SHOWN = 200

Origin = Literal["question", "similar", "judged"]


@dataclass(frozen=True)
class Judged:
    """A question of which a person said what is right: an entry, nothing at all (empty), or a guard `(medical)`."""

    text: str
    expected: str
    acceptable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Probe:
    """A question with the entry that it must lead to."""

    text: str
    expected: str
    origin: Origin
    acceptable: tuple[str, ...] = ()

    def accepts(self, led_to: str) -> bool:
        """Tell whether this is where the question should lead."""
        return led_to == self.expected or led_to in self.acceptable


class Finding(BaseModel):
    """A question whose answer changed, or that misses its entry; an empty id means no entry."""

    text: str
    expected: str
    origin: Origin
    before: str
    after: str


class RegressionReport(BaseModel):
    """What the new index does with the questions that the old one was asked, too."""

    asked: int
    judged: int
    right_before: int
    right_after: int
    lost: int
    gained: int
    missed: int
    loss: float
    limit: float
    lost_shown: list[Finding]
    gained_shown: list[Finding]
    missed_shown: list[Finding]
    """Wrong before and after: a new similar question that does not lead to its entry, for example."""

    @property
    def is_acceptable(self) -> bool:
        """Tell whether no more is lost than the limit allows."""
        return self.loss <= self.limit


def probes_of(contents: Sequence[EntryContent], *, judged: Sequence[Judged], changed: frozenset[str]) -> list[Probe]:
    """Return what is asked: every published question, and every judged one whose entry will be served.

    With more than can be asked in reasonable time, the questions of changed entries and the judged ones come first,
    and of the others every n-th, so that the same base always has the same questions.
    """
    served = {content.id for content in contents}
    wanted = [
        Probe(one.text, one.expected, "judged", one.acceptable)
        for one in judged
        # A question whose entry is gone has nowhere to lead; guards and silence are always there.
        if one.expected in served or one.expected == "" or one.expected.startswith("(")
    ]
    others: list[Probe] = []
    for content in sorted(contents, key=lambda content: content.id):
        probes = [Probe(content.question, content.id, "question")]
        probes += [Probe(text, content.id, "similar") for text in content.similar]
        (wanted if content.id in changed else others).extend(probes)
    room = max(MOST_ASKED - len(wanted), 0)
    if len(others) > room:
        others = others[:: -(-len(others) // room)] if room else []
    return list(dict.fromkeys([*wanted, *others]))


def verdict(probes: Sequence[Probe], *, before: Sequence[str], after: Sequence[str], limit: float) -> RegressionReport:
    """Compare where each question led before and where it will lead; the loss is that of what was right."""
    findings = [
        (probe.accepts(old), probe.accepts(new), _finding(probe, before=old, after=new))
        for probe, old, new in zip(probes, before, after, strict=True)
    ]
    was_right = sum(old for old, _, _ in findings)
    lost = [one for old, new, one in findings if old and not new]
    gained = [one for old, new, one in findings if new and not old]
    missed = [one for old, new, one in findings if not old and not new]
    return RegressionReport(
        asked=len(findings),
        judged=sum(probe.origin == "judged" for probe in probes),
        right_before=was_right,
        right_after=was_right - len(lost) + len(gained),
        lost=len(lost),
        gained=len(gained),
        missed=len(missed),
        loss=round(len(lost) / was_right, 4) if was_right else 0.0,
        limit=limit,
        lost_shown=lost[:MOST_SHOWN],
        gained_shown=gained[:MOST_SHOWN],
        missed_shown=missed[:MOST_SHOWN],
    )


def _finding(probe: Probe, *, before: str, after: str) -> Finding:
    return Finding(text=probe.text, expected=probe.expected, origin=probe.origin, before=before, after=after)
