"""The ways in which a text is looked at: its words, its characters, its sound and its ideas, each as TF-IDF."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from caredesk.chatbot.content import read_lines, read_yaml
from caredesk.chatbot.cutter import Cutter
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.pinyin import sound_of

STOPWORD_WEIGHT = 0.1
LONGEST_GRAM = 3
MOST_IDEAS_PAIRED = 8
PAIR = "+"


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, looked at in every way."""

    text: str
    words: tuple[str, ...]
    characters: tuple[str, ...]
    sounds: tuple[str, ...]
    ideas: tuple[str, ...]


VIEWS: dict[str, Callable[[Reading], tuple[str, ...]]] = {
    "words": lambda reading: reading.words,
    "characters": lambda reading: reading.characters,
    "sounds": lambda reading: reading.sounds,
    "ideas": lambda reading: reading.ideas,
}


class Reader:
    """Reads plain text with the hospital's dictionary and its concept lexicon."""

    def __init__(self, cutter: Cutter, *, concepts: Lexicon) -> None:
        self._cutter = cutter
        self._concepts = concepts
        self._cached = lru_cache(maxsize=4096)(self._read)

    def read(self, text: str) -> Reading:
        """Look at the text in every way."""
        return self._cached(text)

    def _read(self, text: str) -> Reading:
        letters = "".join(character for character in text if character.isalnum())
        return Reading(
            text=text,
            words=self._cutter.cut(text),
            characters=_grams(letters),
            sounds=_grams(sound_of(text)),
            ideas=_with_pairs(self._concepts.groups_in(text)),
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
        self._weights = dict(zip(map(str, names), map(float, self._vectorizer.idf_), strict=True))
        self._weight_of_unknown = float(np.log((len(documents) + 2) / 1.0)) + 1.0

    def rows(self, readings: Sequence[Reading]) -> csr_matrix:
        """Return one sparse row for each reading."""
        return csr_matrix(self._vectorizer.transform([self._tokens_of(reading) for reading in readings]))

    def weights(self, reading: Reading) -> dict[str, float]:
        """Return the weight of each different token, also of tokens that the base has never seen."""
        return {token: self._weight(token) for token in self._tokens_of(reading)}

    def knows(self, token: str) -> bool:
        """Tell whether any phrase of the base has this token."""
        return token in self._weights

    def _weight(self, token: str) -> float:
        known = self._weights.get(token)
        return self._weight_of_unknown * self._weigh(token) if known is None else known


def word_weight(cutter: Cutter) -> Callable[[str], float]:
    """Weigh words by how rare they are in the language: a small base alone cannot tell what is common."""
    stopwords = frozenset(read_lines("stopwords.txt"))

    def weigh(word: str) -> float:
        return STOPWORD_WEIGHT if word in stopwords else 0.3 + cutter.rarity(word)

    return weigh


def even_weight(_token: str) -> float:
    """Leave the weights to the base."""
    return 1.0


def single_ideas(reading: Reading) -> frozenset[str]:
    """Return the ideas of the text without their pairs."""
    return frozenset(idea for idea in reading.ideas if PAIR not in idea)


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
    return (*ordered, *(f"{a}{PAIR}{b}" for a, b in combinations(ordered[:MOST_IDEAS_PAIRED], 2)))
