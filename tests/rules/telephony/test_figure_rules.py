"""The hotline's figures by hand: each number with the calls that it counts, and none above 100 %."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from caredesk.telephony import figure_rules as rules
from caredesk.telephony.figure_rules import CallFacts

TEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def call(*, waited: float | None = None, gone: float | None = None, **values: Any) -> CallFacts:
    """Return a call that asked for a person at ten: answered after a wait, gone after one, or still waiting."""
    ended = None if waited is None and gone is None else TEN + timedelta(minutes=5)
    return CallFacts(
        **{
            "incoming": True,
            "started_at": TEN - timedelta(seconds=30),
            "queued_at": TEN,
            "bridged_at": TEN + timedelta(seconds=waited) if waited is not None else None,
            "ended_at": ended if gone is None else TEN + timedelta(seconds=gone),
            "disposition": "answered" if waited is not None else "abandoned_queue" if gone is not None else "",
            **values,
        }
    )


DAY = [
    call(waited=5, talk=100, hold=20, wrap_up=30, agent_id="a"),
    call(waited=15, talk=60, hold=0, wrap_up=60, agent_id="a"),
    call(waited=18, talk=10, hold=0, wrap_up=None, agent_id="b"),
    call(waited=90, talk=30, hold=0, wrap_up=0, agent_id="b"),
    call(gone=12),
    call(gone=200, disposition="abandoned_ring"),
    call(),
    call(gone=40, disposition="callback_requested"),
    call(gone=3, queued_at=None, disposition="abandoned_ivr"),
    call(gone=3, queued_at=None, disposition="after_hours"),
    call(waited=9, incoming=False, talk=40, hold=0, wrap_up=20, agent_id="a"),
]


def test_the_answer_rate_counts_who_asked_for_a_person_and_whose_wait_is_over() -> None:
    found = rules.answer_rate(DAY)
    assert (found.part, found.whole, found.value) == (4, 6, 4 / 6)
    assert "call_back_asked" in found.excludes and "outgoing" in found.excludes


def test_fifteen_seconds_are_within_fifteen_seconds_and_who_hangs_up_counts_against_it() -> None:
    assert (rules.answered_within(DAY, seconds=15).part, rules.answered_within(DAY, seconds=15).whole) == (2, 6)
    assert rules.answered_within(DAY, seconds=20).part == 3


def test_abandonment_is_what_the_answer_rate_leaves() -> None:
    assert (rules.abandonment(DAY).part, rules.abandonment(DAY).whole) == (2, 6)


def test_handling_is_talk_hold_and_wrap_up_of_finished_work() -> None:
    found = rules.average_handling(DAY)
    assert (found.part, found.whole) == (150 + 120 + 30 + 60, 4)
    assert rules.average_wrap_up(DAY).value == (30 + 60 + 0 + 20) / 4


def test_occupancy_is_work_of_the_time_at_work() -> None:
    at_work = [(TEN, TEN + timedelta(seconds=500)), (TEN, TEN + timedelta(seconds=250))]
    found = rules.occupancy(DAY, at_work=at_work)
    assert (found.part, found.whole) == (370, 750)


def test_without_calls_there_is_no_rate() -> None:
    assert rules.answer_rate([]).value is None
    assert rules.average_handling([]).value is None
    assert rules.occupancy([], at_work=[]).value is None


SECONDS = st.floats(0, 5000, allow_nan=False)
CALLS = st.builds(
    call,
    waited=st.none() | SECONDS,
    gone=st.none() | SECONDS,
    talk=SECONDS,
    hold=SECONDS,
    wrap_up=st.none() | SECONDS,
    agent_id=st.none() | st.just("a"),
    incoming=st.booleans(),
)


@given(st.lists(CALLS, max_size=20), SECONDS)
def test_no_rate_exceeds_a_hundred_per_cent(calls: list[CallFacts], seconds: float) -> None:
    at_work = [(TEN, TEN + timedelta(seconds=seconds))]
    shares = [
        rules.answer_rate(calls),
        rules.answered_within(calls, seconds=15),
        rules.answered_within(calls, seconds=20),
        rules.abandonment(calls),
        rules.occupancy(calls, at_work=at_work),
    ]
    assert all(one.value is None or 0 <= one.value <= 1 for one in shares)
    assert rules.answer_rate(calls).part + rules.abandonment(calls).part == rules.answer_rate(calls).whole
