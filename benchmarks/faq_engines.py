"""The engines that `benchmarks.faq` compares: ours, and what people usually take. Each gives entry ids and a score."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import bm25s
import jieba
import numpy as np
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer

from caredesk.chatbot.index import FaqEntry, build_index

Engine = Callable[[str], tuple[list[str], float]]
BEST = 5
# So many phrases are looked at for the best entries: several may belong to the same one.
PHRASES = 40


def caredesk_engine(entries: Sequence[FaqEntry]) -> Engine:
    """Return our index, asked for its candidates; the guard and the dialogue are not part of this."""
    index = build_index(entries, version="benchmark")

    def search(query: str) -> tuple[list[str], float]:
        found = index.search(index.read(query))
        return [scored.entry.id for scored in found.candidates], found.confidence

    return search


def jieba_tfidf(entries: Sequence[FaqEntry]) -> Engine:
    """Return TF-IDF over jieba's words with cosine likeness."""
    owners, phrases = _phrases(entries)
    vectorizer = TfidfVectorizer(tokenizer=_cut, token_pattern=None, lowercase=False)
    matrix = vectorizer.fit_transform(phrases).T.tocsr()

    def search(query: str) -> tuple[list[str], float]:
        return _best(owners, np.asarray((vectorizer.transform([query]) @ matrix).todense()).ravel())

    return search


def bm25(entries: Sequence[FaqEntry]) -> Engine:
    """Return BM25 over jieba's words."""
    owners, phrases = _phrases(entries)
    retriever = bm25s.BM25()
    retriever.index([_cut(phrase) for phrase in phrases], show_progress=False)

    def search(query: str) -> tuple[list[str], float]:
        words = [word for word in _cut(query) if word in retriever.vocab_dict]
        return _best(owners, retriever.get_scores(words)) if words else ([], 0.0)

    return search


def rapidfuzz_ratio(entries: Sequence[FaqEntry]) -> Engine:
    """Return the likeness of the strings."""
    owners, phrases = _phrases(entries)

    def search(query: str) -> tuple[list[str], float]:
        return _best(owners, process.cdist([query], phrases, scorer=fuzz.ratio, dtype=np.float32)[0])

    return search


ENGINES: dict[str, Callable[[Sequence[FaqEntry]], Engine]] = {
    "jieba_tfidf": jieba_tfidf,
    "bm25s": bm25,
    "rapidfuzz": rapidfuzz_ratio,
}


def _phrases(entries: Sequence[FaqEntry]) -> tuple[list[str], list[str]]:
    jieba.setLogLevel(logging.WARNING)
    pairs = [(entry.id, phrase) for entry in entries for phrase in (entry.question, *entry.similar)]
    return [owner for owner, _ in pairs], [phrase for _, phrase in pairs]


def _cut(text: str) -> list[str]:
    return [word for word in jieba.lcut(text) if word.strip()]


def _best(owners: Sequence[str], scores: np.ndarray) -> tuple[list[str], float]:
    """Return the entries of the best phrases, best first, and the best score."""
    some = np.argpartition(-scores, min(PHRASES, len(scores) - 1))[:PHRASES]
    ordered = some[np.argsort(-scores[some], kind="stable")]
    entries = list(dict.fromkeys(owners[row] for row in ordered if scores[row] > 0))
    return entries[:BEST], float(scores[ordered[0]])
