"""When a call-back can be kept and when it is tried again: pure, and the same for every caller (B55)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import phonenumbers

HOME = "CN"
"""Numbers without a country's prefix are mainland ones."""

Next = Literal["again", "give_up"]


@dataclass(frozen=True)
class Tried:
    """What follows from an attempt that reached nobody: another one not before a time, or the end."""

    next: Next
    attempts: int
    not_before: datetime | None


def callable_number(caller: str) -> str | None:
    """Return a caller's number as it is dialled back (E.164), or None when none was shown or it cannot be one."""
    try:
        number = phonenumbers.parse(caller, HOME)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def after_attempt(*, attempts: int, limit: int, pause: timedelta, now: datetime) -> Tried:
    """Return what follows when the number did not answer; the attempt that was just made counts."""
    made = attempts + 1
    if made >= limit:
        return Tried("give_up", made, None)
    return Tried("again", made, now + pause)
