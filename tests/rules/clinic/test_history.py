"""Replaying the history of the schedule gives what it was at any moment; the template gives the same on every run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from caredesk.clinic.facts import KnownSession, SessionFacts
from caredesk.clinic.history import LaterChange, as_it_was, with_changes
from caredesk.clinic.hours import HoursRule, Window
from caredesk.clinic.rules import is_open
from caredesk.clinic.schedule import PlannedChange, outcome_of
from caredesk.clinic.timetable import KnownWindow, LaidOut, TemplateFacts, occurrences, plan_layout
from caredesk.clinic.workdays import calendar_day
from tests.rules.clinic.oracle import oracle_is_open

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def session(number: int, *, hour: int = 8, cancelled: bool = False) -> SessionFacts:
    starts_at = START + timedelta(days=number % 5, hours=hour)
    return SessionFacts(
        department_id="skin",
        doctor_id=f"d{number}",
        day=starts_at.date(),
        starts_at=starts_at,
        ends_at=starts_at + 3 * HOUR,
        kind="morning",
        status="cancelled" if cancelled else "scheduled",
    )


steps = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.booleans()), max_size=25)


@given(steps, st.integers(0, 25))
def test_replaying_history_gives_the_snapshot_that_was_taken_at_the_time(
    some: list[tuple[int, int, bool]], moment: int
) -> None:
    now: dict[str, SessionFacts] = {}
    history: list[tuple[int, LaterChange]] = []
    snapshots: list[dict[str, SessionFacts]] = [{}]
    for at, (number, hour, cancelled) in enumerate(some, start=1):
        id, facts = f"s{number}", session(number, hour=hour, cancelled=cancelled)
        history.append((at, LaterChange(id, now.get(id))))
        now = {**now, id: facts}
        snapshots.append(now)
    moment = min(moment, len(some))
    later = [change for at, change in history if at > moment]
    assert dict(as_it_was(list(now.items()), later)) == snapshots[moment]


@given(steps, st.integers(0, 7 * 24 * 60))
def test_windows_after_planned_changes_are_those_of_the_changed_schedule(
    some: list[tuple[int, int, bool]], minute: int
) -> None:
    before = {f"s{number}": session(number) for number in range(3)}
    after = dict(before)
    changes: dict[str, PlannedChange] = {}
    for number, hour, cancelled in some:
        id, facts = f"s{number}", session(number, hour=hour, cancelled=cancelled)
        known = KnownSession(id, before[id]) if id in before else None
        changes[id] = PlannedChange(outcome_of(facts, known=known), facts, known)
        after[id] = facts
    windows = [window(id, facts) for id, facts in before.items()]
    planned = with_changes(windows, changes.values(), departments={"skin"}, labels={})
    at, rule = START + timedelta(minutes=minute), HoursRule(lead_in_minutes=30, lead_out_minutes=15)
    assert is_open(rule, planned, at=at) == oracle_is_open(rule, [window(*one) for one in after.items()], at=at)


def window(id: str, facts: SessionFacts) -> Window:
    return Window(facts.starts_at, facts.ends_at, cancelled=not facts.takes_place, session_id=id)


# ---- the template ----------------------------------------------------------------------------------------

windows = st.builds(
    TemplateFacts,
    department_id=st.just("skin"),
    doctor_id=st.sampled_from(["a", "b", None]),
    weekday=st.integers(1, 7),
    starts=st.sampled_from([time(8), time(13, 30), time(20)]),
    ends=st.sampled_from([time(11, 30), time(17), time(23), time(2)]),
    kind=st.sampled_from(["morning", "night"]),
    on_holidays=st.booleans(),
    swapped=st.sampled_from([None, 0, 1, 5]),
    valid_from=st.sampled_from([date(2026, 1, 1), date(2026, 9, 28)]),
    valid_until=st.sampled_from([None, date(2026, 10, 9)]),
)
FIRST, LAST = date(2026, 9, 20), date(2026, 10, 12)


@settings(deadline=None)
@given(st.lists(windows, max_size=5, unique_by=lambda w: w.key))
def test_a_window_holds_on_exactly_the_days_that_a_slow_look_finds(some: list[TemplateFacts]) -> None:
    known = [KnownWindow(f"w{number}", facts) for number, facts in enumerate(some)]
    found = {one.place for one in occurrences(known, first=FIRST, last=LAST)}
    expected = set()
    day = FIRST
    while day <= LAST:
        for each in known:
            facts, kind = each.facts, calendar_day(day)
            weekday = day.isoweekday()
            if kind.holiday and not facts.on_holidays:
                continue
            if kind.swapped and not facts.on_holidays:
                if facts.swapped is None:
                    continue
                weekday = facts.swapped or weekday
            valid = facts.valid_from <= day and (facts.valid_until is None or day <= facts.valid_until)
            if valid and weekday == facts.weekday:
                expected.add(f"{each.id}:{day:%Y%m%d}")
        day += timedelta(days=1)
    assert found == expected


@settings(deadline=None)
@given(st.lists(windows, max_size=5, unique_by=lambda w: w.key))
def test_laying_out_again_changes_nothing_and_hands_are_never_overwritten(some: list[TemplateFacts]) -> None:
    known = [KnownWindow(f"w{number}", facts) for number, facts in enumerate(some)]
    wanted = list(occurrences(known, first=FIRST, last=LAST))
    now = START
    first = plan_layout(wanted, known=[], last=LAST, now=now)
    laid = [
        LaidOut(KnownSession(f"s{n}", change.facts), "template", change.generated_for)
        for n, change in enumerate(first.changes)
    ]
    assert plan_layout(wanted, known=laid, last=LAST, now=now).changes == ()
    by_hand = [replace(one, origin="hand", session=_cancelled(one.session)) for one in laid]
    assert plan_layout(wanted, known=by_hand, last=LAST, now=now).changes == ()
    gone = plan_layout([], known=laid, last=LAST, now=now)
    assert {change.outcome for change in gone.changes} <= {"cancelled"}
    assert len(gone.changes) == len(laid)


def _cancelled(known: KnownSession) -> KnownSession:
    return KnownSession(known.id, replace(known.facts, status="cancelled"))
