"""Finds the wordings of many lists in one pass over a plain text; what they mean together is decided elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from caredesk.chatbot.lexicon import GAP, WIDEST_GAP, Finding
from caredesk.chatbot.text import lower, simplify, standardise_words

_CLAUSE = re.compile(r"[^，。！？；,.!?;\n…~]+(?:\.\d[^，。！？；,!?;\n…~]*)?")
_CLAUSE_SIGN = re.compile(r"[，。！？；,.!?;\n]")

Groups = Mapping[str, Iterable[str]]
Findings = dict[str, list[Finding]]


@dataclass(frozen=True, slots=True)
class _Wording:
    head: str
    tails: Sequence[str]
    list_name: str
    group: str


class PhraseBook:
    """Named lists of grouped wordings. A wording is looked up by its first two characters, whatever list it is in."""

    def __init__(self, lists: Mapping[str, Groups]) -> None:
        self._by_start: dict[str, list[_Wording]] = defaultdict(list)
        self._names = tuple(lists)
        for name, groups in lists.items():
            for group, wordings in groups.items():
                for wording in dict.fromkeys(_plain(str(wording)) for wording in wordings):
                    head, *tails = wording.split(GAP)
                    self._by_start[head[:2]].append(_Wording(head, tails, name, group))

    def find(self, plain: str) -> Findings:
        """List the findings of every list from left to right; they may overlap."""
        found: Findings = {name: [] for name in self._names}
        by_start = self._by_start
        for start, character in enumerate(plain):
            candidates = by_start.get(plain[start : start + 2], ())
            alone = by_start.get(character, ()) if start + 1 < len(plain) else ()
            for wording in (*candidates, *alone):
                # Most do not go on as they begin, and to see that costs less than to ask.
                if not plain.startswith(wording.head, start):
                    continue
                end = _end(plain, start=start, wording=wording)
                if end is not None:
                    found[wording.list_name].append(Finding(wording.group, start, end))
        return found


def clauses_of(plain: str) -> list[tuple[int, int]]:
    """Return where the clauses of a text start and end; the point in 38.5 ends none."""
    return [found.span() for found in _CLAUSE.finditer(plain)]


def within(findings: Sequence[Finding], *, start: int, end: int) -> list[Finding]:
    """Return the findings that lie in one clause."""
    return [finding for finding in findings if start <= finding.start and finding.end <= end]


def as_groups(content: object, *, name: str) -> Groups:
    """Read a list of a data file: with groups inside, or one group of the list's own name."""
    if isinstance(content, Mapping):
        return {str(group): list(wordings) for group, wordings in content.items()}
    if isinstance(content, list):
        return {name: content}
    raise TypeError(f"{name} is neither a list nor groups of lists")


def _plain(wording: str) -> str:
    return standardise_words(simplify(lower(wording.strip())))


def _end(text: str, *, start: int, wording: _Wording) -> int | None:
    after = start + len(wording.head)
    for tail in wording.tails:
        at = text.find(tail, after, after + WIDEST_GAP + len(tail))
        if at < 0 or _CLAUSE_SIGN.search(text, after, at):
            return None
        after = at + len(tail)
    return after if _stands_alone(text, start=start, end=after) else None


def _stands_alone(text: str, *, start: int, end: int) -> bool:
    # A Latin wording must not be cut out of a longer Latin word: the hi of this.
    starts_inside = start > 0 and _is_latin(text[start]) and _is_latin(text[start - 1])
    ends_inside = end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end])
    return not (starts_inside or ends_inside)


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
