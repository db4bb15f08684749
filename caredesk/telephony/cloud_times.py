"""The times of cloud call centres, each in its vendor's way of writing them, as aware UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from caredesk.core.clock import CLINIC_ZONE

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""What lies outside is no time but a mistake, or a vendor's way of saying "never"."""
IN_MILLISECONDS = 100_000_000_000
"""Unix times from here on count milliseconds: as seconds they would lie beyond the year 5000."""

_WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_COUNTED = re.compile(r"\d{1,16}(?:\.\d{1,6})?", re.ASCII)


def read_time(value: object) -> datetime | None:
    """Return a time that a vendor wrote: seconds or milliseconds since 1970, or `yyyy-MM-dd HH:mm:ss`.

    Written times without an offset are Beijing's, as all these vendors mean them. Nothing, zero and what cannot be
    read give None: a record with one time less is better than none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    if _COUNTED.fullmatch(text):
        return _counted(float(text))
    written = _WRITTEN.fullmatch(text)
    return _written(written) if written else None


def _counted(number: float) -> datetime | None:
    seconds = number / 1000 if number >= IN_MILLISECONDS else number
    try:
        return _believed(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):
        return None


def _written(match: re.Match[str]) -> datetime | None:
    day, time, fraction, offset = match.groups()
    zone = "" if not offset else "+00:00" if offset == "Z" else offset
    try:
        at = datetime.fromisoformat(f"{day}T{time}.{(fraction or '0').ljust(6, '0')}{zone}")
    except ValueError:
        return None
    return _believed(at if at.tzinfo else at.replace(tzinfo=CLINIC_ZONE))


def _believed(at: datetime) -> datetime | None:
    at = at.astimezone(UTC)
    return at if FIRST <= at < LAST else None
