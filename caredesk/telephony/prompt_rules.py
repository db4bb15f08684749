"""How numbers, places, waits, times and reasons are spoken: pure, each returns names of prompts in order."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from caredesk.core.clock import clinic_time

Said = tuple[str, ...]
"""Names of prompts, to be played one after the other."""

LONGEST_PLACE = 99
LONGEST_MINUTES = 60
ROUGH_FROM = 10
"""From so many minutes on, waits are told in steps of five: nobody believes "23 minutes"."""

CLOSED_REASONS = frozenset({"between_sessions", "holiday", "cancelled", "by_hand", "no_schedule"})


# ---- numbers ---------------------------------------------------------------------------------------------


def number(value: int) -> Said:
    """Say 0 to 99 as an ordinal or a clock does: 十二, 二十, 三十五."""
    if not 0 <= value <= 99:
        raise ValueError("numbers from 0 to 99 are spoken")
    tens, ones = divmod(value, 10)
    if not tens:
        return (f"n_{ones}",)
    lead = (f"n_{tens}",) if tens > 1 else ()
    return (*lead, "n_10", *((f"n_{ones}",) if ones else ()))


def amount(value: int) -> Said:
    """Say how many of something: as a number, but 两 for two."""
    return ("two_of",) if value == 2 else number(value)


def key_pressed(digit: str) -> Said:
    """Say which key to press."""
    return {"*": ("press_star",), "#": ("press_hash",)}.get(digit) or number(int(digit))


# ---- waiting ---------------------------------------------------------------------------------------------


def place(position: int) -> Said:
    """Say somebody's place in the line, counted from 1."""
    if position <= 1:
        return ("you_are_next",)
    if position > LONGEST_PLACE:
        return ("many_before",)
    return ("place_before", *number(position), "place_after")


def wait(low_seconds: float | None, high_seconds: float | None) -> Said:
    """Say the expected wait, as a range when it is one; without an estimate nothing is said."""
    if high_seconds is None:
        return ()
    if high_seconds <= 60:
        return ("wait_under_minute",)
    low, high = _minutes(low_seconds or 0), _minutes(high_seconds)
    if low >= LONGEST_MINUTES:
        return ("over_an_hour",)
    high = min(high, LONGEST_MINUTES)
    if low in (0, high):
        return ("wait_about", *amount(high), "minutes")
    return ("wait_about", *amount(low), "to", *amount(high), "minutes")


def _minutes(seconds: float) -> int:
    minutes = math.ceil(seconds / 60)
    return minutes if minutes < ROUGH_FROM else math.ceil(minutes / 5) * 5


def place_and_wait(
    position: int, *, low_seconds: float | None, high_seconds: float | None, can_call_back: bool
) -> Said:
    """Say what a waiting caller hears every while: place, wait, and the way to be called back instead."""
    offer = ("call_back_offer",) if can_call_back else ()
    return (*place(position), *wait(low_seconds, high_seconds), *offer)


# ---- time ------------------------------------------------------------------------------------------------


def clock_time(at: datetime) -> Said:
    """Say a time of day at the clinic: 上午八点半, 下午一点零五分."""
    local = clinic_time(at)
    hour = local.hour if local.hour <= 12 else local.hour - 12
    return (_part_of_day(local.hour), *amount(hour), "oclock", *_past(local.minute))


def _part_of_day(hour: int) -> str:
    for until, name in ((6, "night"), (12, "morning"), (13, "noon"), (18, "afternoon")):
        if hour < until:
            return name
    return "evening"


def _past(minute: int) -> Said:
    if minute == 0:
        return ()
    if minute == 30:
        return ("half",)
    zero = ("n_0",) if minute < 10 else ()
    return (*zero, *number(minute), "minute")


def moment(at: datetime, *, now: datetime) -> Said:
    """Say an instant as seen from another: today, tomorrow, the day after, else the date with its weekday."""
    local, today = clinic_time(at), clinic_time(now).date()
    near = {
        today: "today",
        today + timedelta(days=1): "tomorrow",
        today + timedelta(days=2): "day_after_tomorrow",
    }.get(local.date())
    weekday = f"weekday_{local.isoweekday()}"
    day: Said = (near,) if near else (*number(local.month), "month", *number(local.day), "day", weekday)
    return (*day, *clock_time(at))


def opens(at: datetime | None, *, now: datetime) -> Said:
    """Say when the line opens next; nothing when nobody knows."""
    return ("opens_at", *moment(at, now=now)) if at else ()


def closed(reason: str, *, next_open: datetime | None, now: datetime) -> Said:
    """Say that the line is closed, why, when it opens, and what to do in an emergency."""
    known = reason.removeprefix("closed_")
    why = known if known in CLOSED_REASONS else "between_sessions"
    return (f"closed_{why}", *opens(next_open, now=now), "emergency")


def voicemail_notice(max_seconds: int) -> Said:
    """Say how to leave a message and how long it may be, before the tone."""
    minutes = max(1, max_seconds // 60)
    return ("voicemail_invite", "voicemail_limit", *amount(min(minutes, 99)), "minutes")
