"""Each step of bringing a message into plain form, alone and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.chatbot import text


@pytest.mark.parametrize(
    ("step", "typed", "wanted"),
    [
        (text.unify_width, "ＡＰＰ　１２３", "APP 123"),
        (text.lower, "APP打不開", "app打不開"),
        (text.simplify, "請問掛號費怎麼退", "请问挂号费怎么退"),
        (text.drop_noise, "药到哪了😀\x00\u202e<b>急</b>", "药到哪了 急"),
        (text.drop_noise, "看 https://a.example/x?y=1 这个", "看 这个"),
        (text.collapse_repeats, "急急急急！！！？", "急！"),
        (text.collapse_repeats, "退费退费退费", "退费"),
        (text.collapse_repeats, "11100", "11100"),
        (text.strip_courtesy, "您好，请问一下 怎么退号啊，谢谢！", "怎么退号"),
        (text.strip_courtesy, "你好", "你好"),
        (text.strip_courtesy, "hib疫苗", "hib疫苗"),
        (text.strip_courtesy, "客服电话多少", "客服电话多少"),
        (text.strip_courtesy, "客服，电话多少", "电话多少"),
        (text.strip_courtesy, "额头磕了", "额头磕了"),
        (text.standardise_words, "我家娃咋整", "我家孩子怎么办"),
        (text.standardise_words, "大夫啥时候上班", "医生什么时候上班"),
        (text.standardise_words, "wxid_1", "wxid_1"),
    ],
)
def test_a_step_does_its_one_thing(step: object, typed: str, wanted: str) -> None:
    assert callable(step)
    assert step(typed) == wanted


def test_the_steps_run_in_order_and_keep_the_original() -> None:
    message = text.normalise("您好，請問我家娃兒咋整退號？？？謝謝老師")
    assert message.original == "您好，請問我家娃兒咋整退號？？？謝謝老師"
    assert message.spoken.startswith("您好,请问")
    assert message.plain == "我家孩子怎么办退号"


@pytest.mark.parametrize("typed", ["", " 　\n", "😀😀", "\x00\x01", "。。。"])
def test_what_says_nothing_becomes_empty(typed: str) -> None:
    assert text.normalise(typed).plain == ""


def test_a_very_long_text_keeps_its_head_and_its_tail() -> None:
    plain = text.normalise("甲" * 3 + "前文。" + "乙丙" * 50_000 + "。怎么退号").plain
    assert len(plain) <= text.LONGEST_HEAD + text.LONGEST_TAIL + 1
    assert plain.endswith("怎么退号")


def test_a_ramble_without_signs_is_covered_by_windows() -> None:
    clauses = text.split_clauses("昨天带孩子来看病结果没挂上号今天又跑了一趟还是没有挂上到底怎么才能挂上号")
    assert len(clauses) > 1
    assert all(len(clause) <= text.CLAUSE_WINDOW for clause in clauses)
    assert clauses[-1].endswith("怎么才能挂上号")


def test_clauses_are_split_where_a_message_breathes_and_turns() -> None:
    assert text.split_clauses("药到哪了?另外能不能改地址") == ("药到哪了", "另外能不能改地址")


@given(st.text(max_size=300))
def test_any_text_is_read_without_fault_and_settles(typed: str) -> None:
    message = text.normalise(typed)
    assert message.original == typed
    assert "\x00" not in message.plain
    assert len(text.split_clauses(message.plain)) <= text.MOST_CLAUSES
