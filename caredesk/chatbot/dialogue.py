"""How people speak within a conversation: asking again, asking on, asking two things at once, losing patience.

Pure rules over plain texts; what an answer is, is decided in `deciding.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz

from caredesk.chatbot.content import read_yaml
from caredesk.chatbot.context import Context
from caredesk.chatbot.slots import Slots, without

# From this likeness on (of 100) a question is the one that was asked before.
THE_SAME = 92
# A clause shorter than this asks nothing that could be understood by itself.
SHORTEST_QUESTION = 4
LONGEST_REWORDING = 20
LONGEST_WITH_PRONOUN = 14
MOST_QUESTIONS = 3
_SIGNS = re.compile(r"[\s，。！？；、,.!?;:~…()（）]+")
_SENTENCE_END = re.compile(r"[，。！？；,.!?;~…\n]+|\s+(?=[一-鿿])|(?<=[一-鿿])\s+")


def wants_other_words(plain: str) -> bool:
    """Tell whether the message says nothing but that the last answer was not understood, or not what was asked."""
    bare = _SIGNS.sub("", plain)
    return 0 < len(bare) <= LONGEST_REWORDING and _rewording().fullmatch(bare) is not None


def leaves_it_open(plain: str) -> bool:
    """Tell whether somebody who was asked back cannot or need not say: 不知道, 都行."""
    return _SIGNS.sub("", plain) in [_SIGNS.sub("", phrase) for phrase in _lists()["unsure"]]


def is_angry(plain: str) -> bool:
    """Tell whether somebody has lost patience, with whatever it may be."""
    return any(word in plain for word in _lists()["anger"])


def is_asked_again(read_as: str, *, context: Context) -> bool:
    """Tell whether the last question is asked once more, though something was said to it."""
    answered = context.outcome in ("answer", "suggest") and bool(context.asked)
    return answered and fuzz.ratio(read_as, context.asked) >= THE_SAME


def leans_on_topic(plain: str) -> bool:
    """Tell whether a message only makes sense with what was said before: 那周末呢, 多久到, 这个要钱吗."""
    words = _lists()
    bare = _SIGNS.sub("", plain)
    if bare.startswith(tuple(words["leads"])) or bare.endswith(tuple(words["tails"])):
        return len(bare) <= LONGEST_WITH_PRONOUN
    if any(pronoun in bare for pronoun in words["pronouns"]):
        return len(bare) <= LONGEST_WITH_PRONOUN
    return len(bare) <= words["longest_bare"] and lacks_subject(remainder(plain))


def lacks_subject(rest: str) -> bool:
    """Tell whether a question is about nothing by itself: 多久到, 周末, 要带什么."""
    return _SIGNS.sub("", rest) in _lists()["bare"]


def remainder(plain: str) -> str:
    """Return what a leaning message says by itself, without the words that lean."""
    words = _lists()
    rest = _SIGNS.sub("", plain)
    lead = next((lead for lead in words["leads"] if rest.startswith(lead)), "")
    rest = without(rest.removeprefix(lead), words["pronouns"])
    tail = next((tail for tail in words["tails"] if rest.endswith(tail)), "")
    return rest.removesuffix(tail)


def questions_in(plain: str) -> tuple[str, ...]:
    """Return the clauses of a message that each ask something; fewer than two means that it asks one thing."""
    clauses = [part.strip() for piece in _SENTENCE_END.split(plain) for part in _join_pattern().split(piece)]
    asking = [clause for clause in clauses if len(clause) >= SHORTEST_QUESTION and _asks(clause)]
    return tuple(asking) if 2 <= len(asking) <= MOST_QUESTIONS else ()


def asks_for_sessions(plain: str, slots: Slots) -> bool:
    """Tell whether the message asks when a department or doctor sees children."""
    words = _lists()["sessions"]
    if not slots.names_someone:
        return False
    rest = without(plain, slots.words)
    if any(word in rest for word in words["firm"]):
        return True
    left = without(_SIGNS.sub("", rest), [*words["loose"], *words["around"]])
    said = any(word in rest for word in words["loose"]) or not without(_SIGNS.sub("", rest), words["around"])
    return said and len(left) <= words["most_left"] and (not left or any(word in rest for word in words["loose"]))


def only_fills(plain: str, slots: Slots) -> bool:
    """Tell whether the message does nothing but name a department, a doctor or a day: 皮肤, 那周日呢."""
    if slots.is_empty:
        return False
    words = _lists()
    rest = without(remainder(without(plain, slots.words)), words["sessions"]["around"])
    return len(without(rest, words["sessions"]["loose"])) == 0


def _asks(clause: str) -> bool:
    return any(word in clause for word in _lists()["asks"])


@lru_cache(maxsize=1)
def _rewording() -> re.Pattern[str]:
    words = _lists()
    phrases = _alternatives([_SIGNS.sub("", phrase) for phrase in words["reword"]])
    around = _alternatives(words["reword_around"])
    return re.compile(rf"(?:{around})*(?:{phrases})(?:(?:{around})*(?:{phrases}))?(?:{around})*")


@lru_cache(maxsize=1)
def _join_pattern() -> re.Pattern[str]:
    return re.compile(_alternatives(_lists()["joins"]))


def _alternatives(words: Sequence[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = read_yaml("dialogue.yaml")
    return lists
