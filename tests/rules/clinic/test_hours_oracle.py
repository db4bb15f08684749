"""Stretches of random schedules, every minute of them, against the slow oracle; whole years of it by night."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caredesk.clinic.hours import Closure, FixedHours, HoursRule, Opening, WeeklyWindow, Window
from caredesk.clinic.rules import evaluate
from caredesk.core.clock import clinic_time
from tests.rules.clinic.oracle import MINUTE, SHANGHAI, oracle_minutes

OFFICE = FixedHours((WeeklyWindow(frozenset(range(1, 6)), time(9), time(17)),), workdays_only=True)
YEAR = (datetime(2026, 1, 1, tzinfo=SHANGHAI).astimezone(UTC), datetime(2027, 1, 1, tzinfo=SHANGHAI).astimezone(UTC))
NATIONAL_DAYS = datetime(2026, 9, 27, tzinfo=SHANGHAI).astimezone(UTC)
"""A Sunday that is worked; public holidays and another worked Saturday follow within two weeks."""

clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
weekly = st.builds(WeeklyWindow, st.frozensets(st.integers(1, 7), min_size=1), clocks, clocks)
fixed_hours = st.builds(FixedHours, st.lists(weekly, min_size=1, max_size=3).map(tuple), st.booleans())


@st.composite
def scenes(draw: st.DrawFn, *, days: int, most_sessions: int) -> tuple[HoursRule, list[Window]]:
    """A queue and a schedule whose sessions, closures and openings lie in a stretch of days or reach into it."""
    minutes = st.integers(-600, days * 1440)
    lengths = st.integers(1, 14 * 60)
    stretches = st.tuples(minutes, lengths)

    def instants(pair: tuple[int, int]) -> tuple[datetime, datetime]:
        start = NATIONAL_DAYS + pair[0] * MINUTE if days < 100 else YEAR[0] + pair[0] * MINUTE
        return start, start + pair[1] * MINUTE

    sessions = draw(st.lists(st.tuples(stretches, st.booleans()), max_size=most_sessions))
    closed = draw(st.lists(stretches, max_size=3))
    opened = draw(st.lists(stretches, max_size=3))
    rule = HoursRule(
        lead_in_minutes=draw(st.integers(-20, 120)),
        lead_out_minutes=draw(st.integers(-20, 120)),
        fixed=draw(st.none() | fixed_hours),
        closures=tuple(Closure(*instants(pair)) for pair in closed),
        openings=tuple(Opening(*instants(pair)) for pair in opened),
    )
    return rule, [Window(*instants(pair), cancelled=cancelled) for pair, cancelled in sessions]


@settings(max_examples=25, deadline=None)
@given(scenes(days=2, most_sessions=8))
def test_every_minute_of_two_days_is_as_the_oracle_says(scene: tuple[HoursRule, list[Window]]) -> None:
    agrees_with_the_oracle(scene, start=NATIONAL_DAYS, end=NATIONAL_DAYS + timedelta(days=2))


@settings(max_examples=3, deadline=None)
@given(scenes(days=14, most_sessions=20))
def test_every_minute_around_the_national_days_is_as_the_oracle_says(scene: tuple[HoursRule, list[Window]]) -> None:
    agrees_with_the_oracle(scene, start=NATIONAL_DAYS, end=NATIONAL_DAYS + timedelta(days=14))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(max_examples=12, deadline=None)
@given(scenes(days=365, most_sessions=60))
def test_every_minute_of_a_year_is_as_the_oracle_says(scene: tuple[HoursRule, list[Window]]) -> None:
    agrees_with_the_oracle(scene, start=YEAR[0], end=YEAR[1])


def agrees_with_the_oracle(scene: tuple[HoursRule, list[Window]], *, start: datetime, end: datetime) -> None:
    rule, schedule = scene
    walked = walk(rule, schedule, start=start, end=end)
    asked = oracle_minutes(rule, schedule, start=start, end=end)
    assert [start + n * MINUTE for n, said in enumerate(asked) if said != walked[n]] == []


def walk(rule: HoursRule, schedule: list[Window], *, start: datetime, end: datetime) -> list[bool]:
    """Go from one next change to the next, as the desk does."""
    found: list[bool] = []
    at = start
    while at < end:
        state = evaluate(rule, schedule, at=at)
        until = min(state.next_change or end, end)
        found += [state.open] * ((until - at) // MINUTE)
        at = until
    return found


def test_a_whole_year_agrees_with_a_calendar_painted_minute_by_minute() -> None:
    start, end = YEAR
    rule, schedule = HoursRule(lead_in_minutes=30, lead_out_minutes=15, fixed=OFFICE), _every_third_night(start)
    walked = walk(rule, schedule, start=start, end=end)
    painted = _paint(schedule, start=start, end=end)
    wrong = [start + m * MINUTE for m in range(len(painted)) if painted[m] != walked[m]]
    assert wrong == []


def _paint(schedule: list[Window], *, start: datetime, end: datetime) -> bytearray:
    """Paint office hours of every working day and every session with 30 minutes before it and 15 after it."""
    painted = bytearray((end - start) // MINUTE)
    for day in range(len(painted) // 1440):
        if chinese_calendar.is_workday(clinic_time(start + timedelta(days=day)).date()):
            for minute in range(day * 1440 + 9 * 60, day * 1440 + 17 * 60):
                painted[minute] = 1
    for window in schedule:
        first, last = (window.starts_at - start) // MINUTE - 30, (window.ends_at - start) // MINUTE + 15
        for minute in range(first, min(last, len(painted))):
            painted[minute] = painted[minute] or not window.cancelled
    return painted


def _every_third_night(start: datetime) -> list[Window]:
    nights = (start + timedelta(days=d, hours=20) for d in range(0, 365, 3))
    return [Window(n, n + timedelta(hours=12), cancelled=i % 7 == 6) for i, n in enumerate(nights)]
