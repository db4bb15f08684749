"""How the words of a search are read and how what they found is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.conversations.search_words import (
    MOST_MARKS,
    marks_of,
    pages_of,
    read_number,
    snippet_of,
    sought_marks,
    tidy_words,
)


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


@given(st.text(max_size=40), st.text(min_size=1, max_size=6), st.text(max_size=40))
def test_a_text_has_every_mark_of_the_words_in_it(before: str, words: str, after: str) -> None:
    assert sought_marks(words) <= marks_of(f"{before}{words}{after}")
    assert sought_marks(words.upper()) <= marks_of(f"{before}{words.upper()}{after}")


def test_marks_are_pairs_and_single_characters_in_letters_and_digits() -> None:
    assert marks_of("退款 A") == {"w9000", "w6b3e", "w61", "w9000x6b3e"}
    assert sought_marks("退款") == {"w9000x6b3e"} and sought_marks("退") == {"w9000"}
    assert sought_marks("a b") == {"w61", "w62"}
    assert all(mark.isascii() and mark.isalnum() for mark in marks_of("50%‘’\\\0😀_"))
    assert sought_marks(" ") == set()


def test_each_text_stands_whole_on_one_page_and_pages_stay_small() -> None:
    texts = ["".join(chr(0x4E00 + n * 1_000 + k) for k in range(1_000)) for n in range(18)] * 2 + ["", "  "]
    pages = [set(page.split(" ")) for page in pages_of(texts)]

    assert len(pages) > 1 and all(len(page) <= MOST_MARKS for page in pages)
    assert all(any(marks_of(text) <= page for page in pages) for text in texts)
    assert pages_of([]) == pages_of([" "]) == []
