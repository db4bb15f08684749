"""Pure decisions about families: what is masked and how (B61), and how old a child is.

Masks have a fixed number of stars, so that they do not tell the length of what they hide.
"""

from __future__ import annotations

import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

STARS = "****"
MOBILE_DIGITS = 11
TAIL = 4

RevealableField = Literal["phone", "name", "id_number", "address", "child_name"]


# ---- masks -----------------------------------------------------------------------------------------------


def mask_phone(phone: str) -> str:
    """Mask a number: `138****1234` for a mainland mobile, else the last four digits, else nothing at all."""
    digits = phone_digits(phone)
    if _is_mobile(digits) and not _is_foreign(phone):
        return f"{digits[:3]}{STARS}{digits[-TAIL:]}"
    # A short number (an extension, 110) would be told by its last four digits.
    if len(digits) >= 2 * TAIL - 1:
        return f"{STARS}{digits[-TAIL:]}"
    return STARS if phone.strip() else ""


def phone_digits(phone: str) -> str:
    """Return the digits of a number as people write it; a mainland mobile loses its country code."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", phone) if c.isdecimal() and c.isascii())
    without_code = digits.removeprefix("00").removeprefix("86")
    return without_code if _is_mobile(without_code) else digits


def _is_mobile(digits: str) -> bool:
    return len(digits) == MOBILE_DIGITS and digits[0] == "1" and digits[1] in "3456789"


def _is_foreign(phone: str) -> bool:
    written = unicodedata.normalize("NFKC", phone).strip().replace(" ", "")
    return written.startswith("+") and not written.startswith("+86")


def phone_tail(phone: str) -> str:
    """Return the last four digits, by which a caller may be looked up, or nothing when there are fewer."""
    digits = phone_digits(phone)
    return digits[-TAIL:] if len(digits) >= TAIL else ""


def mask_name(name: str) -> str:
    """Mask an adult's name to its first character and two stars."""
    return _first_character(name, stars="**")


def mask_child_name(name: str) -> str:
    """Mask a child's name to its first character and one star."""
    return _first_character(name, stars="*")


def _first_character(name: str, *, stars: str) -> str:
    letters = unicodedata.normalize("NFC", name).strip()
    # A single character is the whole of what is known, so nothing of it may be shown.
    return letters[0] + stars if len(letters) > 1 else stars * bool(letters)


def mask_id_number(number: str) -> str:
    """Mask an identity number: three leading and four trailing characters of a resident's, less of a passport."""
    letters = unicodedata.normalize("NFKC", number).strip()
    if len(letters) >= 15:
        return f"{letters[:3]}{STARS}{letters[-4:]}"
    if len(letters) >= 8:
        return f"{letters[:1]}{STARS}{letters[-2:]}"
    return STARS if letters else ""


def mask_address(address: str) -> str:
    """Mask an address: the first six Chinese characters (about the district) of a long one, else nothing."""
    letters = address.strip()
    if not letters:
        return ""
    keep = min(6, len(letters) // 3)
    region = ""
    for letter in letters[:keep]:
        if not _is_chinese(letter):
            break
        region += letter
    return region + STARS


def _is_chinese(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("CJK UNIFIED IDEOGRAPH")


# ---- ages ------------------------------------------------------------------------------------------------

AgeWording = Literal["days", "months", "months_days", "years", "years_months"]


@dataclass(frozen=True, slots=True)
class Age:
    """A child's age in completed years, months and days."""

    years: int
    months: int
    days: int

    @property
    def wording(self) -> AgeWording:
        """Return how paediatricians would say it: the younger the child, the finer."""
        if self.years >= 6:
            return "years"
        if self.years:
            return "years_months" if self.months else "years"
        if self.months:
            return "months_days" if self.days and self.months < 6 else "months"
        return "days"


def age_on(birth_date: date | None, *, day: date) -> Age | None:
    """Return the age on a day, or None when the birthday is unknown or lies ahead."""
    if birth_date is None or birth_date > day:
        return None
    months = (day.year - birth_date.year) * 12 + day.month - birth_date.month
    if _birthday_in(day.year, day.month, birth_date) > day:
        months -= 1
    year, month = divmod(birth_date.year * 12 + birth_date.month - 1 + months, 12)
    return Age(years=months // 12, months=months % 12, days=(day - _birthday_in(year, month + 1, birth_date)).days)


def _birthday_in(year: int, month: int, birth_date: date) -> date:
    # Who is born on the 31st completes a shorter month on its last day, and a leap-day child on 28 February.
    return date(year, month, min(birth_date.day, monthrange(year, month)[1]))
