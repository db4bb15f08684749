"""How the guard's net is taught: what is held back, what is made, and that learning can be repeated."""

from __future__ import annotations

import numpy as np
import yaml
from scipy.sparse import csr_matrix

from caredesk.chatbot.instinct import KINDS
from tools.guard_examples import HARMLESS, TEACHING, make_framed, make_noise, read_examples
from tools.guard_lessons import FOLDS, Lessons, folds_of, put_together
from tools.learn_guard import Learner


def test_near_duplicates_never_stand_in_two_folds() -> None:
    folds = folds_of(["怎么退掉挂的号", "孩子发烧吃什么药", "怎么退掉挂的号呢", "请问怎么退掉挂的号", "发票丢了"])
    assert folds[0] == folds[2] == folds[3]
    assert set(folds) <= set(range(FOLDS))


def test_every_label_is_one_that_the_net_knows() -> None:
    assert {label for label, _ in read_examples()} == set(KINDS)


def test_every_frame_has_one_gap_and_words_for_it() -> None:
    content = yaml.safe_load((TEACHING / "guard_frames.yaml").read_text("utf-8"))
    for label in ("medical", HARMLESS):
        for name, frames in content[label].items():
            assert content["words"][name]
            assert [frame for frame in frames if frame.count("{}") != 1] == []


def test_what_is_made_is_made_the_same_again() -> None:
    assert make_framed(count=20, seed=1) == make_framed(count=20, seed=1)
    assert make_framed(count=20, seed=1) != make_framed(count=20, seed=2)
    assert make_noise(count=20, seed=1) == make_noise(count=20, seed=1)


def test_two_texts_together_have_the_kind_that_matters_more() -> None:
    texts = ["怎么开发票呢", "孩子咳嗽吃什么药", "孩子一直咳嗽", "孩子抽搐不停", "我要转人工客服"]
    kinds = [KINDS.index(kind) for kind in ("other", "medical", "medical", "emergency", "human")]
    lessons = Lessons(texts, np.array(kinds), np.zeros(len(texts), dtype=np.int64))
    together = put_together(lessons, count=100, seed=3)
    kind_of = {text: KINDS[kind] for text, kind in zip(together.texts, together.kinds, strict=True)}
    assert all(kind_of[text] == "emergency" for text in kind_of if "抽搐" in text)
    assert all(kind_of[text] == "medical" for text in kind_of if "吃什么药" in text)
    assert all(kind_of[text] == "other" for text in kind_of if "一直咳嗽" in text)


def test_the_same_texts_and_seed_teach_the_same() -> None:
    rows = csr_matrix(np.eye(len(KINDS), dtype=np.float32).repeat(400, axis=0))
    kinds = np.arange(len(KINDS)).repeat(400)
    once, again = (Learner(rows.shape[1], seed=5).learn(rows, kinds).likelihoods(rows) for _ in range(2))
    assert (once == again).all()
    assert (once.argmax(axis=1) == kinds).mean() > 0.9
