"""The evaluator of opening hours: cases that a clinic meets, and properties against a minute-by-minute oracle."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caredesk.clinic.hours import (
    ALL_DAYS,
    Closure,
    FixedHours,
    HoursRule,
    Opening,
    Span,
    WeeklyWindow,
    Window,
    merge,
    subtract,
)
from caredesk.clinic.rules import LOOK_AHEAD, evaluate, is_open, next_change
from caredesk.core.clock import CLINIC_ZONE
from tests.rules.clinic.oracle import MINUTE, oracle_is_open, oracle_next_change

WEEKDAYS = frozenset(range(1, 6))
OFFICE = FixedHours((WeeklyWindow(WEEKDAYS, time(9), time(17)),), workdays_only=True)
AROUND_THE_CLOCK = FixedHours((WeeklyWindow(ALL_DAYS, time(0), time(0)),))


def clinic(text: str) -> datetime:
    """Read a clinic wall-clock time such as `2026-03-02 08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=CLINIC_ZONE).astimezone(UTC)


def session(start: str, end: str, *, label: str = "", cancelled: bool = False) -> Window:
    return Window(clinic(start), clinic(end), label=label, cancelled=cancelled, session_id=label or None)


MORNING = session("2026-03-02 08:00", "2026-03-02 12:00", label="morning")
AFTERNOON = session("2026-03-02 13:30", "2026-03-02 17:00", label="afternoon")
NIGHT = session("2026-03-02 20:00", "2026-03-03 08:00", label="night")
LEADS = HoursRule(lead_in_minutes=30, lead_out_minutes=20)


@pytest.mark.parametrize(
    ("at", "open_now", "reason", "change", "opens"),
    [
        ("2026-03-02 07:29", False, "between_sessions", "2026-03-02 07:30", "2026-03-02 07:30"),
        ("2026-03-02 07:30", True, "lead_in", "2026-03-02 12:20", "2026-03-02 13:00"),
        ("2026-03-02 08:00", True, "in_session", "2026-03-02 12:20", "2026-03-02 13:00"),
        ("2026-03-02 11:59", True, "in_session", "2026-03-02 12:20", "2026-03-02 13:00"),
        ("2026-03-02 12:00", True, "lead_out", "2026-03-02 12:20", "2026-03-02 13:00"),
        ("2026-03-02 12:20", False, "between_sessions", "2026-03-02 13:00", "2026-03-02 13:00"),
        ("2026-03-02 16:59", True, "in_session", "2026-03-02 17:20", "2026-03-02 19:30"),
        ("2026-03-03 00:30", True, "in_session", "2026-03-03 08:20", None),
        ("2026-03-03 08:19", True, "lead_out", "2026-03-03 08:20", None),
        ("2026-03-03 08:20", False, "no_schedule", None, None),
    ],
)
def test_sessions_with_their_leads_open_the_queue(
    at: str, open_now: bool, reason: str, change: str | None, opens: str | None
) -> None:
    state = evaluate(LEADS, [NIGHT, AFTERNOON, MORNING], at=clinic(at))
    assert (state.open, state.reason) == (open_now, reason)
    assert state.next_change == (clinic(change) if change else None)
    assert state.next_open == (clinic(opens) if opens else None)


def test_the_sessions_behind_an_open_queue_are_those_that_keep_it_open() -> None:
    overlapping = session("2026-03-02 11:00", "2026-03-02 14:00", label="skin")
    state = evaluate(LEADS, [AFTERNOON, overlapping, MORNING], at=clinic("2026-03-02 11:30"))
    assert [w.label for w in state.sessions] == ["morning", "skin"]


def test_the_sessions_behind_a_closed_queue_are_those_that_open_it_next() -> None:
    state = evaluate(LEADS, [NIGHT, AFTERNOON, MORNING], at=clinic("2026-03-02 18:00"))
    assert [w.label for w in state.sessions] == ["night"]


def test_touching_sessions_are_one_open_time() -> None:
    until_one = session("2026-03-02 12:00", "2026-03-02 13:00")
    state = evaluate(HoursRule(), [MORNING, until_one], at=clinic("2026-03-02 09:00"))
    assert state.next_change == clinic("2026-03-02 13:00")


def test_a_cancelled_session_closes_the_queue_and_says_why() -> None:
    cancelled = session("2026-03-02 08:00", "2026-03-02 12:00", label="stopped", cancelled=True)
    state = evaluate(LEADS, [cancelled, AFTERNOON], at=clinic("2026-03-02 09:00"))
    assert (state.open, state.reason) == (False, "cancelled")
    assert [w.label for w in state.sessions] == ["stopped"]
    assert state.next_open == clinic("2026-03-02 13:00")


def test_a_cancelled_session_does_not_close_what_another_doctor_keeps_open() -> None:
    cancelled = session("2026-03-02 08:00", "2026-03-02 12:00", cancelled=True)
    assert evaluate(LEADS, [cancelled, MORNING], at=clinic("2026-03-02 09:00")).reason == "in_session"


def test_a_closure_by_hand_wins_over_sessions_and_ends_by_itself() -> None:
    closure = Closure(clinic("2026-03-02 10:00"), clinic("2026-03-02 11:00"), reason="fire drill")
    rule = HoursRule(closures=(closure,))
    before = evaluate(rule, [MORNING], at=clinic("2026-03-02 09:00"))
    during = evaluate(rule, [MORNING], at=clinic("2026-03-02 10:30"))
    assert before.next_change == clinic("2026-03-02 10:00")
    assert before.next_open == clinic("2026-03-02 11:00")
    assert (during.open, during.reason, during.next_open) == (False, "closed_by_hand", clinic("2026-03-02 11:00"))
    assert is_open(rule, [MORNING], at=clinic("2026-03-02 11:00"))


def test_an_opening_by_hand_adds_to_sessions_and_gives_way_to_a_closure() -> None:
    opening = Opening(clinic("2026-03-02 11:00"), clinic("2026-03-02 13:00"))
    closure = Closure(clinic("2026-03-02 12:30"), clinic("2026-03-02 12:45"))
    rule = HoursRule(openings=(opening,), closures=(closure,))
    assert evaluate(rule, [MORNING], at=clinic("2026-03-02 11:30")).reason == "in_session"
    by_hand = evaluate(rule, [MORNING], at=clinic("2026-03-02 12:10"))
    assert (by_hand.reason, by_hand.next_change) == ("opened_by_hand", clinic("2026-03-02 12:30"))
    assert by_hand.next_open == clinic("2026-03-02 12:45")


@pytest.mark.parametrize(
    ("at", "open_now", "reason"),
    [
        ("2026-03-02 10:00", True, "fixed_hours"),
        ("2026-03-07 10:00", False, "between_sessions"),  # an ordinary Saturday
        ("2026-10-01 10:00", False, "holiday"),  # National Day, a Thursday
        ("2026-10-10 10:00", True, "fixed_hours"),  # a Saturday worked in exchange
        ("2027-03-01 10:00", True, "fixed_hours"),  # a Monday of a year whose calendar is not published
        ("2027-05-01 10:00", False, "holiday"),  # Labour Day is known without a published calendar
    ],
)
def test_fixed_hours_on_workdays_follow_the_state_council(at: str, open_now: bool, reason: str) -> None:
    state = evaluate(HoursRule(fixed=OFFICE), [], at=clinic(at))
    assert (state.open, state.reason) == (open_now, reason)


def test_after_a_long_holiday_the_queue_opens_on_the_first_working_day() -> None:
    assert next_change(HoursRule(fixed=OFFICE), [], at=clinic("2026-10-01 10:00")) == clinic("2026-10-08 09:00")


def test_fixed_hours_across_midnight_belong_to_the_day_they_begin() -> None:
    fixed = FixedHours((WeeklyWindow(frozenset({5}), time(20), time(2)),))
    rule = HoursRule(fixed=fixed)
    assert evaluate(rule, [], at=clinic("2026-03-07 01:59")).reason == "fixed_hours"
    assert not is_open(rule, [], at=clinic("2026-03-07 02:00"))
    assert not is_open(rule, [], at=clinic("2026-03-06 01:00"))


def test_a_queue_that_never_closes_has_no_next_change() -> None:
    state = evaluate(HoursRule(fixed=AROUND_THE_CLOCK), [MORNING], at=clinic("2026-03-05 03:00"))
    assert (state.open, state.reason, state.next_change, state.next_open) == (True, "fixed_hours", None, None)


def test_a_queue_without_any_schedule_is_closed_and_promises_nothing() -> None:
    state = evaluate(HoursRule(), [], at=clinic("2026-10-01 10:00"))
    assert (state.open, state.reason, state.next_change, state.sessions) == (False, "no_schedule", None, ())


def test_a_session_beyond_the_look_ahead_is_not_promised() -> None:
    at = MORNING.starts_at - LOOK_AHEAD
    assert next_change(HoursRule(), [MORNING], at=at) is None
    assert next_change(HoursRule(), [MORNING], at=at + MINUTE) == MORNING.starts_at


def test_a_negative_lead_out_closes_before_the_session_ends() -> None:
    rule = HoursRule(lead_out_minutes=-30)
    assert next_change(rule, [MORNING], at=clinic("2026-03-02 09:00")) == clinic("2026-03-02 11:30")


# Properties. Times are whole minutes, as in every schedule, so that the oracle can step by minutes.

BASE = clinic("2026-09-27 00:00")  # National Day, a worked Saturday and ordinary days lie within reach
minutes = st.integers(min_value=0, max_value=15 * 24 * 60)
instants = minutes.map(lambda m: BASE + m * MINUTE)
lengths = st.integers(min_value=1, max_value=14 * 60).map(lambda m: m * MINUTE)
wall_clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(instants)
    return Window(start, start + draw(lengths), cancelled=draw(st.booleans()))


@st.composite
def closures(draw: st.DrawFn) -> Closure:
    start = draw(instants)
    return Closure(start, start + draw(lengths))


@st.composite
def openings(draw: st.DrawFn) -> Opening:
    start = draw(instants)
    return Opening(start, start + draw(lengths))


weekly = st.builds(WeeklyWindow, st.frozensets(st.integers(1, 7), min_size=1), wall_clocks, wall_clocks)
fixed_hours = st.builds(FixedHours, st.lists(weekly, max_size=3).map(tuple), st.booleans())
rules = st.builds(
    HoursRule,
    st.integers(-20, 90),
    st.integers(-20, 90),
    st.none() | fixed_hours,
    st.lists(closures(), max_size=3).map(tuple),
    st.lists(openings(), max_size=2).map(tuple),
)
schedules = st.lists(windows(), max_size=12)


@settings(max_examples=300, deadline=None)
@given(rule=rules, schedule=schedules, at=instants)
def test_open_agrees_with_the_oracle(rule: HoursRule, schedule: list[Window], at: datetime) -> None:
    assert is_open(rule, schedule, at=at) == oracle_is_open(rule, schedule, at=at)


@settings(max_examples=60, deadline=None)
@given(rule=rules, schedule=schedules, at=instants)
def test_next_change_agrees_with_the_oracle(rule: HoursRule, schedule: list[Window], at: datetime) -> None:
    reach = timedelta(days=2)
    found = next_change(rule, schedule, at=at)
    expected = oracle_next_change(rule, schedule, at=at, within=reach)
    assert expected == (found if found is not None and found < at + reach else None)


@settings(max_examples=200, deadline=None)
@given(rule=rules, schedule=schedules, at=instants)
def test_next_change_is_a_true_change_and_next_open_an_opening(
    rule: HoursRule, schedule: list[Window], at: datetime
) -> None:
    state = evaluate(rule, schedule, at=at)
    if state.next_change is not None:
        assert state.next_change > at
        assert oracle_is_open(rule, schedule, at=state.next_change) != state.open
        assert oracle_is_open(rule, schedule, at=state.next_change - MINUTE) == state.open
    if state.next_open is not None:
        assert oracle_is_open(rule, schedule, at=state.next_open)
        assert not oracle_is_open(rule, schedule, at=state.next_open - MINUTE)


@settings(max_examples=200, deadline=None)
@given(rule=rules, schedule=schedules, at=instants)
def test_the_reason_fits_the_state_and_has_its_sessions(rule: HoursRule, schedule: list[Window], at: datetime) -> None:
    state = evaluate(rule, schedule, at=at)
    assert state.open == (state.reason in {"in_session", "fixed_hours", "lead_in", "lead_out", "opened_by_hand"})
    running = [w for w in schedule if not w.cancelled and w.starts_at <= at < w.ends_at]
    if state.reason == "in_session":
        assert set(running) & set(state.sessions)
    if state.reason in {"lead_in", "lead_out"}:
        assert state.sessions and not set(running) & set(state.sessions)
    if state.reason == "cancelled":
        assert state.sessions and all(w.cancelled for w in state.sessions)
    if state.reason == "opened_by_hand":
        assert any(o.starts_at <= at < o.ends_at for o in rule.openings)
    assert (state.reason == "closed_by_hand") == any(c.starts_at <= at < c.ends_at for c in rule.closures)
    assert (state.reason == "no_schedule") <= (state.next_open is None)


spans = st.builds(lambda start, length: Span(start, start + length * MINUTE), instants, st.integers(-5, 300))


@given(st.lists(spans, max_size=10))
def test_merged_spans_are_in_order_and_never_touch(some: list[Span]) -> None:
    merged = merge(some)
    assert all(a.end < b.start for a, b in pairwise(merged))
    assert all(s.start < s.end for s in merged)


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6), instants)
def test_subtraction_keeps_exactly_what_no_hole_covers(some: list[Span], holes: list[Span], at: datetime) -> None:
    left = list(subtract(merge(some), merge(holes)))
    kept = any(s.covers(at) for s in left)
    assert kept == (any(s.covers(at) for s in some) and not any(h.covers(at) for h in holes))
