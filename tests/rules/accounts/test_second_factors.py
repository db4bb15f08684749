"""Codes of an authenticator, and who must have one from when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from caredesk.accounts.rules import Demand, SignInStep, factor_due, next_step
from caredesk.accounts.second_factors import address_of, new_recovery_codes, normal_code, qr_of, step_of

NOW = datetime(2026, 11, 23, 2, 0, 7, tzinfo=UTC)
# The secret of RFC 6238's own examples, in base32.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
DAY = timedelta(days=1)


def test_a_code_is_the_one_that_the_standard_gives() -> None:
    assert step_of("287082", secret=SECRET, now=datetime.fromtimestamp(59, tz=UTC)) == 1
    assert step_of("005924", secret=SECRET, now=datetime.fromtimestamp(1234567890, tz=UTC)) == 41152263


@pytest.mark.parametrize(("skew", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(skew: int, *, taken: bool) -> None:
    code = pyotp.TOTP(SECRET).at(NOW + timedelta(seconds=30 * skew))
    assert (step_of(code, secret=SECRET, now=NOW) is not None) is taken


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２", "\ud800", "0" * 4000])
def test_other_texts_are_no_codes(code: str) -> None:
    assert step_of(code, secret=SECRET, now=NOW) is None


def test_without_a_secret_nothing_is_a_code() -> None:
    assert step_of("123456", secret="", now=NOW) is None


def test_a_code_is_read_however_it_is_typed() -> None:
    assert [normal_code(typed) for typed in ("287 082", "２８７０８２", " 287-082\t")] == ["287082"] * 3


def test_recovery_codes_differ_and_are_no_codes_of_an_authenticator() -> None:
    codes = new_recovery_codes() + new_recovery_codes()
    assert len(set(codes)) == 20
    assert all(len(normal_code(code)) == 15 for code in codes)


def test_a_qr_code_is_square_and_has_its_quiet_zone() -> None:
    code = qr_of(address_of(SECRET, login="lina", issuer="示范儿童医院"))
    assert code.path.startswith("M4 4h1v1h-1z")
    assert code.size >= 41


@pytest.mark.parametrize(
    ("has_factor", "proven", "due_in", "must_change", "step"),
    [
        (False, False, None, False, None),
        (False, False, DAY, False, None),
        (False, False, timedelta(0), True, SignInStep.ENROL),
        (True, False, None, True, SignInStep.CODE),
        (True, False, -DAY, False, SignInStep.CODE),
        (True, True, -DAY, False, None),
        (True, True, None, True, SignInStep.PASSWORD),
        (False, False, DAY, True, SignInStep.PASSWORD),
    ],
)
def test_what_comes_after_the_password(
    has_factor: bool, proven: bool, due_in: timedelta | None, must_change: bool, step: SignInStep | None
) -> None:
    due_at = NOW + due_in if due_in is not None else None
    found = next_step(has_factor=has_factor, proven=proven, due_at=due_at, must_change=must_change, now=NOW)
    assert found is step


def test_the_strictest_role_counts_and_grace_begins_with_the_account() -> None:
    demands = [Demand("agent", since=NOW, grace=7 * DAY), Demand("supervisor", since=NOW, grace=2 * DAY)]
    old = NOW - 100 * DAY
    assert factor_due(demands, roles=["editor"], created_at=old) is None
    assert factor_due(demands, roles=["agent"], created_at=old) == NOW + 7 * DAY
    assert factor_due(demands, roles=["agent", "supervisor"], created_at=old) == NOW + 2 * DAY
    assert factor_due(demands, roles=["agent"], created_at=NOW + 3 * DAY) == NOW + 10 * DAY
