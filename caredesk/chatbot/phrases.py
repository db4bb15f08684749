"""Finds the wordings of many lists in one pass over a plain text; what they mean together is decided elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from caredesk.chatbot.lexicon import Finding, Wordings, wordings_of

_CLAUSE = re.compile(r"[^，。！？；,.!?;\n…~]+(?:\.\d[^，。！？；,!?;\n…~]*)?")

Groups = Mapping[str, Iterable[str]]
Findings = dict[str, list[Finding]]


class PhraseBook:
    """Named lists of grouped wordings, all of which are found in one pass."""

    def __init__(self, lists: Mapping[str, Groups]) -> None:
        self._wordings = Wordings(
            (wording, (name, group)) for name, groups in lists.items() for wording, group in wordings_of(groups)
        )

    def find(self, plain: str) -> Findings:
        """List the findings of every list that has any, from left to right; they may overlap."""
        found: Findings = defaultdict(list)
        for (name, group), start, end in self._wordings.find(plain):
            found[name].append(Finding(group, start, end))
        return found

    def finds_any(self, plain: str) -> bool:
        """Tell whether any list has a finding."""
        return bool(self._wordings.find(plain))


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
