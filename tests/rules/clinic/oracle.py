"""A slow, obvious oracle of opening hours: it asks anew for every minute and shares no code with the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

from caredesk.clinic.hours import HoursRule, WeeklyWindow, Window

MINUTE = timedelta(minutes=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def oracle_is_open(rule: HoursRule, windows: Sequence[Window], *, at: datetime) -> bool:
    if any(c.starts_at <= at < c.ends_at for c in rule.closures):
        return False
    if any(o.starts_at <= at < o.ends_at for o in rule.openings):
        return True
    return _a_session_leads(rule, windows, at=at) or _fixed_hours_hold(rule, at=at)


def oracle_minutes(rule: HoursRule, windows: Sequence[Window], *, start: datetime, end: datetime) -> list[bool]:
    """Ask for every minute of a stretch, one after the other."""
    return [oracle_is_open(rule, windows, at=start + n * MINUTE) for n in range((end - start) // MINUTE)]


def oracle_next_change(
    rule: HoursRule, windows: Sequence[Window], *, at: datetime, within: timedelta
) -> datetime | None:
    now_open = oracle_is_open(rule, windows, at=at)
    minute = at + MINUTE
    while minute < at + within:
        if oracle_is_open(rule, windows, at=minute) != now_open:
            return minute
        minute += MINUTE
    return None


def _a_session_leads(rule: HoursRule, windows: Sequence[Window], *, at: datetime) -> bool:
    return any(
        not w.cancelled
        and w.starts_at - rule.lead_in_minutes * MINUTE <= at < w.ends_at + rule.lead_out_minutes * MINUTE
        for w in windows
    )


def _fixed_hours_hold(rule: HoursRule, *, at: datetime) -> bool:
    if rule.fixed is None:
        return False
    local = at.astimezone(SHANGHAI)
    yesterday = local - timedelta(days=1)
    clock = (local.hour, local.minute)
    for window in rule.fixed.windows:
        opens, closes = (window.opens.hour, window.opens.minute), (window.closes.hour, window.closes.minute)
        overnight = closes <= opens
        today_counts = _day_counts(window, local, workdays_only=rule.fixed.workdays_only)
        yesterday_counts = _day_counts(window, yesterday, workdays_only=rule.fixed.workdays_only)
        if today_counts and opens <= clock and (overnight or clock < closes):
            return True
        if yesterday_counts and overnight and clock < closes:
            return True
    return False


def _day_counts(window: WeeklyWindow, local: datetime, *, workdays_only: bool) -> bool:
    day = local.date()
    if not workdays_only:
        return day.isoweekday() in window.days
    if not chinese_calendar.is_workday(day):
        return False
    return (1 if day.isoweekday() > 5 else day.isoweekday()) in window.days
