"""BM25 over jieba's words, by bm25s."""

from __future__ import annotations

import logging

import bm25s
import jieba

from benchmarks.peers.ranking import Phrases, Search, best


def make(phrases: Phrases) -> Search:
    """Return the search."""
    jieba.setLogLevel(logging.WARNING)
    owners = [owner for owner, _ in phrases]
    retriever = bm25s.BM25()
    retriever.index([_words(phrase) for _, phrase in phrases], show_progress=False)

    def search(query: str) -> tuple[list[str], float]:
        known = [word for word in _words(query) if word in retriever.vocab_dict]
        return best(owners, retriever.get_scores(known)) if known else ([], 0.0)

    return search


def _words(text: str) -> list[str]:
    return [word for word in jieba.lcut(text) if word.strip()]
