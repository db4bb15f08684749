"""Questions that mean the same come together, whatever their order, and foreign ones stay apart."""

from __future__ import annotations

import random

import pytest

from caredesk.chatbot import clusters
from caredesk.chatbot.clusters import Group, group_questions, nearest_groups

REFUND = ["挂号费怎么退", "请问怎么退挂号费", "挂号的钱能退吗怎么退", "挂号费 退费"]
INVOICE = ["发票怎么开呀", "怎么开发票", "電子發票怎麼開"]
PARCEL = ["快递到哪了", "我的快递到哪里了"]


def texts(groups: list[Group], questions: list[str]) -> list[list[str]]:
    return [sorted(questions[member] for member in group.members) for group in groups]


def test_questions_with_one_meaning_form_one_group_and_others_stay_apart() -> None:
    questions = [*REFUND, *INVOICE, *PARCEL]
    found = texts(group_questions(questions), questions)
    assert found == [sorted(REFUND), sorted(INVOICE), sorted(PARCEL)]


def test_the_same_words_are_one_group_however_often_they_are_typed() -> None:
    questions = ["怎么开发票", "怎么开发票？？？", "请问怎么开发票", "怎麼開發票", "怎么开发票"]
    [group] = group_questions(questions)
    assert group.members == (0, 1, 2, 3, 4)


def test_the_order_of_the_questions_does_not_matter() -> None:
    questions = [*REFUND, *INVOICE, *PARCEL]
    expected = texts(group_questions(questions), questions)
    centers = {questions[group.center] for group in group_questions(questions)}
    for seed in range(5):
        shuffled = random.Random(seed).sample(questions, k=len(questions))
        groups = group_questions(shuffled)
        assert texts(groups, shuffled) == expected
        assert {shuffled[group.center] for group in groups} == centers


def test_what_says_nothing_readable_is_in_no_group() -> None:
    questions = ["", "   ", "😀😀", "？？？", "怎么开发票"]
    [group] = group_questions(questions)
    assert group.members == (4,)
    assert group_questions([]) == []


def test_every_question_is_in_exactly_one_group_and_the_largest_comes_first() -> None:
    questions = [*PARCEL, *REFUND, *INVOICE, "x", "abc"]
    groups = group_questions(questions)
    assert sorted(member for group in groups for member in group.members) == list(range(len(questions)))
    assert [len(group.members) for group in groups] == sorted((len(group.members) for group in groups), reverse=True)
    assert all(group.center in group.members for group in groups)


def test_a_list_too_long_to_be_linked_whole_is_shortened_first_and_gives_the_same_main_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions = [f"{before}{text}" for before in ("请问", "", "你好，", "麻烦问下") for text in (*REFUND, *INVOICE)]
    whole = texts(group_questions(questions), questions)
    monkeypatch.setattr(clusters, "MOST_LINKED", 5)
    assert texts(group_questions(questions), questions) == whole


def test_a_question_finds_the_group_whose_typical_question_it_is_alike_to() -> None:
    assert nearest_groups(["请问怎么开发票呢", "停车场在哪"], groups=["挂号费怎么退", "怎么开发票"]) == [1, None]
    assert nearest_groups(["怎么开发票"], groups=[]) == [None]
    assert nearest_groups([], groups=["怎么开发票"]) == []
