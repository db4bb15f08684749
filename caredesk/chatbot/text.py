"""Brings a parent's message into one plain form, in fixed steps that can each be tested alone; keeps the original.

No dictionary of words is used here: see `cutter.py` for that, and `data/wording.yaml` for the lists.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from opencc import OpenCC

from caredesk.chatbot.content import read_yaml

# A question is a few lines. What lies between the head and the tail of a longer text is not worth its cost.
LONGEST_HEAD = 600
LONGEST_TAIL = 200

_TO_SIMPLIFIED = OpenCC("t2s")
_TAGS = re.compile(r"<[a-z/!][^<>]{0,200}>")
_BARE_LINK = re.compile(r"(?:https?://|www\.)[!-~]+")
# Letters, digits, marks of writing and the few signs that carry meaning; all the rest separates.
_MEANINGLESS = re.compile(r"[^\w\s，。！？；、,.!?;:%+~…/()-]|_")
_REPEATED_SIGN = re.compile(r"([，。！？；、,.!?;~…])[，。！？；、,.!?;~…\s]+")
_REPEATED_CHARACTER = re.compile(r"([^\W\d])\1{2,}")
_STAMMER = re.compile(r"([一-鿿]{2,4})\1{2,}")
_SPACES = re.compile(r"\s+")
_EDGES = " \t\n，。！？；、,.!?;:~…-"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was typed, as it reads with its courtesies, and in its plain form."""

    original: str
    spoken: str
    plain: str


@dataclass(frozen=True, slots=True)
class Wording:
    """What is stripped from both ends, what is written how, which words ask, and what is never repaired."""

    openings: re.Pattern[str]
    closings: re.Pattern[str]
    everyday: re.Pattern[str]
    standard: Mapping[str, str]
    asking: tuple[str, ...]
    kept: frozenset[str]


def normalise(text: str) -> Message:
    """Return the message with its plain form, which is empty when nothing readable was typed."""
    spoken = shorten(text)
    for step in FIRST_STEPS:
        spoken = step(spoken)
    return Message(original=text, spoken=spoken, plain=standardise_words(strip_courtesy(spoken)))


def shorten(text: str) -> str:
    """Keep the head and the tail of a text that no person would read out."""
    if len(text) <= LONGEST_HEAD + LONGEST_TAIL:
        return text
    return f"{text[:LONGEST_HEAD]}\n{text[-LONGEST_TAIL:]}"


def unify_width(text: str) -> str:
    """Bring full-width letters, digits and ligatures into their usual form."""
    return unicodedata.normalize("NFKC", text)


def lower(text: str) -> str:
    """Drop the difference between capital and small letters."""
    return text.lower()


def simplify(text: str) -> str:
    """Write traditional characters as simplified ones."""
    # Converting is slow, and nearly all text is simplified already.
    if _traditional().isdisjoint(text):
        return text
    simplified: str = _TO_SIMPLIFIED.convert(text)
    return simplified


@lru_cache(maxsize=1)
def _traditional() -> frozenset[str]:
    """Return the characters that simplifying changes."""
    return frozenset(simplified_characters())


@lru_cache(maxsize=1)
def simplified_characters() -> Mapping[str, str]:
    """Return what simplifying makes of each character that it changes."""
    characters = [chr(code) for code in range(0x3400, 0xA000)]
    simplified = _TO_SIMPLIFIED.convert("\n".join(characters)).split("\n")
    return {before: after for before, after in zip(characters, simplified, strict=True) if before != after}


def drop_noise(text: str) -> str:
    """Replace control characters, emoji, tags, links and stray signs by a space."""
    without_markup = _BARE_LINK.sub(" ", _TAGS.sub(" ", text))
    return _SPACES.sub(" ", _MEANINGLESS.sub(" ", without_markup)).strip()


def collapse_repeats(text: str) -> str:
    """Write 急急急急 as 急, 退费退费退费 as 退费, and a row of signs as the first of them."""
    text = _REPEATED_SIGN.sub(r"\1", text)
    text = _REPEATED_CHARACTER.sub(r"\1", text)
    return _STAMMER.sub(r"\1", text)


def strip_courtesy(text: str) -> str:
    """Take greetings and politeness off both ends; a message of nothing else is left as it is."""
    wording = load_wording()
    before = None
    stripped = text.strip(_EDGES)
    while stripped != before:
        before = stripped
        stripped = wording.openings.sub("", stripped, count=1).strip(_EDGES)
        stripped = wording.closings.sub("", stripped, count=1).strip(_EDGES)
    return stripped or text.strip(_EDGES)


def standardise_words(text: str) -> str:
    """Write regional, childlike and thumb-typed words as the standard ones."""
    wording = load_wording()
    return wording.everyday.sub(lambda found: wording.standard[found.group()], text)


FIRST_STEPS = (unify_width, lower, simplify, drop_noise, collapse_repeats)


@lru_cache(maxsize=1)
def load_wording() -> Wording:
    """Read the lists once for the life of the process."""
    content = read_yaml("wording.yaml")
    standard = {everyday: word for word, many in content["standard"].items() for everyday in many}
    return Wording(
        openings=re.compile(
            rf"^(?:{_whole_words(content['openings'])}|{_before_sign(content['openings_before_sign'])})"
        ),
        closings=re.compile(rf"(?:{_whole_words(content['closings'])})$"),
        everyday=re.compile(_whole_words(list(standard))),
        standard=standard,
        asking=tuple(content["asking"]),
        kept=frozenset(content["kept"]),
    )


def _before_sign(words: Sequence[str]) -> str:
    return rf"(?:{_whole_words(words)})(?=[\s，。！？；、,.!?;~…])"


def _whole_words(words: Sequence[str]) -> str:
    # Latin words only count when they stand alone: the wx of wxid_123 is no WeChat.
    longest_first = sorted(words, key=len, reverse=True)
    bounded = [rf"(?<![a-z0-9]){re.escape(w)}(?![a-z0-9])" if w.isascii() else re.escape(w) for w in longest_first]
    return "|".join(bounded)


_CLAUSE_END = re.compile(r"[，。！？；、,.!?;~…\n]+|\s+(?=[一-鿿])|(?<=[一-鿿])\s+")
_TURN = re.compile(r"(?=(?:另外|还有就是|还有|顺便|然后|但是|可是|不过|请问|想问|而且))")
LONG_CLAUSE = 24
CLAUSE_WINDOW = 16
MOST_CLAUSES = 8


def split_clauses(plain: str) -> tuple[str, ...]:
    """Split a plain text where it breathes; a run without any sign is covered by overlapping windows."""
    rough = [part for piece in _CLAUSE_END.split(plain) for part in _TURN.split(piece)]
    clauses: list[str] = []
    for clause in (part.strip(_EDGES) for part in rough):
        clauses.extend(_windows(clause) if len(clause) > LONG_CLAUSE else [clause])
    kept = [clause for clause in clauses if len(clause) > 1]
    # The question usually comes last, so the end of a ramble is the part to keep.
    return tuple(kept[-MOST_CLAUSES:])


def _windows(clause: str) -> list[str]:
    step = CLAUSE_WINDOW // 2
    return [clause[at : at + CLAUSE_WINDOW] for at in range(0, len(clause) - step, step)]
