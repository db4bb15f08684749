"""Near-duplicates and contradictions between answers."""

from __future__ import annotations

import pytest

from caredesk.knowledge_base.advice import contradictions, figures, near_phrases
from caredesk.knowledge_base.schemas import EntryContent


def entry(entry_id: str, question: str, answer: str = "答", *similar: str, audience: str = "parent") -> EntryContent:
    return EntryContent(
        id=entry_id,
        category="",
        question=question,
        similar=similar,
        answer=answer,
        audience=audience,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("开药后 7 天内有效", [("time", 7 * 1440.0)]),
        ("24小时内退回", [("time", 1440.0)]),
        ("一天之内", [("time", 1440.0)]),
        ("三个工作日到账", [("workday", 3.0)]),
        ("十五个工作日", [("workday", 15.0)]),
        ("二十天", [("time", 20 * 1440.0)]),
        ("快递费 12.5 元", [("money", 12.5)]),
        ("半年内", [("month", 6.0)]),
        ("6 岁以下", [("age", 6.0)]),
        ("2026年12月31日前", []),
        ("第三次就诊", []),
        ("点“我的”", []),
    ],
)
def test_figures_are_read_with_their_units(text: str, expected: list[tuple[str, float]]) -> None:
    assert [(one.dimension, one.value) for one in figures(text)] == expected


def test_the_same_matter_with_another_figure_is_a_contradiction() -> None:
    mine = entry("a", "退号期限", "就诊前 7 天内可以退号，费用原路退回。")
    theirs = entry("b", "能退号吗", "您好，就诊前 14 天内可以退号。")
    found = contradictions(mine, others=[mine, theirs])
    assert [(one.entry_id, one.mine, one.theirs) for one in found] == [("b", "7 天", "14 天")]


@pytest.mark.parametrize(
    "theirs",
    [
        "就诊前 168 小时内可以退号。",
        "药品签收后 14 天内可以申请售后。",
        "就诊前 7 天内可以退号；超过 14 天内可以退号的情况另算。",
        "请在“我的预约”里办理。",
    ],
)
def test_the_same_value_or_another_matter_is_none(theirs: str) -> None:
    mine = entry("a", "退号期限", "就诊前 7 天内可以退号。")
    assert contradictions(mine, others=[entry("b", "问", theirs)]) == []


def test_days_and_working_days_are_never_the_same_promise() -> None:
    mine = entry("a", "退款多久", "退费原路退回，一般 7 天到账。")
    theirs = entry("b", "钱几天到", "退费一般 1 至 7 个工作日到账。")
    found = contradictions(mine, others=[theirs])
    assert [(one.mine, one.theirs) for one in found] == [("7 天", "7 个工作日")]
    hours = entry("c", "多久答复", "退费一般 24 小时到账。")
    assert contradictions(entry("a", "问", "退费一般 1 个工作日到账。"), others=[hours]) == []


def test_answers_for_others_are_not_compared() -> None:
    mine = entry("a", "退号期限", "就诊前 7 天内可以退号。")
    assert contradictions(mine, others=[entry("b", "问", "就诊前 14 天内可以退号。", audience="agent")]) == []


def test_questions_that_read_nearly_the_same_are_named_once_for_each_entry() -> None:
    mine = entry("a", "挂的号怎么退？", "答", "怎么取消预约")
    others = [
        entry("b", "挂的号 怎么退", "答", "挂的号怎么退呢"),
        entry("c", "怎样取消预约的号", "答"),
        entry("d", "发票在哪里开", "答"),
    ]
    found = near_phrases(mine, others=[mine, *others])
    assert [(one.entry_id, one.likeness) for one in found] == [("b", 100)]
