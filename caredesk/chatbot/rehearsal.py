"""Lets the base ask itself: each phrase, whole and damaged, with itself left out; and questions it cannot answer.

What comes out is what the fusion and the calibration learn from, so no hand-labelled question is needed.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.evidence import Evidence, Shelf, gather
from caredesk.chatbot.views import Reading

MOST_PHRASES = 300
# Of the phrases asked, this share is asked once more with their own entry left out: near, and yet no answer.
SHARE_WITHOUT_ENTRY = 0.3
SHARE_OF_KNOWN_PHRASES = 0.4


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One question asked of the base itself, and the position of the entry that answers it (None: there is none)."""

    evidence: Evidence
    answer: int | None


def rehearse(shelf: Shelf, *, seed: int) -> list[Rehearsal]:
    """Ask the base its own phrases and foreign questions; the same base and seed give the same rehearsals."""
    chance = random.Random(seed)  # noqa: S311 (reproducible, and no secret)
    asked = _phrases_with_siblings(shelf)
    if not asked:
        return []
    chance.shuffle(asked)
    rehearsals: list[Rehearsal] = []
    for phrase in asked[:MOST_PHRASES]:
        rehearsals.extend(_ask(shelf, phrase, chance=chance))
    foreign = [Rehearsal(gather(shelf, question), None) for question in read_lines("foreign_questions.txt")]
    return [rehearsal for rehearsal in (*rehearsals, *foreign) if len(rehearsal.evidence.positions)]


def _phrases_with_siblings(shelf: Shelf) -> list[int]:
    owners = shelf.owners.tolist()
    alone = {owner for owner in set(owners) if owners.count(owner) == 1}
    return [phrase for phrase, owner in enumerate(owners) if owner not in alone and shelf.phrases[phrase].text]


def _ask(shelf: Shelf, phrase: int, *, chance: random.Random) -> list[Rehearsal]:
    owner = int(shelf.owners[phrase])
    reading = shelf.phrases[phrase]
    damaged = chance.choice(DAMAGES)(reading, chance)
    # Many people type nearly what is written in the base, so now and then the phrase itself stays in.
    left_out = None if chance.random() < SHARE_OF_KNOWN_PHRASES else phrase
    rehearsals = [
        Rehearsal(gather(shelf, reading.text, without=phrase), owner),
        Rehearsal(gather(shelf, damaged, without=left_out), owner),
    ]
    if chance.random() < SHARE_WITHOUT_ENTRY:
        rehearsals.append(Rehearsal(gather(shelf, reading.text, without_entry=owner), None))
    return rehearsals


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
