"""What a password must be, and how it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import argon2
import pytest

from caredesk.accounts.password_rules import is_too_old, password_faults
from caredesk.accounts.passwords import hash_password, needs_rehash, password_matches

GOOD = "滴水穿石 2026 夏"


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        (GOOD, []),
        ("correct horse battery", []),
        ("short1!", ["too_short"]),
        ("", ["too_short", "too_uniform", "too_common"]),
        ("x1" * 101, ["too_long", "too_uniform"]),
        ("ababababab", ["too_uniform"]),
        ("Password123", ["too_common"]),
        ("1234567890", ["too_common"]),
        ("QWERTYUIOP", ["too_common"]),
        ("my-LINA-pass", ["contains_login"]),
        ("P@ssw0rd2026!", ["too_common"]),
        ("woaini20250101", ["too_common"]),
        ("88888888", ["too_short", "too_uniform", "too_common"]),
        ("5201314520", ["too_common"]),
        ("19870612138", ["too_common"]),
        ("yiyuan-kefu-2026", ["too_common"]),
        ("wangwei19900101", ["too_common"]),
        ("娜娜说过李娜的话", ["too_short", "contains_name"]),
        ("woaini de dongbei hu", []),
        ("caredesk is not enough", []),
    ],
)
def test_a_new_password_is_told_what_is_wrong_with_it(password: str, faults: list[str]) -> None:
    assert password_faults(password, login="lina", names=("李娜", "")) == faults


@pytest.mark.parametrize("password", ["zhang-yaqi-0618", "yaqi zhang yaqi", "zhangyaqi 2026", "ward3 and north"])
def test_no_part_of_a_name_or_login_may_occur(password: str) -> None:
    faults = password_faults(password, login="ward3.yq", names=("张雅琪", "Zhang Yaqi"))
    assert set(faults) & {"contains_login", "contains_name"}


@pytest.mark.parametrize(("days", "old"), [(0, False), (89, False), (90, True), (4000, True)])
def test_a_password_grows_old_where_that_is_asked_for(days: int, *, old: bool) -> None:
    set_at = datetime(2026, 8, 1, tzinfo=UTC)
    now = set_at + timedelta(days=days)
    assert is_too_old(set_at=set_at, longest=timedelta(days=90), now=now) is old
    assert not is_too_old(set_at=set_at, longest=None, now=now)


def test_a_login_of_two_letters_may_occur_in_a_password() -> None:
    assert password_faults("limestone quarry", login="li") == []


def test_the_right_password_matches_its_hash_and_another_does_not() -> None:
    stored = hash_password(GOOD)
    assert GOOD not in stored
    assert password_matches(GOOD, stored=stored)
    assert not password_matches(GOOD + " ", stored=stored)


def test_the_same_word_in_other_code_points_matches() -> None:
    stored = hash_password("caf\u00e9 \uff21\uff22\uff23 123")
    assert password_matches("cafe\u0301 ABC 123", stored=stored)


def test_nothing_matches_where_nothing_is_stored() -> None:
    assert not password_matches(GOOD, stored=None)


def test_a_broken_hash_matches_nothing() -> None:
    assert not password_matches(GOOD, stored="")
    assert not password_matches(GOOD, stored="plain text")


def test_any_text_can_be_tried_as_a_password() -> None:
    assert not password_matches("\ud800\x00\u202e", stored=hash_password(GOOD))


def test_a_hash_of_weaker_parameters_is_made_anew() -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    assert needs_rehash(weak)
    assert not needs_rehash(hash_password(GOOD))


def test_the_parameters_are_not_below_what_owasp_advises() -> None:
    parameters = argon2.extract_parameters(hash_password(GOOD))
    assert parameters.type is argon2.Type.ID
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2
