"""ChatterBot's own matcher: every statement of its storage under its usual comparison.

Its best-match search gives one statement only; here all are ranked, so that more than the first can be judged.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from chatterbot import ChatBot
from chatterbot.comparisons import LevenshteinDistance
from chatterbot.conversation import Statement
from chatterbot.tagging import NoOpTagger

from benchmarks.peers.ranking import Phrases, Search, best

AT_ONCE = 2_000


def make(phrases: Phrases) -> Search:
    """Return the search."""
    file = Path(tempfile.mkdtemp(prefix="chatterbot-")) / "statements.sqlite3"
    # Its tagger for English would only get in the way of Chinese.
    bot = ChatBot("peer", tagger=NoOpTagger, database_uri=f"sqlite:///{file}", read_only=True)
    for start in range(0, len(phrases), AT_ONCE):
        some = phrases[start : start + AT_ONCE]
        bot.storage.create_many([_statement(owner, phrase) for owner, phrase in some])
    compare = LevenshteinDistance(language=None).compare_text
    # It reads its storage for every question; here it may keep what it has read.
    known = [(one.text, one.in_response_to) for one in bot.storage.filter(page_size=AT_ONCE)]
    owners = [owner for owner, _ in known]

    def search(query: str) -> tuple[list[str], float]:
        return best(owners, np.array([compare(query, phrase) for _, phrase in known]))

    return search


def _statement(owner: str, phrase: str) -> Statement:
    # The texts that its tagger would index are the texts themselves.
    return Statement(text=owner, in_response_to=phrase, search_text=owner, search_in_response_to=phrase)
