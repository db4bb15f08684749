"""What a parent denies is not what they ask for."""

from __future__ import annotations

import pytest

from caredesk.chatbot.denial import without_denied


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("不是声音问题，是画面黑的", "画面黑的"),
        ("不是要退号，是想改时间", "想改时间"),
        ("不是付不了，是付了两遍", "付了两遍"),
        ("不退药，只想问药师这个怎么放冰箱", "只想问药师这个怎么放冰箱"),
        ("我不是问几点放，就问能挂到哪一天", "就问能挂到哪一天"),
        ("想改时间，不是退号", "想改时间"),
    ],
)
def test_the_denied_part_is_left_out(said: str, asked: str) -> None:
    assert without_denied(said) == asked


@pytest.mark.parametrize(
    "said",
    [
        "是不是要带户口本，要的话带几份",
        "不是说七天到账吗，怎么还没有",
        "不是已经付了吗，就是不让进",
        "不想要了，想退钱",
        "不会弄，就想找个人",
        "不是",
        "号挂错了，不是我的孩子吗",
        "",
    ],
)
def test_who_objects_asks_or_gives_up_denies_nothing(said: str) -> None:
    assert without_denied(said) == said
