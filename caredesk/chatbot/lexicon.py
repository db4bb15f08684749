"""Finds the wordings of named groups in a plain text: the matcher behind concepts, red flags and wishes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

from caredesk.chatbot.text import lower, simplify, standardise_words

# 退…费 also finds 退一下那个挂号费: the parts of a wording may stand this far apart, within one clause.
WIDEST_GAP = 5
GAP = "…"
CLAUSE_SIGNS = "，。！？；,.!?;\n"
_CLAUSE_SIGN = re.compile(f"[{CLAUSE_SIGNS}]")
PIECES_KEPT = 2048

Meaning = TypeVar("Meaning")


class Finding(NamedTuple):
    """A group whose wording was found, and where."""

    group: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Wording(Generic[Meaning]):
    rank: int
    length: int
    tails: Sequence[str]
    meaning: Meaning
    # Only a wording that begins or ends in Latin letters can be a part of a longer Latin word.
    has_latin_edge: bool


_rank = attrgetter("rank")


class Wordings(Generic[Meaning]):
    """Wordings that each mean something, ready to be found in one pass over a text."""

    def __init__(self, wordings: Iterable[tuple[str, Meaning]]) -> None:
        self._by_head: dict[str, list[_Wording[Meaning]]] = defaultdict(list)
        lengths: dict[str, set[int]] = defaultdict(set)
        signs: set[str] = set()
        for rank, (wording, meaning) in enumerate(wordings):
            head, *tails = wording.split(GAP)
            whole = head + "".join(tails)
            has_latin_edge = any(map(_is_latin, (whole[:1], whole[-1:])))
            self._by_head[head].append(_Wording(rank, len(head), tails, meaning, has_latin_edge))
            lengths[head[:2]].add(len(head))
            signs.update(whole)
        # By the first two characters, how long those are that begin so: hardly any is looked for in vain.
        self._lengths = {start: sorted(many) for start, many in lengths.items()}
        # Nothing is found across a sign that stands in no wording. So a message and its clauses have their pieces in
        # common, and each is looked at once.
        borders = set(CLAUSE_SIGNS) - signs
        self._border = re.compile(f"([{re.escape(''.join(sorted(borders)))}]+)")
        self._found_in_piece = lru_cache(maxsize=PIECES_KEPT)(self._find)

    def find(self, text: str) -> list[tuple[Meaning, int, int]]:
        """List what is meant from left to right, and where it starts and ends; findings may overlap."""
        found: list[tuple[Meaning, int, int]] = []
        at = 0
        for piece in self._border.split(text):
            found += [(meaning, at + start, at + end) for meaning, start, end in self._found_in_piece(piece)]
            at += len(piece)
        return found

    def _find(self, text: str) -> list[tuple[Meaning, int, int]]:
        found: list[tuple[Meaning, int, int]] = []
        lengths_of, last = self._lengths, len(text) - 1
        for start, character in enumerate(text):
            lengths = lengths_of.get(text[start : start + 2])
            if lengths is not None:
                self._find_at(text, start=start, lengths=lengths, found=found)
            if start < last and character in lengths_of:
                self._find_at(text, start=start, lengths=(1,), found=found)
        return found

    def _find_at(self, text: str, *, start: int, lengths: Sequence[int], found: list[tuple[Meaning, int, int]]) -> None:
        begun: list[_Wording[Meaning]] = []
        for length in lengths:
            if start + length > len(text):
                break
            begun += self._by_head.get(text[start : start + length], ())
        if len(begun) > 1:
            begun.sort(key=_rank)
        for wording in begun:
            end = start + wording.length
            if wording.tails:
                end = _end_of_tails(text, after=end, tails=wording.tails)
            if end > 0 and not (wording.has_latin_edge and _is_cut_out(text, start=start, end=end)):
                found.append((wording.meaning, start, end))


class Lexicon:
    """Groups of wordings, ready to be found in one pass over a text."""

    def __init__(self, groups: Mapping[str, Iterable[str]]) -> None:
        self._wordings = Wordings(wordings_of(groups))

    def find(self, text: str) -> list[Finding]:
        """List every finding from left to right; findings may overlap."""
        return [Finding(group, start, end) for group, start, end in self._wordings.find(text)]

    def groups_in(self, text: str) -> frozenset[str]:
        """Return the groups that have at least one wording in the text."""
        return frozenset(group for group, _, _ in self._wordings.find(text))


def wordings_of(groups: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Yield the wordings of groups in plain form, each once in its group, with the group's name."""
    for group, wordings in groups.items():
        yield from ((wording, group) for wording in dict.fromkeys(_plain(str(wording)) for wording in wordings))


def without_covered(findings: Sequence[Finding], *, covers: Sequence[Finding]) -> list[Finding]:
    """Drop the findings that lie wholly inside one of the covers: 抽 of 抽血."""
    if not covers or not findings:
        return list(findings)
    return [f for f in findings if not any(c.start <= f.start and f.end <= c.end for c in covers)]


def _plain(wording: str) -> str:
    return standardise_words(simplify(lower(wording.strip())))


def _end_of_tails(text: str, *, after: int, tails: Sequence[str]) -> int:
    """Return where the last part ends; -1 when one is missing, too far away or in another clause."""
    for tail in tails:
        at = text.find(tail, after, after + WIDEST_GAP + len(tail))
        if at < 0 or (at > after and _CLAUSE_SIGN.search(text, after, at)):
            return -1
        after = at + len(tail)
    return after


def _is_cut_out(text: str, *, start: int, end: int) -> bool:
    # A Latin wording must not be cut out of a longer Latin word: the hi of this.
    starts_inside = start > 0 and _is_latin(text[start]) and _is_latin(text[start - 1])
    ends_inside = end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end])
    return starts_inside or ends_inside


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
