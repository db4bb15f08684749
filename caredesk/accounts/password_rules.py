"""Pure decisions about new passwords: what is wrong with one, and when one is too old.

Length before signs, as NIST SP 800-63B advises; what many people use, and what is known of the person, is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

MIN_PASSWORD = 10
MAX_PASSWORD = 200

KEPT = 5
"""So many passwords from before the one in force are not taken again."""

_WALKS = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
# Put in the place of letters by everybody, and first tried by everybody.
_STAND_INS = str.maketrans("013457@$!", "oieastasi")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_PARTS = re.compile(r"[\W\d_]+")


def password_faults(password: str, *, login: str, names: Iterable[str] = ()) -> list[str]:
    """Return codes of what is wrong with a new password; `names` are the person's own."""
    lowered = password.casefold()
    faults = {
        "too_short": len(password) < MIN_PASSWORD,
        "too_long": len(password) > MAX_PASSWORD,
        "contains_login": any(part in lowered for part in _login_parts(login)),
        "contains_name": any(part in lowered for name in names for part in _name_parts(name)),
        "too_uniform": len(set(password)) < 5,
        "too_common": _is_common(lowered),
    }
    return [code for code, found in faults.items() if found]


def is_too_old(*, set_at: datetime, longest: timedelta | None, now: datetime) -> bool:
    """Tell whether a password must be changed for its age; without a longest age none must."""
    return longest is not None and set_at + longest <= now


def _is_common(lowered: str) -> bool:
    # Digits alone are a birthday, a telephone or an identity number.
    if lowered.isdigit() or any(lowered in walk for walk in _WALKS):
        return True
    # Two words of which each is common are tried as soon as one of them.
    words = [word for word in _PARTS.split(lowered) if word]
    bare = _AROUND.sub("", lowered)
    meant = bare.translate(_STAND_INS)
    known = _common()
    return bool({lowered, bare, meant} & known) or (bool(words) and all(word in known for word in words))


@cache
def _common() -> frozenset[str]:
    text = files("caredesk.accounts").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def _login_parts(login: str) -> set[str]:
    # Two letters are in too many good passwords.
    return {part for part in (login.casefold(), *_PARTS.split(login.casefold())) if len(part) > 2}


def _name_parts(name: str) -> set[str]:
    """Return what of a name must not occur: a Chinese one as a whole, words of letters from three on."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = [word for word in folded.split() if word]
    parts = {"".join(words), "".join(reversed(words)), *words}
    return {part for part in parts if len(part) > (2 if part.isascii() else 1)}
