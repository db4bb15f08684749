"""What the guard's net is taught with: examples read as the bot reads them, in folds, put together, as sparse rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.cutter import shared_cutter
from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.guard_features import Traits, traits_of
from caredesk.chatbot.instinct import KINDS, MARK_WEIGHT, UNKNOWN_SHARE
from caredesk.chatbot.lexicon import GAP, Lexicon
from caredesk.chatbot.repair import Repairer
from caredesk.chatbot.text import load_wording, normalise, standardise_words
from caredesk.chatbot.views import Reader, WordWeight, load_concepts, word_token
from tools.distil_meanings import Singles, distilled
from tools.guard_examples import HARMLESS, make_framed, make_noise, read_examples, read_paraphrases

FOLDS = 4
# Sentences from frames are alike by their making: they are taught to every net and held back from none.
NEVER_HELD_BACK = FOLDS
FRAMED, NOISE, MADE_SEED = 1500, 200, 7
# Texts with so much of their pairs of characters in common are near duplicates, and never stand in two folds.
NEAR = 0.6
SEEN_AT_LEAST = 4
COMPARED_AT_ONCE = 1000
# How much the meanings of a text's words count beside its tokens.
MEANING_WEIGHT = 2.0
LONGEST_PART = 40
SHORTEST_PART = 4
JOINTS = (",", ",", "。", " ", ",另外", ",还有", ",顺便问下", "")
# Two texts put together, as how many in a hundred: what asks for a medical judgement beside a question of the desk is
# medical, what only tells of a sick child beside it is not.
TOGETHER = (
    ("other", "telling", "harmless", 25),
    ("medical", "asking", "harmless", 25),
    ("emergency", "emergency", "harmless", 15),
    ("human", "human", "harmless", 10),
    ("medical", "human", "asking", 5),
    ("other", "any", "harmless", 20),
)


@dataclass(frozen=True)
class Lessons:
    """Plain texts with their kinds, and the fold of each."""

    texts: list[str]
    kinds: NDArray[np.int64]
    folds: NDArray[np.int64]

    def of(self, wanted: NDArray[np.bool_]) -> Lessons:
        """Return some of the lessons."""
        return Lessons([self.texts[at] for at in np.flatnonzero(wanted)], self.kinds[wanted], self.folds[wanted])


class Eye:
    """Reads texts as the bot does, and remembers their traits."""

    def __init__(self) -> None:
        cutter, concepts = shared_cutter(), load_concepts()
        named = {wording for wordings in concepts.values() for wording in wordings if GAP not in wording}
        self._repairer = Repairer(cutter, words=named | set(read_lines("words.txt")), seen_in=sorted(named))
        self.reader = Reader(cutter, concepts=Lexicon(concepts))
        self._traits: dict[str, Traits] = {}

    def plain(self, text: str) -> str:
        """Return a text in plain form, typing errors put right."""
        return standardise_words(self._repairer.repair(normalise(text).plain))

    def traits(self, plain: str) -> Traits:
        """Return what there is to feel in a plain text."""
        if plain not in self._traits:
            self._traits[plain] = traits_of(self.reader.read(plain), guard=shared_guard())
        return self._traits[plain]


def read_lessons(eye: Eye) -> Lessons:
    """Read all examples and harmless questions, each once, and what is made of frames and noise."""
    labelled = [*read_examples(), *((HARMLESS, text) for text in read_paraphrases())]
    kind_of = _once(labelled, eye=eye)
    made = [*make_framed(count=FRAMED, seed=MADE_SEED), *make_noise(count=NOISE, seed=MADE_SEED)]
    kind_of_made = _once(made, eye=eye)
    texts, more = list(kind_of), [text for text in kind_of_made if text not in kind_of]
    kinds = [KINDS.index(kind) for kind in (*kind_of.values(), *(kind_of_made[text] for text in more))]
    folds = np.concatenate([folds_of(texts), np.full(len(more), NEVER_HELD_BACK)])
    return Lessons([*texts, *more], np.array(kinds), folds)


def _once(labelled: Sequence[tuple[str, str]], *, eye: Eye) -> dict[str, str]:
    kind_of: dict[str, str] = {}
    for kind, text in labelled:
        plain = eye.plain(text)
        if plain:
            kind_of.setdefault(plain, kind)
    return kind_of


def folds_of(texts: Sequence[str]) -> NDArray[np.int64]:
    """Spread texts over the folds, near duplicates together."""
    first = list(range(len(texts)))

    def root(at: int) -> int:
        while first[at] != at:
            at = first[at]
        return at

    rows = _pairs(texts)
    for start in range(0, len(texts), COMPARED_AT_ONCE):
        near = (rows[start : start + COMPARED_AT_ONCE] @ rows.T).tocoo()
        for row, column in zip(*(part[near.data >= NEAR] for part in (near.row, near.col)), strict=True):
            one, other = root(start + int(row)), root(int(column))
            first[max(one, other)] = min(one, other)
    named = (hashlib.sha256(texts[root(at)].encode()).digest()[0] for at in range(len(texts)))
    return np.fromiter((byte % FOLDS for byte in named), dtype=np.int64, count=len(texts))


def _pairs(texts: Sequence[str]) -> csr_matrix:
    column_of: dict[str, int] = {}
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        letters = "".join(character for character in text if character.isalnum())
        pairs = {letters[at : at + 2] for at in range(max(1, len(letters) - 1))}
        for pair in pairs:
            rows.append(row)
            columns.append(column_of.setdefault(pair, len(column_of)))
            values.append(1 / np.sqrt(len(pairs)))
    return csr_matrix((values, (rows, columns)), shape=(len(texts), len(column_of)))


def put_together(lessons: Lessons, *, count: int, seed: int) -> Lessons:
    """Make texts of two clauses out of two lessons each."""
    chance = np.random.default_rng(seed)
    parts = _parts(lessons)
    texts, kinds = [], []
    for kind, one, other, share in TOGETHER:
        for _ in range(count * share // 100):
            pair = [str(chance.choice(parts[one])), str(chance.choice(parts[other]))]
            if kind != HARMLESS and chance.random() < 0.5:
                pair.reverse()
            texts.append(str(chance.choice(JOINTS)).join(pair))
            kinds.append(KINDS.index(kind))
    return Lessons(texts, np.array(kinds, dtype=np.int64), np.zeros(len(texts), dtype=np.int64))


def _parts(lessons: Lessons) -> dict[str, list[str]]:
    by_kind: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for text, kind in zip(lessons.texts, lessons.kinds, strict=True):
        if SHORTEST_PART <= len(text) <= LONGEST_PART:
            by_kind[KINDS[kind]].append(text)
    medical, other = by_kind["medical"], by_kind["other"]
    return {
        "telling": [text for text in medical if not _asks(text)],
        "asking": [text for text in medical if _asks(text)],
        "harmless": [text for text in other if _asks(text)],
        "any": other,
        "emergency": by_kind["emergency"],
        "human": by_kind["human"],
    }


def _asks(text: str) -> bool:
    return any(word in text for word in load_wording().asking) or text.endswith("不")


@dataclass(frozen=True)
class Scale:
    """Which tokens and marks have a row of their own, how rare they are, and what words mean."""

    numbers: NDArray[np.int32]
    rarities: Singles
    word_numbers: NDArray[np.int32]
    word_vectors: Singles

    @property
    def width(self) -> int:
        """Return the number of columns: tokens and marks, then the numbers of a word's vector."""
        return len(self.numbers) + self.word_vectors.shape[1]

    def rows(self, many: Sequence[Traits]) -> csr_matrix:
        """Return one row for each text, as `instinct.Net` weighs it."""
        made = [self._row(traits) for traits in many]
        starts = np.cumsum([0, *(len(columns) for columns, _ in made)])
        columns = np.concatenate([columns for columns, _ in made])
        values = np.concatenate([values for _, values in made])
        seen = csr_matrix((values, columns, starts), shape=(len(made), len(self.numbers)))
        return csr_matrix(hstack([seen, csr_matrix(np.stack([self._meaning(traits) for traits in many]))]))

    def _row(self, traits: Traits) -> tuple[NDArray[np.int64], Singles]:
        known, marks = self._places(traits.tokens), self._places(traits.marks)
        rarities = self.rarities[known]
        unknown = UNKNOWN_SHARE * (len(traits.tokens) - len(known)) * float(self.rarities.max()) ** 2
        length = float(np.sqrt(rarities @ rarities + unknown)) or 1.0
        values = np.concatenate([rarities / length, np.full(len(marks), MARK_WEIGHT)])
        return np.concatenate([known, marks]), values.astype(np.float32)

    def _places(self, wanted: NDArray[np.int32]) -> NDArray[np.int64]:
        at = np.minimum(np.searchsorted(self.numbers, wanted), len(self.numbers) - 1)
        return at[self.numbers[at] == wanted]

    def _meaning(self, traits: Traits) -> Singles:
        words = self.word_vectors[np.isin(self.word_numbers, traits.words)]
        return np.asarray(words.sum(axis=0) / np.sqrt(max(1, len(traits.words))), dtype=np.float32)


def scale_of(many: Sequence[Traits], *, words: tuple[NDArray[np.int32], Singles]) -> Scale:
    """Learn which tokens and marks are seen often enough, and how rare they are."""
    seen = Counter(int(number) for traits in many for number in traits.tokens)
    marks = Counter(int(number) for traits in many for number in traits.marks)
    kept = {number: times for number, times in (seen | marks).items() if times >= SEEN_AT_LEAST}
    numbers = np.array(sorted(kept), dtype=np.int32)
    times = np.array([kept[int(number)] for number in numbers])
    rarities = np.log((1 + len(many)) / (1 + times)) + 1.0
    rarities[np.isin(numbers, list(marks))] = 0.0
    return Scale(numbers, rarities.astype(np.float32), *words)


def read_words() -> tuple[NDArray[np.int32], Singles]:
    """Return the numbers of the known words in order, and what each means, weighed by how much it says."""
    words, vectors = distilled()
    weigh = WordWeight(shared_cutter())
    vectors = MEANING_WEIGHT * vectors * np.array([[weigh(word)] for word in words])
    numbers = np.array([word_token(word) for word in words], dtype=np.int32)
    _, first = np.unique(numbers, return_index=True)
    return numbers[first], vectors[first].astype(np.float32)
