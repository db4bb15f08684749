"""Whatever a doctor's request can meet has words on the doctor's desk, in Chinese and in English."""

from __future__ import annotations

from typing import get_args

import pytest

from caredesk.actions import call_ups
from caredesk.assistance.call_up_rules import RELATIONS
from caredesk.assistance.call_up_schemas import Channel, LegState, Outcome
from tests.conventions.test_error_words import LANGUAGES, error_codes, has_words, notices, words

SURFACE = "doctor_desk"

# Met by those who edit the types, at the console.
ELSEWHERE = ("assist.type_changed", "assist.type_invalid")

# What is said in a family's own talk, of the bot and of numbers; a request's talk never has it.
NOT_IN_REQUESTS = ("broadcast.", "call_up.", "callback.", "person.", "parcel.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_of_a_request_has_words_for_doctors(language: str) -> None:
    known = words(SURFACE, language)
    codes = {code for code in error_codes() if code.startswith("assist.") and code not in ELSEWHERE}
    assert codes
    assert {code for code in codes if f"error.{code}" not in known} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_of_a_request_has_words_for_doctors(language: str) -> None:
    known = words(SURFACE, language)
    codes = {code for code in notices(for_visitors=True) if not code.startswith(NOT_IN_REQUESTS)}
    assert codes
    assert {code for code in codes if not has_words(known, kind="notice", code=code)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_attempt_can_be_told(language: str) -> None:
    known = words(SURFACE, language)
    wanted = [f"channel.{one}" for one in get_args(Channel)]
    wanted += [f"leg.{one}" for one in get_args(LegState)]
    wanted += [f"outcome.{one}" for one in get_args(Outcome)]
    wanted += [f"relation.{one}" for one in RELATIONS]
    wanted += [f"ended.{one}" for one in call_ups.ENDING]
    assert [key for key in wanted if key not in known] == []


def test_both_languages_have_the_same_words_for_doctors() -> None:
    chinese, english = (words(SURFACE, language) for language in LANGUAGES)
    assert set(chinese) == set(english)
    assert [key for key, text in (chinese | english).items() if not text.strip()] == []
