"""How much of a vendor's words is believed: short ones without control characters, numbers without ornaments."""

from __future__ import annotations

import re

_ID = re.compile(r"[A-Za-z0-9._:@^-]{1,80}", re.ASCII)
_NOT_DIALLED = re.compile(r"[^0-9+*#]", re.ASCII)
LONGEST_NUMBER = 32
LONGEST_WORD = 80
_ADDRESS = re.compile(r"https?://[!-~]{3,1000}", re.ASCII)


class CloudUnreadable(ValueError):
    """A push is signed, but says nothing of a call that we could understand; it is kept as it came."""


def word_of(value: object, *, most: int = LONGEST_WORD) -> str:
    """Return a word as it is, a number as its digits, everything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return "".join(sign for sign in str(value) if sign.isprintable()).strip()[:most]


def name_of(value: object) -> str:
    """Return an id that a vendor has made, or nothing when it is none."""
    word = word_of(value, most=200)
    return word if _ID.fullmatch(word) else ""


def address_of(value: object) -> str:
    """Return the whole address of something on the web, or nothing when it is none."""
    word = word_of(value, most=1100)
    return word if _ADDRESS.fullmatch(word) else ""


def number_of(value: object) -> str:
    """Return what can be dialled of a telephone number; who hides theirs has none."""
    return _NOT_DIALLED.sub("", word_of(value, most=200))[:LONGEST_NUMBER]
