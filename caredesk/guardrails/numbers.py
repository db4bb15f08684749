"""Identity numbers, bank cards and passports in what people write: found by shape and checksum, masked before storage.

A file of its own because every message passes here: no word list, one search of a compiled pattern for most texts.
Sources: GB 11643-1999 (identity numbers, check digit after ISO 7064 mod 11-2), ISO/IEC 7812-1 (cards, Luhn).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

NumberKind = Literal["identity_number", "bank_card", "passport"]

KEPT = 4
"""Characters at the end that stay, by which people can tell one number from another."""

# Digits of any script, and how Chinese speak them; 幺 is the one of telephone numbers.
_SPOKEN = {said: digit for digit, said in enumerate("零一二三四五六七八九")} | {"〇": 0, "幺": 1}
_DIGIT = rf"[\d{''.join(_SPOKEN)}]"
# What people, forms and hidden characters put between groups of digits.
_GAP = r"[\s\-‐-―·.,/_|*\u200b-\u200d\u2060\u00ad]{0,2}"
_RUN = re.compile(rf"{_DIGIT}(?:{_GAP}{_DIGIT}){{13,}}(?:{_GAP}[XxＸｘ])?")
_PASSPORT = re.compile(
    r"(?:护照|通行证|passport)[^\n\dA-Za-z]{0,12}(?:(?:number|no|is)[^\n\dA-Za-z]{0,4}){0,3}([A-Z]{1,2}\d{7,9}|[A-Z]\d{10})(?![\dA-Za-z])",
    re.IGNORECASE,
)

_PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = (1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_X = 10
_LONG, _SHORT = 18, 15
_CARD_LENGTHS = range(19, 13, -1)

# Words that stand right before a number and say what it is; an order must stay readable, whatever its digits.
_OF_ORDERS = re.compile(r"(?:单号|订单|运单|单编号|流水号?|编号|案号|批号|发票|住院号|就诊卡号?|就诊号)[^卡证]{0,6}$")
_OF_PEOPLE = re.compile(r"(?:身份证|证件号?|证号|户口|id card|id number)[^卡单]{0,10}$", re.IGNORECASE)
_OF_CARDS = re.compile(r"(?:银行卡|储蓄卡|信用卡|借记卡|退款卡|(?<!就诊)卡号)[^单证]{0,10}$")
_LOOK_BACK = 16


@dataclass(frozen=True, slots=True)
class Number:
    """Where a number stands in a text, and of which kind it is."""

    kind: NumberKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """A text as it may be stored, and what was taken out of it, in order."""

    text: str
    kinds: tuple[NumberKind, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """Digits that stand together: their values, their places in the text, and before which of them there is a gap."""

    values: Sequence[int]
    places: Sequence[int]
    opens: Sequence[bool]

    def opens_at(self, at: int) -> bool:
        """Tell whether a number may begin here: at the beginning, or after a gap; the end of the run counts too."""
        return at == len(self.values) or self.opens[at]


def mask_numbers(text: str) -> Masked:
    """Return the text with identity numbers, cards and passports replaced by stars and their last four characters."""
    found = find_numbers(text)
    if not found:
        return Masked(text)
    for number in reversed(found):
        bare = re.sub(r"[^\w]", "", text[number.start : number.end])
        masked = "*" * (len(bare) - KEPT) + _plain(bare[-KEPT:])
        text = text[: number.start] + masked + text[number.end :]
    return Masked(text, tuple(number.kind for number in found))


def find_numbers(text: str) -> list[Number]:
    """List the numbers of people in a text, from left to right."""
    runs = [_read(found.group(), start=found.start()) for found in _RUN.finditer(text)]
    found = [number for run in runs for number in _in_run(run, text=text)]
    if "照" in text or "证" in text or "assport" in text:
        found += [Number("passport", *named.span(1)) for named in _PASSPORT.finditer(text)]
    return sorted(found, key=lambda number: number.start)


def _in_run(run: _Run, *, text: str) -> Iterator[Number]:
    at, before = 0, text[max(0, run.places[0] - _LOOK_BACK) : run.places[0]]
    joined = _is_joined(text, run)
    while at <= len(run.values) - _CARD_LENGTHS[-1]:
        kind, length = _at(run, at=at, before=before if at == 0 else "", joined=joined)
        if kind is None:
            at += 1
            continue
        yield Number(kind, run.places[at], run.places[at + length - 1] + 1)
        at += length


def _at(run: _Run, *, at: int, before: str, joined: bool) -> tuple[NumberKind | None, int]:
    """Return what begins at a digit, and how many digits it takes."""
    values = run.values[at : at + _LONG]
    if len(values) == _LONG and _is_identity(values):
        return "identity_number", _LONG
    if not run.opens[at]:
        return None, 0
    # Mistyped, and still somebody's but for one digit.
    if len(values) == _LONG and run.opens_at(at + _LONG) and _OF_PEOPLE.search(before):
        return "identity_number", _LONG
    of_orders = joined or _OF_ORDERS.search(before) is not None
    named = _OF_CARDS.search(before) is not None
    for length in _CARD_LENGTHS:
        card = run.values[at : at + length]
        is_whole = len(card) == length and run.opens_at(at + length) and _X not in card
        if is_whole and ((named and length >= _SHORT) or (not of_orders and _is_card(card))):
            return "bank_card", length
    old = run.values[at : at + _SHORT]
    is_whole = len(old) == _SHORT and not any(run.opens[at + 1 : at + _SHORT]) and run.opens_at(at + _SHORT)
    if is_whole and not of_orders and _is_old_identity(old):
        return "identity_number", _SHORT
    return None, 0


def _is_identity(values: Sequence[int]) -> bool:
    """Judge eighteen digits as GB 11643 does; foreigners' cards begin with 9 and name no province."""
    if _X in values[:17] or not (values[0] == 9 or values[0] * 10 + values[1] in _PROVINCES):
        return False
    if not _is_birthday(_whole(values[6:10]), month=_whole(values[10:12]), day=_whole(values[12:14])):
        return False
    return _CHECKS[sum(value * weight for value, weight in zip(values, _WEIGHTS, strict=False)) % 11] == values[17]


