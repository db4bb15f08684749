"""Locks, session lives and what counts as a login: decisions on values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from caredesk.accounts.rules import (
    SignInPolicy,
    failures_in_a_row,
    is_locked,
    is_login,
    lock_after,
    needs_touch,
    normal_login,
    session_is_live,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
POLICY = SignInPolicy(
    attempts=3,
    lock=timedelta(minutes=15),
    session_life=timedelta(hours=12),
    session_idle=timedelta(hours=2),
)


def test_the_last_allowed_failure_locks_and_the_one_before_does_not() -> None:
    assert lock_after(failed_attempts=2, policy=POLICY, now=NOW) is None
    assert lock_after(failed_attempts=3, policy=POLICY, now=NOW) == NOW + timedelta(minutes=15)


def test_a_lock_ends_at_its_instant_and_not_before() -> None:
    until = NOW + timedelta(minutes=15)
    assert is_locked(locked_until=until, now=until - timedelta(microseconds=1))
    assert not is_locked(locked_until=until, now=until)
    assert not is_locked(locked_until=None, now=NOW)


@pytest.mark.parametrize(("minutes", "number"), [(0, 3), (14, 3), (15, 1), (600, 1)])
def test_failures_count_in_a_row_until_a_lock_would_be_over(minutes: int, number: int) -> None:
    last = NOW - timedelta(minutes=minutes)
    assert failures_in_a_row(attempts=2, last_at=last, lock=POLICY.lock, now=NOW) == number


@pytest.mark.parametrize(
    ("age", "silence", "live"),
    [
        (timedelta(0), timedelta(0), True),
        (timedelta(hours=12) - timedelta(seconds=1), timedelta(minutes=1), True),
        (timedelta(hours=12), timedelta(minutes=1), False),
        (timedelta(hours=3), timedelta(hours=2) - timedelta(seconds=1), True),
        (timedelta(hours=3), timedelta(hours=2), False),
    ],
)
def test_a_session_ends_by_age_or_by_silence(age: timedelta, silence: timedelta, *, live: bool) -> None:
    opened_at = NOW - age
    found = session_is_live(
        expires_at=opened_at + POLICY.session_life,
        last_seen_at=NOW - silence,
        idle=POLICY.session_idle,
        now=NOW,
    )
    assert found is live


def test_the_use_of_a_session_is_noted_once_a_minute() -> None:
    assert not needs_touch(last_seen_at=NOW - timedelta(seconds=59), now=NOW)
    assert needs_touch(last_seen_at=NOW - timedelta(seconds=60), now=NOW)


@pytest.mark.parametrize("typed", ["LiNa", " lina ", "ｌｉｎａ", "LINA\t"])
def test_case_width_and_blanks_make_no_other_person(typed: str) -> None:
    assert normal_login(typed) == "lina"


@pytest.mark.parametrize("login", ["li", "li.na", "li-na@ward3", "李娜", "a" * 60])
def test_a_login_has_letters_digits_dots_and_dashes(login: str) -> None:
    assert is_login(login)


@pytest.mark.parametrize("login", ["", "l", ".lina", "li na", "li\x00na", "<b>", "a" * 61, "lina\n"])
def test_other_signs_make_no_login(login: str) -> None:
    assert not is_login(login)
