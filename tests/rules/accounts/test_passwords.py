"""What a password must be, and how it is kept."""

from __future__ import annotations

import argon2
import pytest

from caredesk.accounts.passwords import hash_password, needs_rehash, password_matches
from caredesk.accounts.rules import password_faults

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
    ],
)
def test_a_new_password_is_told_what_is_wrong_with_it(password: str, faults: list[str]) -> None:
    assert password_faults(password, login="lina") == faults


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
