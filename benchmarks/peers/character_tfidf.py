"""scikit-learn's TF-IDF over runs of one to three characters, with cosine likeness."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.peers.ranking import Phrases, Search, best


def make(phrases: Phrases) -> Search:
    """Return the search."""
    owners = [owner for owner, _ in phrases]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), dtype=np.float32)
    matrix = vectorizer.fit_transform([phrase for _, phrase in phrases]).T.tocsr()

    def search(query: str) -> tuple[list[str], float]:
        return best(owners, np.asarray((vectorizer.transform([query]) @ matrix).todense()).ravel())

    return search
