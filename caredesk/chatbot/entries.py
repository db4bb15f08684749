"""The published entries as the bot needs them: a hundred thousand in one buffer instead of a million objects."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import overload

from caredesk.chatbot.packing import Positions, TextPacker, Texts, starts_of

# So many entries are made together when all are looked at.
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """One published question with its answer, as the bot needs it."""

    id: str
    category: str
    question: str
    similar: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True, eq=False)
class Entries(Sequence[FaqEntry]):
    """Entries in order of their ids; each is made anew when it is looked at."""

    texts: Texts
    starts: Positions

    @classmethod
    def of(cls, entries: Iterable[FaqEntry]) -> Entries:
        """Keep these entries, whatever their order."""
        if isinstance(entries, Entries):
            return entries
        packer, counts = TextPacker(), []
        last, in_order = "", True
        for entry in entries:
            in_order, last = in_order and last <= entry.id, entry.id
            parts = (entry.id, entry.category, entry.question, entry.answer, *entry.similar)
            counts.append(len(parts))
            for part in parts:
                packer.add(part)
        kept = cls(packer.packed(), starts_of(counts))
        return kept if in_order else cls.of(sorted(kept, key=lambda entry: entry.id))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, at: int) -> FaqEntry: ...

    @overload
    def __getitem__(self, at: slice) -> list[FaqEntry]: ...

    def __getitem__(self, at: int | slice) -> FaqEntry | list[FaqEntry]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        return next(self._made(place, place + 1))

    def __iter__(self) -> Iterator[FaqEntry]:
        for first in range(0, len(self), AT_ONCE):
            yield from self._made(first, min(first + AT_ONCE, len(self)))

    def _made(self, first: int, last: int) -> Iterator[FaqEntry]:
        borders = self.starts[first : last + 1]
        texts = self.texts.between(int(borders[0]), int(borders[-1]))
        for start, end in pairwise((borders - borders[0]).tolist()):
            entry_id, category, question, answer, *similar = texts[start:end]
            yield FaqEntry(entry_id, category, question, tuple(similar), answer)

    def id_at(self, place: int) -> str:
        """Return the id of the entry at a place."""
        return self.texts[int(self.starts[place])]

    def by_id(self) -> EntriesById:
        """Return the entries by their ids."""
        return EntriesById(self)


class EntriesById(Mapping[str, FaqEntry]):
    """The entries by id, found by halving: no table of all ids is kept."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def __getitem__(self, entry_id: str) -> FaqEntry:
        place = bisect_left(range(len(self._entries)), entry_id, key=self._entries.id_at)
        if place == len(self._entries) or self._entries.id_at(place) != entry_id:
            raise KeyError(entry_id)
        return self._entries[place]

    def __iter__(self) -> Iterator[str]:
        return (self._entries.id_at(place) for place in range(len(self._entries)))

    def __len__(self) -> int:
        return len(self._entries)
