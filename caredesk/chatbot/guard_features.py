"""What the learned part of the guard looks at in a text: its characters, words and ideas, and what the lists found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from caredesk.chatbot.content import read_yaml
from caredesk.chatbot.guard import Guard, MedicalLook
from caredesk.chatbot.phrases import PhraseBook, as_groups, clauses_of, within
from caredesk.chatbot.views import Reading

CHARACTERS_IN_A_STEP = 8
MOST_STEPS = 6


@dataclass(frozen=True, slots=True)
class Traits:
    """One text as the classifier sees it: tokens that are weighed by rarity, and marks that are there or not."""

    tokens: tuple[str, ...]
    marks: frozenset[str]


def traits_of(reading: Reading, *, guard: Guard) -> Traits:
    """Look at one text."""
    tokens = (
        *(f"c:{gram}" for gram in reading.characters),
        *(f"w:{word}" for word in reading.words),
        *(f"i:{idea}" for idea in reading.single_ideas),
    )
    marks = frozenset((*_marks_of_lists(reading.text, guard=guard), *_marks_of_hints(reading.text)))
    return Traits(tokens, marks)


def _marks_of_lists(plain: str, *, guard: Guard) -> Iterator[str]:
    yield f"length:{min(MOST_STEPS, len(plain) // CHARACTERS_IN_A_STEP)}"
    sight = guard.look(plain)
    yield from (f"list:{name}" for name, found in sight.found.items() if found)
    yield from (f"sign:{found.group}" for found in sight.finds("emergency.signs"))
    for flag in (guard.red_flag(plain), guard.medical(plain), guard.wish_for_a_person(plain)):
        if flag is not None:
            yield f"flag:{flag.kind}"
            yield f"flag:{flag.kind}:{flag.group}"
    looks = guard.medical_looks(plain)
    yield from (f"look:{_shape(look)}" for look in looks)
    yield f"looks:{_shape_of_all(looks)}"


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


def _marks_of_hints(plain: str) -> Iterator[str]:
    found = shared_hints().find(plain)
    named = sorted(name for name, findings in found.items() if findings)
    yield from (f"hint:{name}" for name in named)
    # Body and change in one clause are a complaint, in two they may be a sick child and a broken page.
    for start, end in clauses_of(plain):
        together = [name for name in named if within(found[name], start=start, end=end)]
        yield from (f"hints:{a}+{b}" for a, b in combinations(together, 2))


@lru_cache(maxsize=1)
def shared_hints() -> PhraseBook:
    """Return the classes of words, read once."""
    lists = read_yaml("guard_hints.yaml")
    return PhraseBook({str(name): as_groups(words, name=str(name)) for name, words in lists.items()})
