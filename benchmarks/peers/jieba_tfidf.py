"""scikit-learn's TF-IDF over jieba's words, with cosine likeness."""

from __future__ import annotations

import logging

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.peers.ranking import Phrases, Search, best


def make(phrases: Phrases) -> Search:
    """Return the search."""
    jieba.setLogLevel(logging.WARNING)
    owners = [owner for owner, _ in phrases]
    vectorizer = TfidfVectorizer(tokenizer=_words, token_pattern=None, lowercase=False, dtype=np.float32)
    matrix = vectorizer.fit_transform([phrase for _, phrase in phrases]).T.tocsr()

    def search(query: str) -> tuple[list[str], float]:
        return best(owners, np.asarray((vectorizer.transform([query]) @ matrix).todense()).ravel())

    return search


def _words(text: str) -> list[str]:
    return [word for word in jieba.lcut(text) if word.strip()]
