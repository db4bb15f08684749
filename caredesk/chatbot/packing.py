"""Keeps the tokens of many texts in flat arrays: a hundred thousand entries take megabytes, not gigabytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.views import REGION_BITS, SPACE, VIEWS, Tokens

Singles = NDArray[np.float32]
Positions = NDArray[np.int64]

# Rows are looked at in blocks of this many, so that building needs little more space than what is built.
BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class Pack:
    """Texts as rows of tokens, one row after the other."""

    starts: Positions
    tokens: Tokens

    @classmethod
    def of(cls, rows: Sequence[Tokens]) -> "Pack":
        """Pack rows of tokens."""
        return cls(
            starts_of([len(row) for row in rows]), np.concatenate(rows) if len(rows) else np.zeros(0, dtype=np.int32)
        )

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, position: int) -> Tokens:
        """Return one text's tokens."""
        return self.tokens[self.starts[position] : self.starts[position + 1]]

    def owners(self) -> Positions:
        """Return for each token the row that it stands in."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def taken(self, rows: Positions) -> "Pack":
        """Return these rows as a pack of their own."""
        starts, ends = self.starts.take(rows), self.starts.take(rows + 1)
        return Pack(starts_of(ends - starts), self.tokens.take(ranges(starts, ends)))

    def blocks(self) -> Iterator[tuple[int, "Pack"]]:
        """Yield the rows in blocks, each with the position of its first row."""
        for first in range(0, len(self), BLOCK):
            starts = self.starts[first : first + BLOCK + 1]
            yield first, Pack(starts - starts[0], self.tokens[starts[0] : starts[-1]])


class Packer:
    """Packs rows that come one by one."""

    def __init__(self) -> None:
        self._lengths: list[int] = []
        self._waiting: list[Tokens] = []
        self._packed: list[Tokens] = []

    def add(self, row: Tokens) -> None:
        """Take one row."""
        self._lengths.append(len(row))
        self._waiting.append(row)
        if len(self._waiting) == BLOCK:
            self._packed.append(np.concatenate(self._waiting))
            self._waiting = []

    def packed(self) -> Pack:
        """Return what was taken."""
        whole = [*self._packed, *self._waiting]
        return Pack(starts_of(self._lengths), np.concatenate(whole) if whole else np.zeros(0, dtype=np.int32))


def starts_of(lengths: Sequence[int] | Positions) -> Positions:
    """Return where each row starts, and at last where they all end."""
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def ranges(starts: Positions, ends: Positions) -> Positions:
    """Return all numbers of the ranges from each start to its end."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)


def view_of(tokens: Tokens) -> Tokens:
    """Return for each token the number of its view."""
    return tokens >> REGION_BITS


def lengths_by_view(pack: Pack, *, weights: Singles) -> Singles:
    """Return each text's length in each view: the root of its summed squared weights, at least a trifle."""
    lengths = np.zeros((len(pack), len(VIEWS)), dtype=np.float32)
    for first, block in pack.blocks():
        squares = weights[block.tokens].astype(np.float64) ** 2
        key = block.owners() * len(VIEWS) + view_of(block.tokens)
        sums = np.bincount(key, weights=squares, minlength=len(block) * len(VIEWS))
        lengths[first : first + len(block)] = np.sqrt(np.maximum(sums, 1e-9)).reshape(-1, len(VIEWS))
    return lengths


def entries_with(pack: Pack, *, owners: Positions) -> Iterator[tuple[Positions, Tokens]]:
    """Yield each different pair of entry and token, block by block; an entry on a border may come twice."""
    for first, block in pack.blocks():
        keys = np.unique(owners[first + block.owners()] * SPACE + block.tokens)
        yield keys // SPACE, (keys % SPACE).astype(np.int32)
