"""Fixed weekly hours as they are stored with a queue: reading them, and saying what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from caredesk.clinic.errors import HoursInvalid
from caredesk.clinic.hours import ALL_DAYS, FixedHours, WeeklyWindow


def read_fixed_hours(stored: Mapping[str, Any] | None) -> FixedHours | None:
    """Read `{"workdays_only": true, "windows": [{"days": [1, 2], "opens": "09:00", "closes": "17:30"}]}`.

    Days are ISO weekdays (1 is Monday) and may be left out for all of them; an empty object is no fixed hours.
    """
    if not stored:
        return None
    try:
        windows = tuple(_window(window) for window in stored["windows"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise HoursInvalid(reason=str(error)) from error
    if not windows:
        raise HoursInvalid(reason="windows")
    return FixedHours(windows, workdays_only=stored.get("workdays_only") is True)


def _window(stored: Mapping[str, Any]) -> WeeklyWindow:
    days = frozenset(int(day) for day in stored.get("days", ALL_DAYS))
    if not days or not days <= ALL_DAYS:
        raise ValueError("days")
    return WeeklyWindow(days, _clock(stored["opens"]), _clock(stored["closes"]))


def _clock(text: str) -> time:
    # Midnight at the end of a day is 24:00 to people and 00:00 of the next day to the evaluator.
    return time(0) if text == "24:00" else time.fromisoformat(text)
