"""Words' meanings: near words lie near, unknown ones nowhere, and a text is the direction of its words."""

from __future__ import annotations

import numpy as np
import pytest

from caredesk.chatbot.meaning import Meanings, shared_meanings
from caredesk.chatbot.shelf import MEANING_SCALE, short

TABLE = Meanings(["东", "北"], np.array([[100, 0], [0, 50]], dtype=np.int8))


def likeness(one: str, other: str) -> float:
    meanings = shared_meanings()
    return float(meanings.of([(one, 1.0)]) @ meanings.of([(other, 1.0)]))


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [("退款", "退钱", "停车"), ("快递", "物流", "疫苗"), ("妈妈", "母亲", "发票"), ("药店", "药房", "视频")],
)
def test_words_of_like_meaning_lie_nearer_than_others(word: str, near: str, far: str) -> None:
    assert likeness(word, near) > likeness(word, far) + 0.1


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
