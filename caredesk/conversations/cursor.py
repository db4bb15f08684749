"""Cursors of lists that are newest first: where the next page begins, as opaque text for clients."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from caredesk.conversations.errors import CursorUnreadable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = re.compile(r"^(\d{1,17}) ([0-9a-f-]{36})$")


@dataclass(frozen=True)
class Place:
    """The last row of a page: what follows is older, or equally old with a smaller id."""

    at: datetime
    id: str


def cursor_of(place: Place) -> str:
    """Return the place as text that survives in a URL."""
    microseconds = (place.at - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(f"{microseconds} {place.id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Place:
    """Return the place a cursor stands for. It opens nothing by itself: every page checks what may be seen."""
    try:
        plain = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        raise CursorUnreadable from None
    found = _PLAIN.match(plain)
    if found is None:
        raise CursorUnreadable
    return Place(_EPOCH + timedelta(microseconds=int(found[1])), found[2])
