"""Which days people in mainland China work: the State Council's calendar, as a pure function of the date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import chinese_calendar

STATUTORY_SOLAR_DAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Statutory holidays that fall on the same solar date every year (State Council order 795, from 2025)."""

MONDAY, FRIDAY = 1, 5


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """What the calendar says of one date.

    `holiday` is true for the days of a public holiday only, never for an ordinary weekend. `swapped` marks a Saturday
    or Sunday that is worked in exchange (tiaoxiu). `known` is false where the year's calendar is not published yet.
    """

    workday: bool
    holiday: bool
    swapped: bool
    known: bool


def calendar_day(day: date) -> CalendarDay:
    """Tell whether a date is worked.

    Years that the calendar package does not know (the next year is announced each November) fall back to Monday to
    Friday without the statutory days of fixed solar date; holidays by the moon and swapped days are then missing,
    which `known=False` admits.
    """
    try:
        free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return _unpublished_day(day)
    weekend = day.isoweekday() > FRIDAY
    return CalendarDay(workday=not free, holiday=free and name is not None, swapped=weekend and not free, known=True)


def _unpublished_day(day: date) -> CalendarDay:
    statutory = (day.month, day.day) in STATUTORY_SOLAR_DAYS
    return CalendarDay(
        workday=day.isoweekday() <= FRIDAY and not statutory, holiday=statutory, swapped=False, known=False
    )


def working_weekday(day: date) -> int | None:
    """Return the ISO weekday whose timetable a working day follows, or None on days off.

    A swapped Saturday or Sunday follows Monday's timetable: the State Council names the date, not the weekday it
    stands for, and a clinic that wants another one says so by its sessions.
    """
    kind = calendar_day(day)
    if not kind.workday:
        return None
    return MONDAY if kind.swapped else day.isoweekday()
