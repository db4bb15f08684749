"""Gists: in a large base an entry is found by what it means, though it shares no word with the question."""

from __future__ import annotations

import numpy as np

from caredesk.chatbot.gist import LEADING, NEAREST, Gists

ENTRIES = 200


def _meanings() -> np.ndarray:
    chance = np.random.default_rng(7)
    return chance.integers(-127, 127, size=(ENTRIES * 2, LEADING * 2)).astype(np.int8)


def test_the_entry_that_means_the_same_is_among_the_nearest() -> None:
    meanings, starts = _meanings(), np.arange(0, ENTRIES * 2 + 1, 2)
    gists = Gists.of(meanings, phrase_starts=starts)
    for entry in (0, 57, ENTRIES - 1):
        asked = meanings[entry * 2 : entry * 2 + 2].sum(axis=0).astype(np.float32)
        assert entry in gists.nearest([asked])


def test_the_last_clause_is_looked_at_beside_the_whole() -> None:
    meanings, starts = _meanings(), np.arange(0, ENTRIES * 2 + 1, 2)
    gists = Gists.of(meanings, phrase_starts=starts)
    whole, clause = (meanings[entry * 2].astype(np.float32) for entry in (3, 150))
    assert {3, 150} <= set(gists.nearest([whole, whole, clause]).tolist())


def test_so_many_are_named_and_no_more() -> None:
    meanings = _meanings()
    few, many = np.arange(0, 21, 2), np.arange(0, ENTRIES * 2 + 1, 2)
    asked = meanings[0].astype(np.float32)
    assert len(Gists.of(meanings[:20], phrase_starts=few).nearest([asked])) == 10
    assert len(Gists.of(meanings, phrase_starts=many).nearest([asked])) == NEAREST
