"""Identifiers: time-ordered, unguessable enough for URLs, the same on both stores."""

from __future__ import annotations

import hashlib
import secrets
from typing import NewType

import uuid_utils

StaffId = NewType("StaffId", str)
VisitorId = NewType("VisitorId", str)
ConversationId = NewType("ConversationId", str)
EntryId = NewType("EntryId", str)
OfferId = NewType("OfferId", str)
QueueId = NewType("QueueId", str)
GuardianId = NewType("GuardianId", str)
PictureId = NewType("PictureId", str)

ID_LENGTH = 36


def new_id() -> str:
    """Return a new version 7 UUID as text: later ids sort after earlier ones (RFC 9562)."""
    return str(uuid_utils.uuid7())


def new_token() -> str:
    """Return a bearer secret with 256 random bits, safe in headers and URLs."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is stored of a bearer secret, so that a stolen database opens no session.

    A plain SHA-256 is enough because the secret is random: there is no dictionary to try.
    """
    return hashlib.sha256(token.encode()).hexdigest()