def _is_old_identity(values: Sequence[int]) -> bool:
    """Judge fifteen digits: cards from before 1999 have no check digit and two digits of the year."""
    if _X in values or values[0] * 10 + values[1] not in _PROVINCES:
        return False
    return _is_birthday(1900 + _whole(values[6:8]), month=_whole(values[8:10]), day=_whole(values[10:12]))


def _is_birthday(year: int, *, month: int, day: int) -> bool:
    return 1900 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31


def _is_card(values: Sequence[int]) -> bool:
    """Judge digits by who may give cards of that beginning and length, and by Luhn's check digit."""
    length, two, four = len(values), values[0] * 10 + values[1], _whole(values[:4])
    of_sixteen = values[0] == 4 or 51 <= two <= 55 or 2221 <= four <= 2720 or two in (35, 60, 65)
    issued = (
        (two == 62 and 16 <= length <= 19)
        or (length in (16, 18, 19) and (two in (60, 69) or 94 <= two <= 99 or two in (90, 91)))
        or (length == 16 and of_sixteen)
        or (length == 19 and values[0] == 4)
        or (length == 15 and two in (34, 37))
        or (length == 14 and two in (36, 38, 39))
    )
    return issued and _luhn(values)


def _luhn(values: Sequence[int]) -> bool:
    total = 0
    for place, value in enumerate(reversed(values)):
        doubled = value * 2 if place % 2 else value
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _read(run: str, *, start: int) -> _Run:
    values, places, opens = [], [], []
    gap = True
    for place, character in enumerate(run, start):
        value = _value(character)
        if value is None:
            gap = True
            continue
        values.append(value)
        places.append(place)
        opens.append(gap)
        gap = False
    return _Run(values, places, opens)


def _value(character: str) -> int | None:
    if character in "XxＸｘ":
        return _X
    return _SPOKEN.get(character, unicodedata.decimal(character, None))


def _is_joined(text: str, run: _Run) -> bool:
    """Tell whether letters stand right before the digits, as in a parcel's number: SF1234567890123."""
    before = text[run.places[0] - 1] if run.places[0] else ""
    return before.isascii() and before.isalpha()


def _whole(values: Sequence[int]) -> int:
    whole = 0
    for value in values:
        whole = whole * 10 + value
    return whole


def _plain(characters: str) -> str:
    """Return what stays of a number in plain digits, however it was written."""
    plain = (_value(character) for character in characters)
    return "".join("X" if value == _X else str(value) if value is not None else "" for value in plain)
