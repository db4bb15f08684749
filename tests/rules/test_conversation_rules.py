"""Since when a visitor is owed a person's words when an agent takes over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from caredesk.conversations.rules import owed_since

ARRIVED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = ARRIVED + timedelta(minutes=5)
MUCH_LATER = ARRIVED + timedelta(minutes=20)


def test_whoever_no_person_has_answered_waits_since_they_asked_for_one() -> None:
    for spoke_at in (None, LATER):
        assert owed_since(before=None, arrived_at=ARRIVED, answered=False, visitor_spoke_at=spoke_at) == ARRIVED


def test_whoever_was_answered_is_owed_something_only_after_writing_again() -> None:
    assert owed_since(before=None, arrived_at=ARRIVED, answered=True, visitor_spoke_at=None) is None
    assert owed_since(before=None, arrived_at=ARRIVED, answered=True, visitor_spoke_at=LATER) == LATER


def test_a_clock_that_runs_already_runs_on() -> None:
    assert owed_since(before=LATER, arrived_at=ARRIVED, answered=True, visitor_spoke_at=MUCH_LATER) == LATER
