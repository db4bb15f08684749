"""Rules of the roster: what a shift may be, what is warned of, who is at work, and what files say."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from caredesk.staffing.assumptions import default_assumptions
from caredesk.staffing.files import column_named, read_row, table_rows, write_calendar, write_xlsx
from caredesk.staffing.grid import Stretch, grid_of
from caredesk.staffing.rules import (
    LeaveFacts,
    RosterAgent,
    RosterFault,
    ShiftFacts,
    coverage_of,
    default_breaks,
    leave_faults,
    moved_to_week,
    shift_faults,
    staffed,
    warnings_of,
)

LIMITS = default_assumptions().roster
MONDAY = date(2026, 11, 23)
GRID = grid_of(MONDAY, days=7)
NOW = GRID.starts_at
AGENTS = {
    "a": RosterAgent("a", "李晓雯", frozenset({"general"}), "agent01"),
    "b": RosterAgent("b", "王思远", frozenset({"general", "medicine"}), "agent02"),
}


def at(day: int, hour: float) -> datetime:
    return GRID.starts_at + timedelta(days=day, hours=hour)


def shift(day: int, start: float, end: float, *, who: str = "a", id: str = "") -> ShiftFacts:
    return ShiftFacts(who, at(day, start), at(day, end), id=id)


def codes(one: ShiftFacts, *others: ShiftFacts, leaves: tuple[LeaveFacts, ...] = ()) -> list[str]:
    return [f.code for f in shift_faults(one, others=others, leaves=leaves, agents=AGENTS, limits=LIMITS, now=NOW)]


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (shift(0, 8, 16), []),
        (shift(0, 22, 30), []),
        (shift(0, 8, 33), ["too_long"]),
        (shift(0, 8, 8.5), ["too_short"]),
        (shift(0, 16, 8), ["ends_before_start"]),
        (shift(0, 8, 8), ["ends_before_start"]),
        (shift(0, 8, 16, who="gone"), ["agent_left"]),
        (shift(500, 8, 16), ["date_far"]),
        (replace(shift(0, 8, 16), breaks=(Stretch(at(0, 15), at(0, 17)),)), ["break_outside"]),
    ],
)
def test_a_shift_that_cannot_be_is_refused(one: ShiftFacts, wanted: list[str]) -> None:
    assert codes(one) == wanted


def test_shifts_of_one_agent_never_overlap_but_may_touch() -> None:
    there = shift(0, 8, 12, id="s1")
    assert codes(shift(0, 11.75, 15), there) == ["overlaps"]
    assert codes(shift(0, 12, 15), there) == []
    assert codes(shift(0, 11, 15, who="b"), there) == []
    assert codes(replace(there, ends_at=at(0, 13)), there) == []


def test_nobody_works_on_leave_and_nobody_takes_leave_over_a_shift() -> None:
    leave = LeaveFacts("a", at(0, 0), at(2, 0))
    assert codes(shift(1, 8, 16), leaves=(leave,)) == ["on_leave"]
    assert codes(shift(2, 8, 16), leaves=(leave,)) == []
    faults = leave_faults(leave, shifts=[shift(1, 8, 16)], agents=AGENTS, now=NOW)
    assert [(fault.code, fault.value) for fault in faults] == [("over_shift", "2026-11-24 08:00-16:00")]
    turned = LeaveFacts("a", at(2, 0), at(0, 0))
    assert [fault.code for fault in leave_faults(turned, shifts=[], agents=AGENTS, now=NOW)] == ["ends_before_start"]


def test_short_rest_long_days_and_long_weeks_are_warned_of() -> None:
    late_then_early = [shift(0, 14, 22), shift(1, 7, 11)]
    assert [w.code for w in warnings_of(late_then_early, limits=LIMITS)] == ["short_rest"]
    assert [w.code for w in warnings_of([shift(0, 8, 12), shift(0, 13, 18)], limits=LIMITS)] == ["long_day"]
    week = [shift(day, 8, 15) for day in range(6)]
    assert [(w.code, w.value) for w in warnings_of(week, limits=LIMITS)] == [("long_week", "2026-11-23 42")]


def test_a_break_and_a_part_of_a_quarter_count_as_absence() -> None:
    rested = replace(shift(0, 8, 16), breaks=(Stretch(at(0, 12), at(0, 13)),))
    there = staffed([rested], grid=GRID)
    assert there[8 * 4 : 16 * 4].sum() == 28 and there[12 * 4] == 0
    assert staffed([shift(0, 8, 10.05)], grid=GRID).sum() == 8


def test_missing_is_the_largest_lack_of_any_queue_or_of_all() -> None:
    need = np.zeros(GRID.count, dtype=np.int64)
    need[32:40] = 2
    medicine = np.zeros(GRID.count, dtype=np.int64)
    medicine[32:40] = 1
    shifts = [shift(0, 8, 10), shift(0, 8, 10, who="gone")]
    found = coverage_of(shifts, agents=AGENTS, need=need, queue_need={"medicine": medicine}, grid=GRID)
    assert found.rostered[32] == 1 and found.missing[32] == 1
    both = coverage_of(
        [shift(0, 8, 10), shift(0, 8, 10, who="b")],
        agents=AGENTS,
        need=need,
        queue_need={"medicine": medicine},
        grid=GRID,
    )
    assert both.missing.sum() == 0


def test_a_copied_week_keeps_weekdays_clocks_and_breaks() -> None:
    rested = replace(shift(2, 8, 16), breaks=(Stretch(at(2, 12), at(2, 13)),), id="s1")
    (moved,) = moved_to_week([rested], monday=MONDAY + timedelta(days=14))
    assert (moved.starts_at, moved.breaks[0].starts_at, moved.id) == (at(16, 8), at(16, 12), "")


def test_a_long_shift_gets_a_break_in_its_middle_on_a_quarter() -> None:
    (pause,) = default_breaks(Stretch(at(0, 8), at(0, 16)), limits=LIMITS)
    assert (pause.starts_at, pause.ends_at) == (at(0, 11.5), at(0, 12.5))
    assert default_breaks(Stretch(at(0, 8), at(0, 12)), limits=LIMITS) == ()


# ---- files -----------------------------------------------------------------------------------------------


def row(**cells: str) -> ShiftFacts | RosterFault:
    told = {"agent": "agent01", "date": "2026-11-23", "start": "08:00", "end": "16:00"} | cells
    return read_row(told, agents=AGENTS)


def test_a_row_is_read_by_login_or_name_and_over_midnight() -> None:
    assert row() == shift(0, 8, 16)
    assert row(agent="李晓雯", date="2026/11/23", start="22：00", end="06:00:00") == shift(0, 22, 30)
    rested = row(start="20:00", end="04:00", break_start="00:30", break_end="01:00")
    assert isinstance(rested, ShiftFacts) and rested.breaks == (Stretch(at(0, 24.5), at(0, 25)),)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"agent": "nobody"}, "agent_unknown"),
        ({"date": "2026-02-30"}, "bad_date"),
        ({"date": ""}, "bad_date"),
        ({"start": "8 o'clock"}, "bad_time"),
        ({"end": "25:00"}, "bad_time"),
        ({"start": "=NOW()"}, "bad_time"),
    ],
)
def test_a_bad_row_says_what_is_wrong(cells: dict[str, str], code: str) -> None:
    found = row(**cells)
    assert isinstance(found, RosterFault) and found.code == code


def test_what_is_written_reads_back_the_same() -> None:
    rested = replace(shift(0, 20, 28), breaks=(Stretch(at(0, 24), at(0, 25)),))
    heading, *lines = table_rows([rested, shift(1, 8, 12, who="b")], agents=AGENTS)
    columns = [column_named(str(word)) for word in heading]
    back = [read_row(dict(zip(columns, map(str, line), strict=True)), agents=AGENTS) for line in lines]
    assert back == [rested, shift(1, 8, 12, who="b")]


def test_a_workbook_opens_and_never_holds_a_formula() -> None:
    sly = AGENTS | {"c": RosterAgent("c", "=1+1", frozenset({"general"}), "agent03")}
    book = load_workbook(io.BytesIO(write_xlsx([shift(0, 8, 12, who="c")], agents=sly)))
    cells = [cell.value for cell in book.worksheets[0][2]]
    assert cells == ["agent03", "'=1+1", "2026-11-23", "08:00", "12:00", None, None, 4]


def test_a_calendar_has_one_event_for_each_shift() -> None:
    rested = replace(shift(0, 8, 16, id="s1"), breaks=(Stretch(at(0, 12), at(0, 13)),))
    calendar = Calendar.from_ical(write_calendar([rested], agents=AGENTS, now=NOW))
    (event,) = calendar.walk("VEVENT")
    assert event["UID"] == "s1@caredesk"
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (at(0, 8), at(0, 16))
    assert str(event["DESCRIPTION"]) == "休息 12:00-13:00"
