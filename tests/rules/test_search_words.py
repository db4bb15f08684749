"""How the words of a search are read and how what they found is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.conversations.search_words import read_number, snippet_of, tidy_words


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("20261123-0007", "20261123-0007"),
        ("202611230007", "20261123-0007"),
        ("#0007", "0007"),
        (" ２０２６１１２３－０００７ ", "20261123-0007"),
        ("会话 20261123-0007", "20261123-0007"),
        ("-7", "7"),
        ("20261123", "20261123"),
        ("编号", None),
        ("", None),
        ("%_", None),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, read: str | None) -> None:
    assert read_number(written) == read


@pytest.mark.parametrize(
    ("typed", "sought"),
    [("  退款 ", "退款"), ("退\x00款", "退 款"), ("\u200b\x07", None), ("", None), ("e\u0301", "\u00e9")],
)
def test_sought_words_have_the_form_of_stored_ones(typed: str, sought: str | None) -> None:
    assert tidy_words(typed) == sought


def test_a_snippet_shows_the_words_around_the_hit_as_they_were_written() -> None:
    text = "一" * 100 + "Refund 退款" + "二" * 100

    snippet = snippet_of(text, sought="refund 退款")

    assert snippet == "…" + "一" * 16 + "Refund 退款" + "二" * 35 + "…"


def test_a_short_text_is_shown_whole() -> None:
    assert snippet_of("请问\n退款  多久", sought="多久") == "请问 退款 多久"


def test_words_with_meaning_in_patterns_are_found_as_they_are() -> None:
    assert "(50%)" in snippet_of("前" * 80 + "退费(50%)吗", sought="(50%)")


def test_a_text_without_the_words_is_shown_from_its_beginning() -> None:
    assert snippet_of("甲" * 100, sought="乙") == "甲" * 60 + "…"


@given(before=st.text(max_size=200), sought=st.text("退款ab ", min_size=1, max_size=100), after=st.text(max_size=200))
def test_a_snippet_always_holds_what_was_found(before: str, sought: str, after: str) -> None:
    words = " ".join(sought.split())

    snippet = snippet_of(f"{before} {sought} {after}", sought=sought)

    assert words.casefold() in snippet.casefold()
    assert len(snippet) <= max(60, len(words) + 60) + 2
