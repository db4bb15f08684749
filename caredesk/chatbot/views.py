"""The ways in which a text is looked at: its words, its characters, its sound and its ideas, each as TF-IDF."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from caredesk.chatbot.content import read_lines, read_yaml
from caredesk.chatbot.cutter import Cutter
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.pinyin import sound_of

Floats = NDArray[np.float64]

STOPWORD_WEIGHT = 0.1
LONGEST_GRAM = 3
MOST_IDEAS_PAIRED = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, looked at in every way."""

    text: str
    words: tuple[str, ...]
    characters: tuple[str, ...]
    sounds: tuple[str, ...]
    ideas: tuple[str, ...]
    # The ideas without their pairs.
    single_ideas: frozenset[str]


VIEWS: dict[str, Callable[[Reading], tuple[str, ...]]] = {
    "words": attrgetter("words"),
    "characters": attrgetter("characters"),
    "sounds": attrgetter("sounds"),
    "ideas": attrgetter("ideas"),
}


class Reader:
    """Reads plain text with the hospital's dictionary and its concept lexicon."""

    def __init__(self, cutter: Cutter, *, concepts: Lexicon) -> None:
        self._cutter = cutter
        self._concepts = concepts
        self._cached = lru_cache(maxsize=4096)(self._read)

    def __getstate__(self) -> dict[str, object]:
        # What was read is only remembered to save time; a stored index starts afresh.
        return {"cutter": self._cutter, "concepts": self._concepts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["cutter"], concepts=state["concepts"])  # type: ignore[misc]

    def read(self, text: str) -> Reading:
        """Look at the text in every way."""
        return self._cached(text)

    def _read(self, text: str) -> Reading:
        ideas = self._concepts.groups_in(text)
        letters = "".join(character for character in text if character.isalnum())
        return Reading(
            text=text,
            words=self._cutter.cut(text),
            characters=_grams(letters),
            sounds=_grams(sound_of(text)),
            ideas=_with_pairs(ideas),
            single_ideas=ideas,
        )


class View:
    """One way of looking, fitted to a base: weighs tokens and turns readings into rows of unit length."""

    def __init__(
        self,
        tokens_of: Callable[[Reading], tuple[str, ...]],
        *,
        documents: Sequence[Sequence[Reading]],
        weigh: Callable[[str], float],
    ) -> None:
        self._tokens_of = tokens_of
        self._weigh = weigh
        self._vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True, lowercase=False)
        # Document frequencies count entries, not phrases: five ways to ask for a refund make "refund" no commoner.
        whole = [[token for reading in document for token in tokens_of(reading)] for document in documents]
        self._vectorizer.fit([*whole, ["\0"]])
        names = self._vectorizer.get_feature_names_out()
        self._vectorizer.idf_ = self._vectorizer.idf_ * np.array([weigh(str(name)) for name in names])
        self._tokens = TokenWeights.of(self._vectorizer)
        self._weight_of_unknown = float(np.log(len(documents) + 2)) + 1.0

    def rows(self, readings: Sequence[Reading]) -> csr_matrix:
        """Return one sparse row for each reading."""
        return csr_matrix(self._vectorizer.transform([self._tokens_of(reading) for reading in readings]))

    def row(self, reading: Reading) -> "SparseRow":
        """Return one reading's row, many times faster than `rows` and equal to it."""
        return self._tokens.row(self._tokens_of(reading))

    def weights(self, reading: Reading) -> dict[str, float]:
        """Return the weight of each different token, also of tokens that the base has never seen."""
        return {token: self._weight(token) for token in self._tokens_of(reading)}

    def knows(self, token: str) -> bool:
        """Tell whether any phrase of the base has this token."""
        return token in self._tokens.columns

    def _weight(self, token: str) -> float:
        column = self._tokens.columns.get(token)
        return self._weight_of_unknown * self._weigh(token) if column is None else float(self._tokens.idf[column])


@dataclass(frozen=True, slots=True)
class SparseRow:
    """The columns of one text that are not zero, with their values."""

    columns: NDArray[np.int64]
    values: Floats


@dataclass(frozen=True, slots=True)
class TokenWeights:
    """A fitted vectorizer's columns and weights, for asking one text at a time without scikit-learn's checks."""

    columns: dict[str, int]
    idf: Floats

    @classmethod
    def of(cls, vectorizer: TfidfVectorizer) -> "TokenWeights":
        """Take over what a vectorizer (sublinear, of unit length) has learned."""
        columns = {str(token): int(column) for token, column in vectorizer.vocabulary_.items()}
        return cls(columns=columns, idf=np.asarray(vectorizer.idf_, dtype=np.float64))

    def row(self, tokens: Sequence[str]) -> SparseRow:
        """Return the row of a text's tokens; unknown ones are left out."""
        counts = Counter(column for token in tokens if (column := self.columns.get(token)) is not None)
        columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        values = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))) * self.idf[columns]
        length = float(np.sqrt(values @ values))
        return SparseRow(columns, values / length if length else values)


class Postings:
    """For each token the texts that have it: answers "how near is this row to every text" at once."""

    def __init__(self, rows: csr_matrix) -> None:
        by_token = csr_matrix(rows.T)
        self._size = rows.shape[0]
        self._starts, self._texts, self._values = by_token.indptr, by_token.indices, by_token.data

    def near(self, row: SparseRow) -> Floats:
        """Return the cosine with every text."""
        if not len(row.columns):
            return np.zeros(self._size)
        starts, ends = self._starts[row.columns], self._starts[row.columns + 1]
        spans = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
        texts = np.concatenate([self._texts[span] for span in spans])
        shares = np.concatenate([self._values[span] for span in spans]) * np.repeat(row.values, ends - starts)
        return np.asarray(np.bincount(texts, weights=shares, minlength=self._size), dtype=np.float64)


class WordWeight:
    """Weighs words by how rare they are in the language: a small base alone cannot tell what is common."""

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._stopwords = frozenset(read_lines("stopwords.txt"))

    def __call__(self, word: str) -> float:
        return STOPWORD_WEIGHT if word in self._stopwords else 0.3 + self._cutter.rarity(word)


def even_weight(_token: str) -> float:
    """Leave the weights to the base."""
    return 1.0


def load_concepts() -> dict[str, list[str]]:
    """Read the concept lexicon: each idea with its wordings."""
    return {str(idea): [str(wording) for wording in wordings] for idea, wordings in read_yaml("concepts.yaml").items()}


def _grams(units: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        "".join(units[start : start + length])
        for length in range(1, LONGEST_GRAM + 1)
        for start in range(len(units) - length + 1)
    )


def _with_pairs(ideas: frozenset[str]) -> tuple[str, ...]:
    # 退费 with 挂号 is another question than 退费 with 药品: the pair says more than its halves.
    ordered = sorted(ideas)
    return (*ordered, *(f"{a}+{b}" for a, b in combinations(ordered[:MOST_IDEAS_PAIRED], 2)))
