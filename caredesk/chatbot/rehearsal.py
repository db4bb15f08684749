"""Lets the base ask itself: each phrase, whole and damaged, with itself left out.

What comes out is what the fusion learns from, so no hand-labelled question is needed. A large base is asked only a
sample, so that learning takes no longer.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.evidence import Evidence, gather
from caredesk.chatbot.shelf import Shelf
from caredesk.chatbot.views import Reading

MOST_PHRASES = 300
SHARE_OF_KNOWN_PHRASES = 0.4


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One question asked of the base itself, and the position of the entry that answers it."""

    evidence: Evidence
    answer: int


def rehearse(shelf: Shelf, *, seed: int) -> list[Rehearsal]:
    """Ask the base its own phrases; the same base and seed give the same rehearsals."""
    chance = random.Random(seed)  # noqa: S311 (reproducible, and no secret)
    asked = _phrases_with_siblings(shelf)
    sample = chance.sample(asked, k=min(MOST_PHRASES, len(asked)))
    return [rehearsal for phrase in sample for rehearsal in _ask(shelf, phrase, chance=chance)]


def _phrases_with_siblings(shelf: Shelf) -> list[int]:
    counts = np.diff(shelf.phrase_starts)
    return [phrase for phrase in np.flatnonzero(counts[shelf.owners] > 1).tolist() if shelf.texts[phrase]]


def _ask(shelf: Shelf, phrase: int, *, chance: random.Random) -> list[Rehearsal]:
    owner = int(shelf.owners[phrase])
    reading = shelf.reader.read(shelf.texts[phrase])
    damaged = chance.choice(DAMAGES)(reading, chance)
    # Many people type nearly what is written in the base, so now and then the phrase itself stays in.
    left_out = None if chance.random() < SHARE_OF_KNOWN_PHRASES else phrase
    return [
        Rehearsal(gather(shelf, reading.text, without=phrase), owner),
        Rehearsal(gather(shelf, damaged, without=left_out), owner),
    ]


def _with_chatter(reading: Reading, chance: random.Random) -> str:
    remarks = chance.sample(read_chatter(), k=chance.randint(1, 5))
    at = chance.randint(0, len(remarks))
    return "，".join([*remarks[:at], reading.text, *remarks[at:]])


def _with_lost_word(reading: Reading, chance: random.Random) -> str:
    words = [word for word in reading.words if word in reading.text]
    return reading.text.replace(chance.choice(words), "", 1) if len(words) > 2 else reading.text


def _with_lost_character(reading: Reading, chance: random.Random) -> str:
    if len(reading.text) < 4:
        return reading.text
    at = chance.randrange(len(reading.text))
    return reading.text[:at] + reading.text[at + 1 :]


def _shortened(reading: Reading, chance: random.Random) -> str:
    half = max(3, len(reading.text) * 2 // 3)
    return reading.text[:half] if chance.random() < 0.5 else reading.text[-half:]


# Chatter comes twice, because nothing else is as common in what parents write.
DAMAGES: Sequence[Callable[[Reading, random.Random], str]] = (
    _with_chatter,
    _with_chatter,
    _with_lost_word,
    _with_lost_character,
    _shortened,
)


@lru_cache(maxsize=1)
def read_chatter() -> list[str]:
    """Read the remarks that parents make around their question."""
    return read_lines("chatter.txt")
