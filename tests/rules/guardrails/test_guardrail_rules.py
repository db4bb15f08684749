"""What guardrails find and leave alone: numbers by their check digits, words by the labelled lines, weeks by name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.guardrails import counts_of, missed_numbers
from benchmarks.guardrails_set import Half, check_digit, read_lines, with_luhn
from caredesk.guardrails.errors import WeekNotReadable
from caredesk.guardrails.numbers import find_numbers, mask_numbers
from caredesk.guardrails.rules import findings_in, name_of_week, week_of
from caredesk.guardrails.terms import help_lines, shared_terms

IDENTITY, CARD = "119999201903070110", "6299991234567890122"


# ---- numbers ---------------------------------------------------------------------------------------------


def test_invented_numbers_are_found_in_every_form_and_place() -> None:
    assert missed_numbers(600) == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"身份证{IDENTITY}", "身份证**************0110"),
        (f"{IDENTITY}{13800138000}", "**************011013800138000"),
        ("1199 9920 1903 0701 10，谢谢", "**************0110，谢谢"),
        (f"卡{CARD}，户名", "卡***************0122，户名"),
        (f"订单号{CARD}", f"订单号{CARD}"),
        (f"SF{CARD}", f"SF{CARD}"),
        ("身份证119999201903070111", "身份证**************0111"),
        ("流水119999201903070111", "流水119999201903070111"),
        ("护照E12345678", "护照*****5678"),
        ("批号E12345678", "批号E12345678"),
        ("2026-11-29 10:30:00 20261129103000", "2026-11-29 10:30:00 20261129103000"),
    ],
)
def test_numbers_of_people_keep_their_last_four_and_others_stay(text: str, kept: str) -> None:
    assert mask_numbers(text).text == kept


@given(st.text(alphabet="0123456789Xx -.身份证单号卡一二三０１２\u200b", max_size=120))
def test_masking_never_lengthens_a_text_and_changes_none_in_which_it_finds_nothing(text: str) -> None:
    masked = mask_numbers(text)
    assert len(masked.text) <= len(text)
    assert masked.kinds or masked.text == text


@given(st.integers(1900, 2026), st.integers(1, 12), st.integers(1, 28), st.integers(0, 999))
def test_one_wrong_digit_is_no_identity_number(year: int, month: int, day: int, order: int) -> None:
    body = f"119999{year}{month:02d}{day:02d}{order:03d}"
    right = body + check_digit(body)
    wrong = body[:-1] + str((int(body[-1]) + 1) % 10) + right[-1]
    assert [number.kind for number in find_numbers(f"是{right}吗")] == ["identity_number"]
    assert "identity_number" not in [number.kind for number in find_numbers(f"是{wrong}吗")]


def test_a_cards_check_digit_decides() -> None:
    body = CARD[:-1]
    found = [digit for digit in range(10) if find_numbers(f"{body}{digit}")]
    assert [f"{body}{digit}" for digit in found] == [with_luhn(body)]


# ---- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("half", ["test", "tuning"])
def test_the_labelled_lines_are_judged_as_well_as_before(half: Half) -> None:
    counts = counts_of(read_lines(half))
    shares = {kind: (count.recall, count.precision) for kind, count in counts.items()}
    for kind in ("identity_number", "bank_card"):
        assert shares[kind] == (1.0, 1.0)
    assert {kind: share for kind, share in shares.items() if min(share) < 0.9} == {}


def test_each_kind_is_named_with_its_place() -> None:
    text = "放心，保证能治好，加我微信聊吧"
    found = findings_in(text, terms=shared_terms(), is_medical=False)
    assert [(one.kind, text[one.start : one.end]) for one in found] == [
        ("promise", "保证能治好"),
        ("private_contact", "加我微信聊"),
    ]


@pytest.mark.parametrize("text", ["请马上拨打120，先别吃药", "别喂药了，马上带孩子去急诊"])
def test_who_sends_a_family_to_help_is_held_by_nothing(text: str) -> None:
    assert findings_in(text, terms=shared_terms(), is_medical=True) == []


def test_telling_a_family_to_stay_away_from_help_is_held() -> None:
    found = findings_in("不用去急诊，不用打120", terms=shared_terms(), is_medical=True)
    assert [one.kind for one in found] == ["medical_advice"]


def test_the_words_for_somebody_in_danger_are_never_held_themselves() -> None:
    for words in (help_lines().script_zh, help_lines().script_en):
        assert findings_in(words, terms=shared_terms(), is_medical=True) == []


# ---- weeks -----------------------------------------------------------------------------------------------


def test_a_week_begins_on_monday_at_the_clinic() -> None:
    since, until = week_of("2026-W48")
    assert since == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert until == datetime(2026, 11, 29, 16, tzinfo=UTC)
    assert (name_of_week(since), name_of_week(until)) == ("2026-W48", "2026-W49")


@pytest.mark.parametrize("name", ["", "2026", "2026-W99", "2026-48", "W48", "2026-W48x", "0001-W01", "9999-W52"])
def test_what_names_no_week_is_refused(name: str) -> None:
    with pytest.raises(WeekNotReadable):
        week_of(name)
