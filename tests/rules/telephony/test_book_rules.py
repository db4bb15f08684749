"""Whom nobody has reached: the newest call in vain of a number, until somebody has spoken with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from caredesk.telephony.book_rules import Missed, Touch, missed_of

TEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NUMBER = "13800001111"


def touch(minute: int, end: str = "abandoned_queue", *, number: str = NUMBER, incoming: bool = True) -> Touch:
    """A call that began so many minutes after ten and lasted one; `live` has not ended, `answered` was spoken."""
    began = TEN + timedelta(minutes=minute)
    return Touch(
        call_id=f"{number}/{minute}",
        number=number,
        incoming=incoming,
        started_at=began,
        bridged_at=began if end == "answered" else None,
        ended_at=None if end == "live" else began + timedelta(minutes=1),
        disposition="" if end == "live" else end,
    )


def call_ids(*touches: Touch) -> list[str]:
    return [one.call_id for one in missed_of(touches)]


@pytest.mark.parametrize("end", ["abandoned_queue", "abandoned_ring", "queue_timeout", "overflow"])
def test_a_caller_who_wanted_somebody_and_got_nobody_is_missed(end: str) -> None:
    assert missed_of([touch(0, end)]) == [Missed(f"{NUMBER}/0", times=1, tried=0, being_called=False)]


@pytest.mark.parametrize("end", ["answered", "abandoned_ivr", "after_hours", "voicemail", "callback_requested", "live"])
def test_a_caller_who_was_served_or_wished_something_else_is_not(end: str) -> None:
    assert missed_of([touch(0, end)]) == []


def test_a_number_stands_once_with_its_newest_call_and_the_newest_number_first() -> None:
    assert call_ids(touch(5, number="1"), touch(0), touch(9), touch(7, number="2")) == [f"{NUMBER}/9", "2/7", "1/5"]
    assert missed_of([touch(0), touch(9)])[0].times == 2


@pytest.mark.parametrize("incoming", [True, False])
def test_who_was_spoken_with_since_is_missed_no_more(*, incoming: bool) -> None:
    assert missed_of([touch(0), touch(3, "answered", incoming=incoming)]) == []
    assert call_ids(touch(0), touch(3, "answered", incoming=incoming), touch(6)) == [f"{NUMBER}/6"]


def test_calls_of_ours_that_reached_nobody_are_counted_and_one_that_goes_on_is_told() -> None:
    tried = [touch(4, "patient_unreachable", incoming=False), touch(6, "patient_unreachable", incoming=False)]
    assert missed_of([touch(0), *tried]) == [Missed(f"{NUMBER}/0", times=1, tried=2, being_called=False)]
    assert missed_of([touch(0), *tried, touch(8, "live", incoming=False)])[0].being_called


def test_who_is_on_the_line_again_waits_and_is_not_missed() -> None:
    assert missed_of([touch(0), touch(5, "live")]) == []


def test_a_withheld_number_cannot_be_called_and_is_left_out() -> None:
    assert missed_of([touch(0, number="")]) == []
