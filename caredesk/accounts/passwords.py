"""Argon2 hashing. Slow on purpose: call it before a write transaction, never inside, or all writers wait."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from caredesk.core.ids import new_token

# OWASP's advice for Argon2id is at least 19 MiB and two passes; memory stays modest because many threads may hash.
_HASHER = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Return the salted hash that is stored."""
    return _HASHER.hash(_normal(password))


def password_matches(password: str, *, stored: str | None) -> bool:
    """Tell whether the password is the stored one; without a stored one the same work is done in vain.

    An unknown login must not answer faster than a known one.
    """
    decoy = _decoy()
    try:
        _HASHER.verify(stored or decoy, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


# Without letters and digits that look alike, because people copy it by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """Return a password that is told once: twenty signs in groups of five, 99 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def needs_rehash(stored: str) -> bool:
    """Tell whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _decoy() -> str:
    return _HASHER.hash(new_token())


def _normal(password: str) -> bytes:
    # The same word typed on a phone and on a computer may differ in code points (NIST SP 800-63B).
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
