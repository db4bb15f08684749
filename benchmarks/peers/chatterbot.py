"""ChatterBot's own matcher: its storage, read through as its text search does, and its usual comparison.

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
        bot.storage.create_many([Statement(text=owner, in_response_to=phrase) for owner, phrase in some])
    compare = LevenshteinDistance(language=None).compare_text

    def search(query: str) -> tuple[list[str], float]:
        known = bot.storage.filter(persona_not_startswith="bot:", page_size=1000)
        rated = [(statement.text, compare(query, statement.in_response_to)) for statement in known]
        return best([owner for owner, _ in rated], np.array([score for _, score in rated]))

    return search
