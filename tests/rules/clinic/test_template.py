"""The weekly template over real weeks, holidays and swapped working days."""

from __future__ import annotations

from datetime import date

from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.template import lay_out, overridden
from caredesk.clinic.workdays import CalendarDay, calendar_day, working_weekday


def row(weekday: int, *, doctor: str = "", holidays: str = "") -> SheetRow:
    cells = {"weekday": str(weekday), "department": "skin", "doctor": doctor, "start": "08:00", "end": "12:00"}
    return SheetRow(2, {**cells, "kind": "morning", "holidays": holidays})


def laid(*template: SheetRow, first: date, last: date) -> list[tuple[str, str]]:
    return [(r.cell("date"), r.cell("doctor")) for r in lay_out(template, first=first, last=last)]


def test_each_weekday_has_its_own_sessions() -> None:
    week = laid(row(1, doctor="mon"), row(6, doctor="sat"), first=date(2026, 3, 2), last=date(2026, 3, 15))
    assert week == [("2026-03-02", "mon"), ("2026-03-07", "sat"), ("2026-03-09", "mon"), ("2026-03-14", "sat")]


def test_public_holidays_have_only_what_never_rests() -> None:
    days = laid(
        row(4, doctor="day"), row(4, doctor="night", holidays="yes"), first=date(2026, 9, 24), last=date(2026, 10, 1)
    )
    assert days == [("2026-09-24", "day"), ("2026-09-24", "night"), ("2026-10-01", "night")]


def test_a_saturday_worked_in_exchange_has_mondays_sessions() -> None:
    template = (row(1, doctor="mon"), row(6, doctor="sat"), row(6, doctor="night", holidays="yes"))
    assert laid(*template, first=date(2026, 10, 10), last=date(2026, 10, 10)) == [
        ("2026-10-10", "mon"),
        ("2026-10-10", "night"),
    ]


def test_an_exception_replaces_its_session_and_others_are_added() -> None:
    rows = lay_out([row(1, doctor="a"), row(1, doctor="b")], first=date(2026, 3, 2), last=date(2026, 3, 2))
    stopped = SheetRow(2, {**rows[0].cells, "status": "cancelled"})
    extra = SheetRow(3, {**rows[0].cells, "doctor": "c", "status": "added"})
    merged = overridden(rows, by=[stopped, extra])
    assert [(r.line, r.cell("doctor"), r.cell("status")) for r in merged] == [
        (2, "b", "scheduled"),
        (3, "a", "cancelled"),
        (4, "c", "added"),
    ]


def test_the_calendar_tells_holidays_weekends_and_swapped_days_apart() -> None:
    assert calendar_day(date(2026, 10, 1)) == CalendarDay(workday=False, holiday=True, swapped=False, known=True)
    assert calendar_day(date(2026, 10, 10)) == CalendarDay(workday=True, holiday=False, swapped=True, known=True)
    assert calendar_day(date(2026, 3, 7)) == CalendarDay(workday=False, holiday=False, swapped=False, known=True)
    assert calendar_day(date(2026, 3, 9)) == CalendarDay(workday=True, holiday=False, swapped=False, known=True)


def test_an_unpublished_year_falls_back_and_admits_it() -> None:
    assert calendar_day(date(2099, 10, 1)) == CalendarDay(workday=False, holiday=True, swapped=False, known=False)
    assert calendar_day(date(2099, 3, 4)) == CalendarDay(workday=True, holiday=False, swapped=False, known=False)
    assert [working_weekday(date(2099, 3, day)) for day in range(2, 9)] == [1, 2, 3, 4, 5, None, None]
