"""The base, read and weighed: the tokens of every phrase and answer, ready to be compared with a question."""

from __future__ import annotations

import math
import zlib
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.gist import Gists
from caredesk.chatbot.meaning import Vector, shared_meanings
from caredesk.chatbot.packing import (
    Grown,
    Pack,
    Packer,
    Positions,
    Singles,
    TextPacker,
    Texts,
    entries_with,
    lengths_by_view,
    starts_of,
)
from caredesk.chatbot.shortlist import Shortlist
from caredesk.chatbot.views import REGION, SPACE, Reader, Reading, Tokens, is_single_idea, word_token

MOST_ANSWER_TOKENS = 200
MEANING_SCALE = 127.0

# An entry as it is read: its phrases, and its answer as a weak field.
Written = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Shelf:
    """All published entries by position, as numbers."""

    reader: Reader
    # What each phrase says in plain form, for comparing strings, and its checksums in order, for finding it.
    texts: Texts
    checksums: NDArray[np.uint32]
    by_checksum: Tokens
    # Which phrases belong to which entry: those from phrase_starts[n] to phrase_starts[n + 1] are the n-th entry's.
    owners: Tokens
    phrase_starts: Positions
    phrases: Pack
    phrase_lengths: Singles
    # How many ideas each phrase has, without their pairs.
    idea_counts: NDArray[np.uint8]
    meanings: NDArray[np.int8]
    answers: Pack
    answer_lengths: Singles
    answer_meanings: NDArray[np.int8]
    # How much each word says in the language, and how much each token says here; 0 for tokens that no entry has.
    language: Singles
    weights: Singles
    shortlist: Shortlist
    gists: Gists

    def __len__(self) -> int:
        return len(self.phrase_starts) - 1

    def phrases_of(self, position: int) -> range:
        """Return the positions of an entry's phrases."""
        return range(int(self.phrase_starts[position]), int(self.phrase_starts[position + 1]))

    def entries_saying(self, text: str) -> set[int]:
        """Return the entries that have exactly this phrase."""
        checksum = np.uint32(zlib.crc32(text.encode()))
        first, last = np.searchsorted(self.checksums, checksum), np.searchsorted(self.checksums, checksum, "right")
        rows = self.by_checksum[first:last]
        return {int(self.owners[row]) for row in rows.tolist() if text and self.texts[row] == text}

    def knows(self, word: str) -> bool:
        """Tell whether any entry has this word."""
        return bool(self.weights[word_token(word)])

    def weight_of(self, word: str) -> float:
        """Return how much a known word says."""
        return float(self.weights[word_token(word)])

    def weight_of_unknown(self, word: str) -> float:
        """Return how much a word says that no entry has."""
        return (math.log(len(self) + 2) + 1.0) * self.reader.word_weight(word)


@dataclass(slots=True)
class _Stock:
    """What has been read so far."""

    reader: Reader
    counts: list[int] = field(default_factory=list)
    texts: TextPacker = field(default_factory=TextPacker)
    checksums: array[int] = field(default_factory=lambda: array("I"))
    phrases: Packer = field(default_factory=Packer)
    answers: Packer = field(default_factory=Packer)
    meanings: Grown = field(default_factory=lambda: Grown(np.int8))
    answer_meanings: Grown = field(default_factory=lambda: Grown(np.int8))
    language: Singles = field(default_factory=lambda: np.ones(REGION, dtype=np.float32))

    def read(self, written: Written, *, plain: Callable[[str], str]) -> None:
        """Read an entry."""
        phrases, answer = written
        texts = list(dict.fromkeys(filter(None, map(plain, phrases)))) or [""]
        self.counts.append(len(texts))
        for text in texts:
            reading = self._heard(text)
            self.texts.add(text)
            self.checksums.append(zlib.crc32(text.encode()))
            self.phrases.add(reading.tokens)
            self.meanings.add(short(reading.meaning))
        told = self._heard(plain(answer))
        self.answers.add(_words_and_ideas(told))
        self.answer_meanings.add(short(told.meaning))

    def copy(self, shelf: Shelf, first: int, last: int) -> None:
        """Take over the entries from the first up to the last, which is not among them, as they were read before."""
        rows = shelf.phrase_starts[first : last + 1]
        self.counts.extend(np.diff(rows).tolist())
        begin, end = int(rows[0]), int(rows[-1])
        self.texts.extend(shelf.texts, first=begin, last=end)
        self.checksums.extend(zlib.crc32(text.encode()) for text in shelf.texts[begin:end])
        self.phrases.extend(shelf.phrases.between(begin, end))
        self.meanings.add(shelf.meanings[begin:end])
        self.answers.extend(shelf.answers.between(first, last))
        self.answer_meanings.add(shelf.answer_meanings[first:last])

    def _heard(self, text: str) -> Reading:
        reading = self.reader.read(text)
        for word in reading.words:
            self.language[word_token(word)] = self.reader.word_weight(word)
        return reading


