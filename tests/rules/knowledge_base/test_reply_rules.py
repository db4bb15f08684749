"""What an agent's reply tells of the bot: which message it answers, and whether the bot would have said it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest

from caredesk.knowledge_base.reply_rules import Exchange, Line, Told, exchanges, judge_reply, says_otherwise

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
REFUND = "退款会在审核通过后1至7个工作日内原路退回到付款账户。"


def line(text: str, *, by: Literal["visitor", "agent"], entry_id: str | None = None) -> Line:
    return Line(text, by, "lin", text, entry_id, AT)


def asked(text: str) -> Line:
    return line(text, by="visitor")


def said(text: str, *, entry_id: str | None = None) -> Line:
    return line(text, by="agent", entry_id=entry_id)


def exchange(*replies: Line) -> Exchange:
    return Exchange(asked("停车场在哪"), replies)


def test_a_reply_belongs_to_everything_that_was_asked_since_the_last_one() -> None:
    talk = [asked("甲"), said("一"), asked("乙"), asked("丙"), said("二"), said("三"), asked("丁")]
    found = [(one.asked.text, [reply.text for reply in one.replies]) for one in exchanges(talk)]
    assert found == [("甲", ["一"]), ("乙", ["二", "三"]), ("丙", ["二", "三"])]


def test_an_agent_who_greets_first_answers_nothing() -> None:
    assert exchanges([said("您好"), asked("甲")]) == []


@pytest.mark.parametrize(
    ("replies", "chosen", "told", "expected"),
    [
        ([said("停车场在东门地下一层，就诊可减免。")], None, Told("none"), "agent_reply"),
        ([said("停车场在东门地下一层，就诊可减免。")], None, Told("suggest", "refund", REFUND), "agent_reply"),
        ([said("好的")], None, Told("none"), ""),
        ([said("您的退款审核通过后1至7个工作日原路退回付款账户哦")], None, Told("answer", "refund", REFUND), ""),
        ([said("见词条", entry_id="parking")], "parking", Told("none"), "agent_insert"),
        ([said("见词条", entry_id="parking")], "parking", Told("suggest", "parking"), "agent_insert"),
        ([said("见词条", entry_id="parking")], "parking", Told("answer", "parking"), ""),
        ([said("见词条", entry_id="parking")], "parking", Told("answer", "refund"), "agent_insert"),
        ([said("发烧请尽快线下就诊，需要的话帮您约号。")], None, Told("medical"), ""),
        ([said("请稍等，我马上帮您转给同事处理。")], None, Told("human"), ""),
        ([said("不客气，祝您和宝宝一切顺利平安。")], None, Told("courtesy"), ""),
    ],
)
def test_a_reply_is_weighed_against_what_the_bot_would_have_done(
    replies: list[Line], chosen: str | None, told: Told, expected: str
) -> None:
    assert judge_reply(exchange(*replies), chosen=chosen, told=told) == expected


def test_the_same_answer_in_other_words_is_the_same_answer() -> None:
    assert says_otherwise("审核通过以后，1至7个工作日内会原路退回", answer=REFUND)
    assert not says_otherwise("停车场在东门地下一层", answer=REFUND)
    assert not says_otherwise("", answer=REFUND)
