"""Opaque cursors of lists: the sort key of the last row, readable only by the desk, refused when it makes no sense."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from caredesk.core.errors import BadInput


class CursorUnreadable(BadInput):
    """Not a cursor that a list of this desk has given out."""

    code = "list.cursor_unreadable"


def write_cursor(at: datetime, row_id: str) -> str:
    """Return the cursor after a row."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode()


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """Return time and id of the row that a cursor stands after."""
    try:
        at, _, row_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        place = datetime.fromisoformat(at).astimezone(UTC), row_id
    except (binascii.Error, ValueError, OverflowError):
        raise CursorUnreadable from None
    # PostgreSQL takes no NUL characters, not even to compare with.
    if not row_id.isprintable():
        raise CursorUnreadable
    return place
