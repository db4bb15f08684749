"""Cutting, sounding, repairing and finding words."""

from __future__ import annotations

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.cutter import Cutter, shared_cutter
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.pinyin import sound_of, split_syllables
from caredesk.chatbot.repair import Repairer
from tests.rules.chatbot.sample import labelled

LISTS = ("questions", "other_questions", "emergencies", "medical", "human", "out_of_scope")


def test_the_hospitals_words_stay_whole() -> None:
    assert "就诊人" in shared_cutter().cut("怎么添加就诊人")
    assert "挂号费" in shared_cutter().cut("挂号费多少")


def test_the_global_tokenizer_is_never_touched() -> None:
    shared_cutter().cut("怎么添加就诊人")
    assert not jieba.dt.initialized


def test_words_are_cut_as_the_dictionarys_own_tokenizer_cuts_them() -> None:
    cutter, tokenizer = Cutter([]), jieba.Tokenizer()
    for label in labelled(*LISTS):
        spans = [(start, end) for _, start, end in tokenizer.tokenize(label.query, HMM=False)]
        words = [word for word in tokenizer.cut_for_search(label.query, HMM=False) if word[0].isalnum()]
        assert (cutter.spans(label.query), list(cutter.cut(label.query))) == (spans, words)


@given(st.text("退号怎么办挂号费abcc++019 &._%-，。\r\n㐀é"))
def test_the_words_of_a_text_lie_side_by_side_and_leave_nothing_out(text: str) -> None:
    spans = shared_cutter().spans(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


def test_a_word_of_the_field_is_rarer_than_a_word_of_everyday() -> None:
    assert shared_cutter().rarity("处方流转") > shared_cutter().rarity("怎么")


def test_words_that_sound_alike_sound_the_same() -> None:
    assert sound_of("挂好") == sound_of("挂号")
    assert sound_of("身份证") == sound_of("生分整")


@pytest.mark.parametrize(
    ("run", "syllables"),
    [("tuihao", ("tui", "hao")), ("zenme", ("zen", "me")), ("app", None), ("wifi", None), ("xyz", None)],
)
def test_only_real_pinyin_is_split(run: str, syllables: tuple[str, ...] | None) -> None:
    assert split_syllables(run) == syllables


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    words = [*read_lines("words.txt"), "医生", "预约", "回复", "报告", "怎么"]
    return Repairer(shared_cutter(), words=words, seen_in=["换了新号怎么登录"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("zenme tuihao", "怎么退号"),
        ("guahaofei duoshao", "挂号费多少"),
        ("我的快弟到了", "我的快递到了"),
        ("没收到验正码", "没收到验证码"),
        ("发飘在哪", "发票在哪"),
        ("app打不开", "app打不开"),
        ("ct结果在哪看", "ct结果在哪看"),
        ("换了新号", "换了新号"),
        ("今天天气怎么样", "今天天气怎么样"),
    ],
)
def test_typing_errors_are_put_right_and_nothing_else(repairer: Repairer, typed: str, meant: str) -> None:
    assert repairer.repair(typed) == meant


def test_a_wording_may_have_a_gap_but_not_across_a_clause() -> None:
    lexicon = Lexicon({"退费": ["退…费"]})
    assert lexicon.groups_in("退一下挂号费") == {"退费"}
    assert lexicon.groups_in("退号，费用呢") == frozenset()
    assert lexicon.groups_in("退了号以后那个检查的费") == frozenset()


def test_a_sign_that_stands_in_a_wording_is_no_border_of_what_is_found() -> None:
    lexicon = Lexicon({"fever": ["38.5"], "refund": ["退…费"]})
    assert [lexicon.find(text) for text in ("烧到38.5,退那个费", "38,5。退。费")] == [
        [("fever", 2, 6), ("refund", 7, 11)],
        [],
    ]


def test_a_latin_wording_is_no_part_of_a_longer_word() -> None:
    lexicon = Lexicon({"greeting": ["hi"]})
    assert lexicon.groups_in("hi 你好") == {"greeting"}
    assert lexicon.groups_in("this hib") == frozenset()


def test_wordings_are_written_in_everyday_words_and_found_in_standard_ones() -> None:
    assert Lexicon({"x": ["娃抽了"]}).groups_in("孩子抽了") == {"x"}
