"""What is shown of names, numbers and addresses; all people and numbers are invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.patients.rules import (
    mask_address,
    mask_child_name,
    mask_id_number,
    mask_name,
    mask_phone,
    phone_digits,
    phone_tail,
)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13800001234", "138****1234"),
        ("138 0000 1234", "138****1234"),
        ("138-0000-1234", "138****1234"),
        ("+86 138 0000 1234", "138****1234"),
        ("008613800001234", "138****1234"),
        ("１３８００００１２３４", "138****1234"),
        ("010-58001234", "****1234"),
        ("+1 415 555 0123", "****0123"),
        ("5800123", "****0123"),
        ("8001", "****"),
        ("110", "****"),
        ("n/a", "****"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_phone_shows_at_most_three_and_four_digits(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("name", "adult", "child"),
    [
        ("王丽", "王**", "王*"),
        ("王小明", "王**", "王*"),
        ("欧阳若曦", "欧**", "欧*"),
        ("阿依古丽·买买提", "阿**", "阿*"),
        ("John Smith", "J**", "J*"),
        (" 王丽 ", "王**", "王*"),
        ("王", "**", "*"),
        ("", "", ""),
        ("  ", "", ""),
    ],
)
def test_a_name_shows_its_first_character_only(name: str, adult: str, child: str) -> None:
    assert (mask_name(name), mask_child_name(name)) == (adult, child)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("11010119900101123X", "110****123X"),
        ("110101900101123", "110****1123"),
        ("１１０１０１１９９００１０１１２３X", "110****123X"),
        ("E12345678", "E****78"),
        ("H1234567", "H****67"),
        ("12345", "****"),
        ("", ""),
    ],
)
def test_an_id_number_hides_birthday_and_most_digits(number: str, masked: str) -> None:
    assert mask_id_number(number) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("北京市朝阳区示例街道100号院2号楼301室", "北京市朝阳区****"),
        ("河北省石家庄市示例路1号", "河北省石****"),
        ("示例路1号", "示****"),
        ("12 Example Street, Springfield", "****"),
        ("100号院", "****"),
        ("", ""),
    ],
)
def test_an_address_shows_at_most_the_district(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@pytest.mark.parametrize(
    ("phone", "tail"), [("13800001234", "1234"), ("+86 138 0000 1234", "1234"), ("123", ""), ("", "")]
)
def test_a_phone_is_looked_up_by_its_last_four_digits(phone: str, tail: str) -> None:
    assert phone_tail(phone) == tail


def test_only_a_mobile_loses_the_country_code() -> None:
    assert phone_digits("8613800001234") == "13800001234"
    assert phone_digits("86001234") == "86001234"


@given(st.text(max_size=40))
def test_no_mask_shows_more_than_two_thirds_of_what_it_hides(value: str) -> None:
    stripped = value.strip()
    for mask in (mask_phone, mask_name, mask_child_name, mask_id_number, mask_address):
        shown = mask(value).replace("*", "")
        assert len(shown) <= len(stripped) * 2 / 3
        assert bool(mask(value)) == bool(stripped)


@given(st.text(alphabet="0123456789+- ", max_size=20))
def test_the_middle_of_a_phone_is_never_shown(phone: str) -> None:
    shown = [c for c in mask_phone(phone) if c.isdigit()]
    assert len(shown) in (0, 4, 7)
    assert len(shown) == 0 or len(phone_digits(phone)) - len(shown) >= 3
