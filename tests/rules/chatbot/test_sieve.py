"""Which messages the guard need not be asked about while a person is in charge (B46)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.chatbot.sieve import FEW_LETTERS, shared_sieve
from tests.rules.chatbot.guard_sets import GUARD_LISTS
from tests.rules.chatbot.sample import demo_bot, labelled
from tools.guard_examples import read_examples

LONG = "退款几天到，" * FEW_LETTERS
ALPHABET = "退号发票怎么办孩子抽搐叫不醒寶鱻abcdeＡ019９٣，。 \n💊𠮷é"
CHATTER = "你好，我们上周挂了号，发票也开好了，快递还没到，麻烦您看一下，"


def test_no_listed_emergency_goes_by() -> None:
    queries = [label.query for label in labelled("emergencies") if label.expected == "emergency"]
    assert [query for query, flag in zip(queries, demo_bot().emergencies(queries), strict=True) if not flag] == []


def test_what_is_held_and_judged_is_what_the_guard_says_of_each_alone() -> None:
    bot = demo_bot()
    queries = [label.query for label in labelled(*GUARD_LISTS)]
    judged = bot.emergencies(queries)
    held = shared_sieve().holds(queries)
    assert judged == [is_held and bot.is_emergency(query) for query, is_held in zip(queries, held, strict=True)]
    assert judged == [bot.emergencies([query])[0] for query in queries]


def test_hardly_an_emergency_that_was_taught_goes_by() -> None:
    texts = [text for label, text in read_examples() if label == "emergency"]
    assert sum(shared_sieve().holds(texts)) >= 0.998 * len(texts)


def test_most_of_what_parents_ask_goes_by() -> None:
    queries = [label.query for label in labelled("report_questions")]
    assert sum(shared_sieve().holds(queries)) <= len(queries) / 4


@pytest.mark.parametrize("cry", ["孩子叫不醒了", "孩子吞了纽扣电池", "寶寶突然抽搐", "他站在桥上要往下跳"])
def test_a_cry_is_held_in_the_middle_of_chatter(cry: str) -> None:
    assert shared_sieve().holds([f"{CHATTER}{cry}，{CHATTER}", cry]) == [True, True]


@pytest.mark.parametrize("text", ["jiuming a", "he can't breathe", "ｊｉｕｍｉｎｇ", "他鱻了", "他💊了𠮷"])
def test_what_was_never_taught_is_held(text: str) -> None:
    assert shared_sieve().holds(["发票怎么开", text]) == [False, True]


def test_a_number_weighs_the_same_however_long_it_is() -> None:
    short, long = "发票怎么开，尾号7", f"发票怎么开，尾号{'7' * 60}"
    assert shared_sieve().holds([short, long]) == [False, False]


def test_neighbours_do_not_weigh_on_one_another() -> None:
    texts = ["孩子叫不醒了", "", "，。", "发票怎么开", "孩子吞了电池", "退款几天到"]
    held = shared_sieve().holds(texts)
    assert held == [shared_sieve().holds([text])[0] for text in texts]
    assert held[3] is False


def test_nothing_at_all_is_nothing() -> None:
    assert shared_sieve().holds([]) == []


@given(st.text(ALPHABET, max_size=40))
def test_a_text_alone_is_held_as_it_is_among_many(text: str) -> None:
    assert shared_sieve().holds([text]) == shared_sieve().holds([LONG, text, LONG])[1:2]


def test_every_taught_text_alone_is_held_as_it_is_among_many() -> None:
    texts = [text for _, text in read_examples()]
    assert [shared_sieve().holds([text])[0] for text in texts] == shared_sieve().holds(texts)


def test_what_many_write_at_once_is_judged_as_if_each_had_written_alone() -> None:
    bot = demo_bot()
    queries = [label.query for label in labelled(*GUARD_LISTS)]
    assert bot.emergencies([LONG, *queries])[1:] == [bot.emergencies([query])[0] for query in queries]
