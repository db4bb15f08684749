"""Words' meanings: near words lie near, unknown ones nowhere, and a text is the direction of its words."""

from __future__ import annotations

import numpy as np
import pytest

from caredesk.chatbot.cutter import shared_cutter
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.meaning import Meanings, marks_of, shared_meanings
from caredesk.chatbot.shelf import MEANING_SCALE, short
from caredesk.chatbot.text import normalise
from caredesk.chatbot.views import Reader, load_concepts

ROWS, SCALES = np.array([[100, 0], [0, 50]], dtype=np.int8), np.array([1.0, 1.0], dtype=np.float16)
TABLE = Meanings(["东", "北"], rows=ROWS, scales=SCALES)


def likeness(one: str, other: str) -> float:
    meanings = shared_meanings()
    return float(meanings.of([(one, 1.0)]) @ meanings.of([(other, 1.0)]))


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [("退款", "退钱", "停车"), ("快递", "物流", "疫苗"), ("妈妈", "母亲", "发票"), ("药店", "药房", "视频")],
)
def test_words_of_like_meaning_lie_nearer_than_others(word: str, near: str, far: str) -> None:
    assert likeness(word, near) > likeness(word, far) + 0.1


@pytest.mark.parametrize(
    ("told", "asked", "other"),
    [
        ("钱扣了页面还让我付", "付款成功了订单却没有确认怎么办", "怎么开电子发票"),
        ("屏幕黑的光听见声音", "视频问诊看不到画面怎么办", "视频问诊多少钱"),
    ],
)
def test_who_tells_of_a_trouble_lies_near_the_question_that_shares_no_word(told: str, asked: str, other: str) -> None:
    reader = Reader(shared_cutter(), concepts=Lexicon(load_concepts()))
    meant = [reader.read(normalise(text).plain).meaning for text in (told, asked, other)]
    assert meant[0] @ meant[1] > meant[0] @ meant[2] + 0.1


def test_a_text_is_made_of_its_words_its_ideas_and_its_runs_of_characters() -> None:
    marks = dict(marks_of("退药，钱", words=["退", "药"], ideas={"退费"}, weigh=lambda _: 0.7))
    assert marks == {"退": 0.7, "药": 0.7, "#退费": 1.0, "_退药": 0.5, "_药钱": 0.5, "_退药钱": 0.4}


def test_a_text_is_the_weighed_direction_of_its_words() -> None:
    assert np.allclose(TABLE.of([("东", 1.0), ("北", 2.0)]), np.array([1.0, 1.0]) / np.sqrt(2))
    assert TABLE.width == 2


def test_words_without_a_meaning_point_nowhere() -> None:
    assert not TABLE.of([("南", 1.0)]).any()
    assert not TABLE.of([]).any()


def test_a_vector_in_bytes_keeps_its_direction() -> None:
    vector = shared_meanings().of([("挂号", 1.0), ("退费", 0.5)])
    kept = short(vector).astype(np.float64) / MEANING_SCALE
    assert float(kept @ vector) == pytest.approx(1.0, abs=0.02)
