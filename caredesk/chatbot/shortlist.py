"""The first stage of a search: a cheap inverted index that leaves a few hundred of any number of entries."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.packing import Positions, Singles, ranges, starts_of
from caredesk.chatbot.views import HALF, REGION, SPACE, Tokens

# A base up to this size is searched whole: the second stage alone is fast enough.
SEARCHED_WHOLE = 200
SHORTLISTED = 100
# What more than this many entries have tells none from another; reading their lists is what would cost.
LONGEST_LIST = 5_000


@dataclass(frozen=True, slots=True)
class Shortlist:
    """For each telling token the entries that have it."""

    starts: NDArray[np.uint32]
    entries: Tokens
    lengths: Singles

    @classmethod
    def of(
        cls, pairs: Callable[[], Iterator[tuple[Positions, Tokens]]], *, common: Tokens, weights: Singles, entries: int
    ) -> "Shortlist":
        """Make the lists from pairs of entry and token, which come in order of the entries."""
        told = np.where(_tells(np.arange(SPACE, dtype=np.int32)) & (common <= LONGEST_LIST), common, 0)
        starts = starts_of(told)
        listed = np.zeros(int(starts[-1]), dtype=np.int32)
        squares = np.zeros(entries)
        # Where the next entry of each list goes: the lists are filled block by block, so that no other copy is needed.
        ends = starts[:-1].copy()
        for all_owners, all_tokens in pairs():
            kept = told[all_tokens] > 0
            owners, tokens = all_owners[kept], all_tokens[kept]
            squares += np.bincount(owners, weights=weights[tokens].astype(np.float64) ** 2, minlength=entries)
            order = np.argsort(tokens, kind="stable")
            counts = np.bincount(tokens, minlength=SPACE)
            present = counts.nonzero()[0]
            listed[ranges(ends[present], ends[present] + counts[present])] = owners[order]
            ends += counts
        lengths = np.sqrt(np.maximum(squares, 1e-6)).astype(np.float32)
        return cls(starts=starts.astype(np.uint32), entries=listed, lengths=lengths)

    def nearest(self, tokens: Tokens, *, weights: Singles) -> Positions:
        """Return the entries that share most with these tokens, in the order of the base."""
        size = len(self.lengths)
        if size <= SEARCHED_WHOLE:
            return np.arange(size)
        starts, ends = self.starts.take(tokens).astype(np.int64), self.starts.take(tokens + 1).astype(np.int64)
        found = self.entries.take(ranges(starts, ends))
        shares = np.repeat(weights.take(tokens).astype(np.float64) ** 2, ends - starts)
        scores = np.bincount(found, weights=shares, minlength=size) / np.sqrt(self.lengths)
        return np.sort(np.argpartition(-scores, SHORTLISTED)[:SHORTLISTED])


def _tells(tokens: Tokens) -> NDArray[np.bool_]:
    """Tell which tokens are words, ideas, or two characters or sounds in a row."""
    return (tokens < REGION) | (tokens >= REGION * 3) | (tokens % REGION >= HALF)
