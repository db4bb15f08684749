"""What the guard has learned: that its probabilities hold on questions it never saw, and its limits."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from caredesk.chatbot.cutter import shared_cutter
from caredesk.chatbot.instinct import NO_CHANCE, Instinct, instinct_of
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.text import normalise
from caredesk.chatbot.views import Reader, load_concepts
from tests.rules.chatbot.guard_sets import GUARD_LISTS, other_bot
from tests.rules.chatbot.sample import labelled

INSTINCT = instinct_of(Reader(shared_cutter(), concepts=Lexicon(load_concepts())))


def chances_of(text: str) -> dict[str, float]:
    felt = INSTINCT.chances(normalise(text).plain)
    return {kind: getattr(felt, kind) for kind in ("health", "emergency", "human", "foreign")}


def test_the_probabilities_are_true_on_questions_of_another_hospital() -> None:
    asked = labelled(*GUARD_LISTS, "other_questions")
    instinct, index = other_bot().index.instinct, other_bot().index
    chances = [instinct.chances(index.read(label.query)) for label in asked]
    for question, expected in (
        ("health", ("medical", "emergency")),
        ("emergency", ("emergency",)),
        ("human", ("human",)),
    ):
        truth = np.array([label.expected in expected for label in asked])
        felt = np.array([getattr(one, question) for one in chances])
        assert error_of(felt, truth) <= 0.05


def error_of(felt: np.ndarray, truth: np.ndarray) -> float:
    """Return how far probability and frequency lie apart on average, in ten steps."""
    steps = np.minimum((felt * 10).astype(int), 9)
    inside = [steps == step for step in range(10) if (steps == step).any()]
    return float(sum(step.mean() * abs(felt[step].mean() - truth[step].mean()) for step in inside))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("娃嘴唇发紫叫不醒了", "emergency"),
        ("嗓子里有痰声能不能喝梨水", "health"),
        ("别让机器跟我说话，来个活的", "human"),
        ("高铁票怎么改签", "foreign"),
    ],
)
def test_what_no_list_need_name_is_felt(text: str, kind: str) -> None:
    assert chances_of(text)[kind] >= 0.5


@pytest.mark.parametrize("text", ["退烧药能退吗", "哮喘门诊周几开", "核磁结果几点出", "抽血在几楼", "怎么退号"])
def test_a_process_beside_medical_words_is_no_question_of_health(text: str) -> None:
    assert chances_of(text)["health"] < 0.5
    assert chances_of(text)["emergency"] < 0.2


def test_chatter_does_not_drown_the_sign() -> None:
    chatter = "你好，我是孩子奶奶，今天早上我们坐地铁过来的，路上人很多，天也冷，想问个事"
    assert chances_of(f"{chatter}，孩子突然抽起来了眼睛往上翻，怎么办呀")["emergency"] >= 0.5
    assert chances_of(f"{chatter}，发票在哪里开")["emergency"] < 0.2


def test_what_was_learned_survives_being_stored() -> None:
    stored: Instinct = pickle.loads(pickle.dumps(INSTINCT))
    for plain in ("孩子一直哭", "怎么退号", "xyz 123"):
        assert stored.chances(plain) == INSTINCT.chances(plain)


def test_a_text_is_felt_the_same_alone_and_among_others() -> None:
    texts = ["孩子突然抽起来了,眼睛往上翻", "怎么退号,尾号12", "he can't wake up", "孩子突然抽起来了"]
    together, alone = (instinct_of(INSTINCT.reader) for _ in range(2))
    together.feel(texts)
    assert [together.chances(text) for text in texts] == [alone.chances(text) for text in texts]


@pytest.mark.parametrize("plain", ["", "咳", "ab"])
def test_one_or_two_characters_are_not_felt(plain: str) -> None:
    assert INSTINCT.chances(plain) == NO_CHANCE


@pytest.mark.parametrize("plain", ["龘龘龘龘", "zzzz qqqq", "12345678901234567890", "?,?,?,?"])
def test_what_no_example_knows_is_no_danger(plain: str) -> None:
    assert INSTINCT.chances(plain).emergency < 0.2