def stock(
    entries: Iterable[Written],
    *,
    reader: Reader,
    plain: Callable[[str], str],
    before: Shelf | None = None,
    kept: Mapping[int, int] | None = None,
) -> Shelf:
    """Make the shelf of these entries; `plain` brings a text into plain form.

    `kept` names the entries, by position, that stood at another position on the shelf before and need no reading.
    """
    taken = _Stock(reader)
    if before is not None:
        taken.language[:] = before.language
    run: list[int] = []
    for position, written in enumerate(entries):
        stood = kept.get(position) if kept else None
        # Nearly all entries stood side by side before: they are copied in long runs, not one by one.
        if before is not None and run and stood != run[-1] + 1:
            taken.copy(before, run[0], run[-1] + 1)
            run = []
        if stood is None:
            taken.read(written, plain=plain)
        else:
            run = [*run[:1], stood]
    if before is not None and run:
        taken.copy(before, run[0], run[-1] + 1)
    return _weighed(taken)


def _weighed(taken: _Stock) -> Shelf:
    phrases, answers = taken.phrases.packed(), taken.answers.packed()
    entries = len(taken.counts)
    phrase_starts = starts_of(taken.counts)
    common = _commonness(phrases, phrase_starts=phrase_starts)
    weights = _weights(common, language=taken.language, entries=entries)
    checksums = np.frombuffer(taken.checksums, dtype=np.uint32)
    by_checksum = np.argsort(checksums, kind="stable").astype(np.int32)
    meanings = taken.meanings.whole().reshape(-1, shared_meanings().width)
    return Shelf(
        reader=taken.reader,
        texts=taken.texts.packed(),
        checksums=checksums[by_checksum],
        by_checksum=by_checksum,
        owners=np.repeat(np.arange(entries, dtype=np.int32), taken.counts),
        phrase_starts=phrase_starts,
        phrases=phrases,
        phrase_lengths=lengths_by_view(phrases, weights=weights),
        idea_counts=_idea_counts(phrases),
        meanings=meanings,
        answers=answers,
        answer_lengths=lengths_by_view(answers, weights=weights),
        answer_meanings=taken.answer_meanings.whole().reshape(-1, meanings.shape[1]),
        language=taken.language,
        weights=weights,
        shortlist=Shortlist.of(
            lambda: entries_with(phrases, phrase_starts=phrase_starts), common=common, weights=weights, entries=entries
        ),
        gists=Gists.of(meanings, phrase_starts=phrase_starts),
    )


def short(meaning: Vector) -> NDArray[np.int8]:
    """Return a vector of unit length with one byte for each number."""
    return np.round(meaning * np.float32(MEANING_SCALE)).astype(np.int8)


def _words_and_ideas(answer: Reading) -> Tokens:
    tokens = answer.tokens
    return tokens[(tokens < REGION) | (tokens >= REGION * 3)][:MOST_ANSWER_TOKENS]


def _idea_counts(phrases: Pack) -> NDArray[np.uint8]:
    counts = [
        np.bincount(block.owners(), weights=is_single_idea(block.tokens), minlength=len(block))
        for _, block in phrases.blocks()
    ]
    return np.minimum(np.concatenate(counts), 255).astype(np.uint8)


def _commonness(phrases: Pack, *, phrase_starts: Positions) -> Tokens:
    """Return how many entries have each token: five ways to ask for a refund make "refund" no commoner."""
    counts = np.zeros(SPACE, dtype=np.int32)
    for _, tokens in entries_with(phrases, phrase_starts=phrase_starts):
        counts += np.bincount(tokens, minlength=SPACE).astype(np.int32)
    return counts


def _weights(common: Tokens, *, language: Singles, entries: int) -> Singles:
    weights = np.where(common, np.log((entries + 2) / (common + 1)) + 1.0, 0.0).astype(np.float32)
    weights[:REGION] *= language
    return weights
