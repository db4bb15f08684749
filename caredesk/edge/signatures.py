"""Signatures of post that goes out and comes in: the desk checks what others sign in the way it signs itself."""

from __future__ import annotations

import base64
import hashlib
import hmac


def post_signature(secret: str, *, post_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of Standard Webhooks: HMAC-SHA256 over id, timestamp and body."""
    signed = f"{post_id}.{timestamp}.".encode("utf-8", "replace") + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def push_signature(token: str, *, timestamp: str, nonce: str) -> str:
    """Return the signature of what WeChat pushes: SHA-1 over token, timestamp and nonce in their order as words."""
    words = "".join(sorted((token, timestamp, nonce)))
    return hashlib.sha1(words.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def is_same(given: str, *, expected: str) -> bool:
    """Compare in a time that tells nothing, whatever was given."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
