"""What the learned part of the guard looks at in a text: its tokens, and what the word lists and hints found in it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.guard import HINTS, Guard, MedicalLook, Sight
from caredesk.chatbot.phrases import within
from caredesk.chatbot.views import REGION, SPACE, Reading

CHARACTERS_IN_A_STEP = 8
MOST_STEPS = 6
# Marks are numbered behind the tokens of all views.
MARKS = 1 << 20

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Traits:
    """One text as it is felt: tokens that are weighed by rarity, the words among them, and marks: there or not."""

    tokens: Numbers
    words: Numbers
    marks: Numbers


def traits_of(reading: Reading, *, guard: Guard) -> Traits:
    """Look at one text."""
    marks = {number_of(mark) for mark in _marks(reading.text, guard=guard)}
    tokens = reading.tokens
    return Traits(
        tokens=tokens,
        words=tokens[: int(np.searchsorted(tokens, REGION))],
        marks=np.fromiter(sorted(marks), dtype=np.int32, count=len(marks)),
    )


@lru_cache(maxsize=4096)
def number_of(mark: str) -> int:
    """Return the number of a mark."""
    return SPACE + zlib.crc32(mark.encode()) % MARKS


def _marks(plain: str, *, guard: Guard) -> Iterator[str]:
    sight = guard.look(plain)
    yield f"length:{min(MOST_STEPS, len(plain) // CHARACTERS_IN_A_STEP)}"
    yield from (f"list:{name}" for name, found in sight.found.items() if found and not name.startswith(HINTS))
    yield from (f"sign:{found.group}" for found in sight.finds("emergency.signs"))
    for flag in (guard.red_flag(plain), guard.medical(plain), guard.wish_for_a_person(plain)):
        if flag is not None:
            yield f"flag:{flag.kind}"
            yield f"flag:{flag.kind}:{flag.group}"
    looks = guard.medical_looks(plain)
    yield from (f"look:{_shape(look)}" for look in looks)
    yield f"looks:{_shape_of_all(looks)}"
    yield from _marks_of_hints(sight)


def _shape(look: MedicalLook) -> str:
    signs = (bool(look.terms), look.asks_firmly, look.asks_alone, look.asks_loosely, look.process, look.heavy_process)
    return "".join("01"[sign] for sign in signs)


def _shape_of_all(looks: list[MedicalLook]) -> str:
    signs = (
        any(look.terms for look in looks),
        any(look.process for look in looks),
        any(look.asks_firmly for look in looks),
    )
    return "".join("01"[sign] for sign in signs)


def _marks_of_hints(sight: Sight) -> Iterator[str]:
    named = {name: found for name, found in sight.found.items() if found and name.startswith(HINTS)}
    yield from named
    # Body and change in one clause are a complaint, in two they may be a sick child and a broken page.
    for start, end in sight.clauses:
        together = sorted(name for name, found in named.items() if within(found, start=start, end=end))
        yield from (f"{a}+{b}" for a, b in combinations(together, 2))
