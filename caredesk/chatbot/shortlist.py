"""The first stage of a search: a cheap inverted index that leaves a few hundred of any number of entries."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.packing import Positions, Singles, ranges, starts_of
from caredesk.chatbot.views import HALF, REGION, SPACE, Tokens

# A base up to this size is searched whole: the second stage alone is fast enough.
SEARCHED_WHOLE = 200
SHORTLISTED = 120
# What more than this many entries have tells none from another; reading their lists is what would cost.
LONGEST_LIST = 5_000


@dataclass(frozen=True, slots=True)
class Shortlist:
    """For each telling token the entries that have it."""

    starts: Positions
    entries: Tokens
    lengths: Singles

    @classmethod
    def of(cls, pairs: Iterable[tuple[Positions, Tokens]], *, weights: Singles, entries: int) -> "Shortlist":
        """Make the lists from pairs of entry and token."""
        owners, tokens = _telling(pairs)
        counts = np.bincount(tokens, minlength=SPACE)
        kept = counts[tokens] <= LONGEST_LIST
        owners, tokens = owners[kept], tokens[kept]
        squares = np.bincount(owners, weights=weights[tokens].astype(np.float64) ** 2, minlength=entries)
        order = np.argsort(tokens, kind="stable")
        return cls(
            starts=starts_of(np.bincount(tokens, minlength=SPACE)),
            entries=owners[order],
            lengths=np.sqrt(np.maximum(squares, 1e-6)).astype(np.float32),
        )

    def nearest(self, tokens: Tokens, *, weights: Singles) -> Positions:
        """Return the entries that share most with these tokens, in the order of the base."""
        size = len(self.lengths)
        if size <= SEARCHED_WHOLE:
            return np.arange(size)
        starts, ends = self.starts[tokens], self.starts[tokens + 1]
        found = self.entries[ranges(starts, ends)]
        shares = np.repeat(weights[tokens].astype(np.float64) ** 2, ends - starts)
        scores = np.bincount(found, weights=shares, minlength=size) / np.sqrt(self.lengths)
        return np.sort(np.argpartition(-scores, SHORTLISTED)[:SHORTLISTED])


def _telling(pairs: Iterable[tuple[Positions, Tokens]]) -> tuple[Tokens, Tokens]:
    kept = [
        (owners[telling].astype(np.int32), tokens[telling])
        for owners, tokens in pairs
        if (telling := _tells(tokens)).any()
    ]
    nothing = np.zeros(0, dtype=np.int32)
    return (
        np.concatenate([nothing, *(owners for owners, _ in kept)]),
        np.concatenate([nothing, *(tokens for _, tokens in kept)]),
    )


def _tells(tokens: Tokens) -> NDArray[np.bool_]:
    """Tell which tokens are words, ideas, or two characters or sounds in a row."""
    return (tokens < REGION) | (tokens >= REGION * 3) | (tokens % REGION >= HALF)
