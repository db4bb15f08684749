"""Pure decisions of the guardrails: what stands in a family's message, and what an agent should look at again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from caredesk.core.clock import clinic_time, from_clinic
from caredesk.guardrails.errors import WeekNotReadable
from caredesk.guardrails.terms import Terms, Wordings

DraftKind = Literal["medical_advice", "promise", "private_contact", "insult", "threat", "phone"]
SignKind = Literal["insult", "self_harm", "threat"]
NumberKind = Literal["identity_number", "bank_card", "passport"]
Kind = Literal[
    "medical_advice",
    "promise",
    "private_contact",
    "insult",
    "threat",
    "phone",
    "self_harm",
    "identity_number",
    "bank_card",
    "passport",
]
Reason = Literal["doctor_said", "hospital_says", "family_asked", "not_so"]
Outcome = Literal["masked", "alerted", "overridden", "changed"]
Verdict = Literal["right", "false"]

KINDS: tuple[Kind, ...] = get_args(Kind)
FIRST_YEAR, LAST_YEAR = 2000, 2100
SIGNS: tuple[SignKind, ...] = ("self_harm", "threat", "insult")

_SENTENCE = re.compile(r"[^。！？!?\n]+")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?(1[3-9]\d)[-\s]?(\d{4})[-\s]?(\d{4})(?!\d)")
# Whom a family may call because of their parcel; what follows the word is theirs to have.
_OF_COURIERS = re.compile(r"(?:快递|派送|派件|配送|骑手|网点|小哥|驿站|物流|总机|热线|客服)[^。！？\n]{0,12}$")
_LOOK_BACK = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a draft that should be looked at again, and where it stands, in characters of the text."""

    kind: DraftKind
    start: int
    end: int


def signs_in(text: str, *, terms: Terms) -> tuple[SignKind, ...]:
    """Return what a family's message shows that people must look at, gravest first."""
    return tuple(kind for kind in SIGNS if _first(terms.kinds[kind], text) is not None)


def findings_in(text: str, *, terms: Terms, is_medical: bool, known_phones: Collection[str] = ()) -> list[Finding]:
    """Return what an agent should look at again before sending, in the order of the text; one for each kind.

    `is_medical` is what the bot's guard says of the same words. Who sends a family to help is not held up by anything.
    """
    if _first(terms.kinds["emergency"], text) is not None:
        return []
    places: dict[DraftKind, tuple[int, int] | None] = {
        "medical_advice": _advice(text, terms=terms, is_medical=is_medical),
        "promise": _first(terms.kinds["promise"], text),
        "private_contact": _first(terms.kinds["private_contact"], text),
        "insult": _first(terms.kinds["insult"], text) or _first(terms.kinds["insult_of_agents"], text),
        "threat": _first(terms.kinds["threat"], text) or _first(terms.kinds["threat_of_agents"], text),
        "phone": _strange_phone(text, known=known_phones),
    }
    found = [Finding(kind, *place) for kind, place in places.items() if place is not None]
    return sorted(found, key=lambda finding: finding.start)


def has_mobile(text: str) -> bool:
    """Tell whether a text has a mobile number in it; without one nobody needs to know whose numbers are known."""
    return _MOBILE.search(text) is not None


def digits_of(phone: str) -> str:
    """Return a mobile number's last eleven digits, by which two spellings of it are the same."""
    return re.sub(r"\D", "", phone)[-11:]


def week_of(name: str) -> tuple[datetime, datetime]:
    """Return the bounds of a week at the clinic that is named as in 2026-W48; refuse what names none."""
    try:
        monday = datetime.strptime(f"{name}-1", "%G-W%V-%u")  # noqa: DTZ007 (the clinic's wall clock)
    except ValueError:
        raise WeekNotReadable from None
    # Far beyond any desk's life, and where reckoning with days ends.
    if not FIRST_YEAR <= monday.year <= LAST_YEAR:
        raise WeekNotReadable
    return from_clinic(monday), from_clinic(monday + timedelta(days=7))


def name_of_week(at: datetime) -> str:
    """Return the name of the week at the clinic in which an instant lies."""
    return f"{clinic_time(at):%G-W%V}"


# ---- how it is found -------------------------------------------------------------------------------------


def _first(wordings: Wordings, text: str, *, start: int = 0, end: int | None = None) -> tuple[int, int] | None:
    """Return the first place of a kind that nothing covers."""
    stop = len(text) if end is None else end
    for found in wordings.says.finditer(text, start, stop):
        if wordings.unless is None or not _is_covered(wordings.unless, text, found=found, start=start, end=stop):
            return found.span()
    return None


def _is_covered(unless: re.Pattern[str], text: str, *, found: re.Match[str], start: int, end: int) -> bool:
    return any(
        cover.start() < found.end() and found.start() < cover.end() for cover in unless.finditer(text, start, end)
    )


def _advice(text: str, *, terms: Terms, is_medical: bool) -> tuple[int, int] | None:
    for start, end in _sentences(text):
        if terms.allowed.search(text, start, end):
            continue
        told = _first(terms.kinds["medical_advice"], text, start=start, end=end)
        if told is not None:
            return told
        advised = terms.advises.search(text, start, end)
        if advised is not None and (is_medical or terms.topics.search(text, start, end)):
            return advised.span()
    return None


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _SENTENCE.finditer(text))


def _strange_phone(text: str, *, known: Collection[str]) -> tuple[int, int] | None:
    for found in _MOBILE.finditer(text):
        before = text[max(0, found.start() - _LOOK_BACK) : found.start()]
        if "".join(found.groups()) not in known and not _OF_COURIERS.search(before):
            return found.span()
    return None
