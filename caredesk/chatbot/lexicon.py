"""Finds the wordings of named groups in a plain text: the matcher behind concepts, red flags and wishes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from caredesk.chatbot.text import lower, simplify, standardise_words

# 退…费 also finds 退一下那个挂号费: the parts of a wording may stand this far apart, within one clause.
WIDEST_GAP = 5
GAP = "…"
_CLAUSE_SIGN = re.compile(r"[，。！？；,.!?;\n]")


@dataclass(frozen=True, slots=True)
class Finding:
    """A group whose wording was found, and where."""

    group: str
    start: int
    end: int


class Lexicon:
    """Groups of wordings, ready to be found in one pass over a text."""

    def __init__(self, groups: Mapping[str, Iterable[str]]) -> None:
        # By the first two characters: hardly any wording is looked at in vain.
        self._by_start: dict[str, list[tuple[str, Sequence[str], str]]] = defaultdict(list)
        for group, wordings in groups.items():
            for wording in dict.fromkeys(_plain(str(wording)) for wording in wordings):
                head, *tails = wording.split(GAP)
                self._by_start[head[:2]].append((head, tails, group))

    def find(self, text: str) -> list[Finding]:
        """List every finding from left to right; findings may overlap."""
        found: list[Finding] = []
        for start, character in enumerate(text):
            pair = text[start : start + 2]
            wordings = [*self._by_start.get(pair, ()), *(self._by_start.get(character, ()) if len(pair) > 1 else ())]
            for head, tails, group in wordings:
                if text.startswith(head, start):
                    end = _end_of_tails(text, after=start + len(head), tails=tails)
                    if end is not None and _stands_alone(text, start=start, end=end):
                        found.append(Finding(group, start, end))
        return found

    def groups_in(self, text: str) -> frozenset[str]:
        """Return the groups that have at least one wording in the text."""
        return frozenset(finding.group for finding in self.find(text))


def without_covered(findings: Sequence[Finding], *, covers: Sequence[Finding]) -> list[Finding]:
    """Drop the findings that lie wholly inside one of the covers: 抽 of 抽血."""
    if not covers or not findings:
        return list(findings)
    return [f for f in findings if not any(c.start <= f.start and f.end <= c.end for c in covers)]


def _plain(wording: str) -> str:
    return standardise_words(simplify(lower(wording.strip())))


def _end_of_tails(text: str, *, after: int, tails: Sequence[str]) -> int | None:
    for tail in tails:
        at = text.find(tail, after, after + WIDEST_GAP + len(tail))
        if at < 0 or _CLAUSE_SIGN.search(text, after, at):
            return None
        after = at + len(tail)
    return after


def _stands_alone(text: str, *, start: int, end: int) -> bool:
    # A Latin wording must not be cut out of a longer Latin word: the hi of this.
    starts_inside = start > 0 and _is_latin(text[start]) and _is_latin(text[start - 1])
    ends_inside = end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end])
    return not (starts_inside or ends_inside)


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
