"""Keeps the texts and tokens of a base in flat arrays: a hundred thousand entries take megabytes, not gigabytes."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.views import REGION_BITS, SPACE, VIEWS, Tokens

Singles = NDArray[np.float32]
Positions = NDArray[np.int64]

# Rows are looked at in blocks of about this many, so that building needs little more space than what is built.
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

    def between(self, first: int, last: int) -> "Pack":
        """Return the rows from the first up to the last, which is not among them, without copying them."""
        starts = self.starts[first : last + 1]
        return Pack(starts - starts[0], self.tokens[starts[0] : starts[-1]])

    def blocks(self) -> Iterator[tuple[int, "Pack"]]:
        """Yield the rows in blocks, each with the position of its first row."""
        for first in range(0, len(self), BLOCK):
            yield first, self.between(first, min(first + BLOCK, len(self)))


class Packer:
    """Packs rows that come one by one, or many at once from another pack."""

    def __init__(self) -> None:
        self._lengths = array("i")
        self._tokens = Grown(np.int32)

    def add(self, row: Tokens) -> None:
        """Take one row."""
        self._lengths.append(len(row))
        self._tokens.add(row)

    def extend(self, rows: Pack) -> None:
        """Take all rows of another pack."""
        self._lengths.extend(np.diff(rows.starts).tolist())
        self._tokens.add(rows.tokens)

    def packed(self) -> Pack:
        """Return what was taken."""
        return Pack(starts_of(np.frombuffer(self._lengths, dtype=np.int32)), self._tokens.whole())


class Grown:
    """An array that grows at its end, in one piece of memory."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._dtype = dtype
        self._bytes = bytearray()

    def add(self, more: NDArray[Any]) -> None:
        """Put an array of the same type to the end."""
        self._bytes += more.tobytes()

    def whole(self) -> NDArray[Any]:
        """Return all that was added; nothing can be added any more."""
        return np.frombuffer(self._bytes, dtype=self._dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Texts(Sequence[str]):
    """Strings, one after the other in one buffer."""

    starts: NDArray[np.uint32]
    signs: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> list[str]: ...

    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return self.some(np.arange(len(self))[row])
        place = range(len(self))[row]
        return self.signs[self.starts[place] : self.starts[place + 1]].tobytes().decode()

    def between(self, first: int, last: int) -> list[str]:
        """Return the strings from the first up to the last, which is not among them."""
        signs = self.signs.data
        return [str(signs[start:end], "utf-8") for start, end in pairwise(self.starts[first : last + 1].tolist())]

    def some(self, rows: Positions) -> list[str]:
        """Return these strings."""
        signs = self.signs.data
        borders = zip(self.starts.take(rows).tolist(), self.starts.take(rows + 1).tolist(), strict=True)
        return [str(signs[start:end], "utf-8") for start, end in borders]


class TextPacker:
    """Packs strings that come one by one, or many at once from others."""

    def __init__(self) -> None:
        self._lengths = array("I")
        self._signs = bytearray()

    def add(self, text: str) -> None:
        """Take one string; what cannot be written in any encoding becomes a question mark."""
        written = text.encode(errors="replace")
        self._lengths.append(len(written))
        self._signs += written

    def extend(self, texts: Texts, *, first: int, last: int) -> None:
        """Take the strings from the first up to the last, which is not among them."""
        starts = texts.starts[first : last + 1]
        self._lengths.extend(np.diff(starts).tolist())
        self._signs += texts.signs[starts[0] : starts[-1]].tobytes()

    def packed(self) -> Texts:
        """Return what was taken."""
        lengths = np.frombuffer(self._lengths, dtype=np.uint32)
        return Texts(starts_of(lengths).astype(np.uint32), np.frombuffer(self._signs, dtype=np.uint8))


def starts_of(lengths: Sequence[int] | NDArray[Any]) -> Positions:
    """Return where each row starts, and at last where they all end."""
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def ranges(starts: Positions, ends: Positions) -> Positions:
    """Return all numbers of the ranges from each start to its end."""
    lengths = ends - starts
    last = np.cumsum(lengths)
    numbers = np.repeat(starts - last + lengths, lengths)
    numbers += np.arange(len(numbers))
    return numbers


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


def entries_with(pack: Pack, *, phrase_starts: Positions) -> Iterator[tuple[Positions, Tokens]]:
    """Yield each different pair of entry and token once, some thousand entries at a time, in order of both."""
    first, entries = 0, len(phrase_starts) - 1
    while first < entries:
        last = int(np.searchsorted(phrase_starts, phrase_starts[first] + BLOCK, side="right")) - 1
        last = min(max(last, first + 1), entries)
        block = pack.between(int(phrase_starts[first]), int(phrase_starts[last]))
        owners = np.repeat(np.arange(first, last), np.diff(phrase_starts[first : last + 1]))
        keys = owners[block.owners()] * SPACE + block.tokens
        # Sorting is several times as fast as the hashing with which numpy finds what is unique.
        keys.sort()
        keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
        yield keys // SPACE, (keys % SPACE).astype(np.int32)
        first = last
