"""How a person's data is sealed: one value with AES-256-GCM, its key wrapped by a master key, words for search by HMAC.

Only functions on bytes and text; which key stands for whom is `core/data_keys.py`'s, which columns are sealed is
`core/sealed.py`'s. A sealed value is `~1:<id of its key>:<nonce, ciphertext and tag in base64>` (NIST SP 800-38D, with
random nonces of 96 bits: a key that belongs to one family or one month stays far below its 2^32 values).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from caredesk.core.ids import ID_LENGTH

MARK = "~1:"
"""How every sealed value begins; what begins otherwise was stored before values were sealed."""

KEY_STARTS = len(MARK) + 1
"""At which character of a sealed value the id of its key begins, counted from one as SQL does."""

KEY_LENGTH = ID_LENGTH
NONCE = 12
TOKEN_BYTES = 16


class SealBroken(Exception):
    """A sealed value or key cannot be opened: it was changed, it stands in another's place, or its key is not here."""


@dataclass(frozen=True)
class MasterKey:
    """A key that wraps keys and nothing else, known by an id that tells nothing of it."""

    id: str
    cipher: AESGCM

    @classmethod
    def of(cls, secret: str) -> MasterKey:
        """Return the key that a secret of at least 128 random bits makes."""
        key = HKDF(SHA256(), 32, salt=None, info=b"caredesk personal data").derive(secret.encode())
        return cls(hashlib.sha256(b"key id" + key).hexdigest()[:16], AESGCM(key))


class MasterKeys(Protocol):
    """Where master keys come from. They are asked for anew each time, because a rotation adds one while we run."""

    def newest(self) -> MasterKey:
        """Return the one that wraps new keys."""
        ...

    def find(self, key_id: str) -> MasterKey | None:
        """Return the one of this id, if it is still kept."""
        ...


@dataclass(frozen=True)
class PersonalSecrets:
    """All that opens people's data, handed in at start: master keys, and the secret behind the words of search."""

    masters: MasterKeys
    index_secret: str


def new_data_key() -> bytes:
    """Return a fresh key for values, 256 random bits."""
    return AESGCM.generate_key(256)


def wrap(key: bytes, *, master: MasterKey, about: str) -> str:
    """Return a key sealed by a master key; it opens only for what it is about."""
    return _seal(key, cipher=master.cipher, about=about)


def unwrap(wrapped: str, *, master: MasterKey, about: str) -> bytes:
    """Return the key that was wrapped."""
    return _open(wrapped, cipher=master.cipher, about=about)


def seal(value: str, *, key_id: str, cipher: AESGCM, about: str) -> str:
    """Return a value sealed; it opens only for what it is about: its column and its row."""
    return f"{MARK}{key_id}:{_seal(value.encode(), cipher=cipher, about=about)}"


def unseal(sealed: str, *, cipher: AESGCM, about: str) -> str:
    """Return what was sealed."""
    return _open(sealed[len(MARK) + KEY_LENGTH + 1 :], cipher=cipher, about=about).decode()


def is_sealed(stored: str) -> bool:
    """Tell whether a stored value is sealed."""
    return stored.startswith(MARK)


def key_of(sealed: str) -> str:
    """Return the id of the key that a sealed value names."""
    return sealed[len(MARK) : len(MARK) + KEY_LENGTH]


def tokens_by(secret: str) -> Callable[[str, str], str]:
    """Return what turns a place and a value into a word for search, always the same and of no use without the key."""
    key = HKDF(SHA256(), 32, salt=None, info=b"caredesk personal index").derive(secret.encode())

    def token(place: str, value: str) -> str:
        # Hashed with its place, so that equal values of two columns do not show that they are equal.
        code = hmac.digest(key, f"{place}\x1f{value}".encode(), "sha256")[:TOKEN_BYTES]
        return base64.urlsafe_b64encode(code).decode().rstrip("=")

    return token


def _seal(plain: bytes, *, cipher: AESGCM, about: str) -> str:
    nonce = os.urandom(NONCE)
    return base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, plain, about.encode())).decode()


def _open(sealed: str, *, cipher: AESGCM, about: str) -> bytes:
    try:
        raw = base64.b64decode(sealed, altchars=b"-_", validate=True)
        return cipher.decrypt(raw[:NONCE], raw[NONCE:], about.encode())
    except (InvalidTag, ValueError):
        raise SealBroken from None
