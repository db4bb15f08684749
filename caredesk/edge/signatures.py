"""Signatures of post that goes out and comes in: the desk checks what others sign in the way it signs itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import suppress

SHORTEST = 16
"""Characters that each of two secrets must have; what holds a shorter word is one secret with blanks in it."""


def keys_in(secret: str) -> list[str]:
    """Return the secrets that are good now: one, or two apart by a blank while the elder is being replaced."""
    parts = secret.split()
    if len(parts) > 1 and all(len(part) >= SHORTEST for part in parts):
        return parts
    return [secret] if secret else []


def is_known(given: str, *, secret: str) -> bool:
    """Tell whether somebody shows one of the secrets that are good now; nobody does where there is none."""
    return any(is_same(given, expected=key) for key in keys_in(secret))


def post_signature(secret: str, *, post_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of Standard Webhooks: HMAC-SHA256 over id, timestamp and body."""
    signed = f"{post_id}.{timestamp}.".encode("utf-8", "replace") + body
    digest = hmac.new(_key_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _key_of(secret: str) -> bytes:
    """Return the bytes of a secret: what Standard Webhooks writes as `whsec_…` stands for others than its letters."""
    if secret.startswith("whsec_"):
        with suppress(ValueError):
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return secret.encode()


def push_signature(token: str, *, timestamp: str, nonce: str) -> str:
    """Return the signature of what WeChat pushes: SHA-1 over token, timestamp and nonce in their order as words."""
    words = "".join(sorted((token, timestamp, nonce)))
    return hashlib.sha1(words.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def is_same(given: str, *, expected: str) -> bool:
    """Compare in a time that tells nothing, whatever was given."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
