"""Canned replies come filled and masked from the server, in the conversation's language (B31)."""

from __future__ import annotations

from datetime import datetime

import pytest

from caredesk.actions.canned import Speaker, canned_replies
from caredesk.conversations.models import CannedReply, Conversation
from caredesk.core.clock import from_clinic
from caredesk.core.ids import new_id
from tests.fixtures.desk import OFFICE, DeskForTests
from tests.fixtures.records import add_family, conversation_of_family, name_hospital

ZH = "{parent}您好，我是{hospital}客服{agent}。"
EN = "{parent}, this is {agent} of {hospital}."


@pytest.fixture(autouse=True)
def hospital(desk: DeskForTests) -> None:
    name_hospital(desk)


def teach(desk: DeskForTests, text: str, *, text_en: str = "", code: str = "nh", position: int = 0) -> None:
    with desk.write() as work:
        work.session.add(
            CannedReply(id=new_id(), code=code, title="问候", text=text, text_en=text_en, position=position)
        )


def filled(desk: DeskForTests, conversation_id: str, *, language: str = "zh") -> list[str]:
    with desk.read() as session:
        conversation = session.get(Conversation, conversation_id)
        assert conversation is not None
        conversation.language = language
        speaker = Speaker(name="林悦", name_en="Lin Yue")
        replies = canned_replies(session, conversation=conversation, speaker=speaker, at=desk.clock.now())
    return [reply.text for reply in replies]


def test_a_known_parent_is_called_by_the_family_name_alone(desk: DeskForTests) -> None:
    teach(desk, ZH)
    _, conversation_id = conversation_of_family(desk, guardian_id=add_family(desk, name="王小明"))

    assert filled(desk, conversation_id) == ["王家长您好，我是童康儿童医院客服林悦。"]


@pytest.mark.parametrize("name", ["", "John Smith", "*隐藏"])
def test_a_name_without_a_chinese_family_name_is_not_cut_up(desk: DeskForTests, name: str) -> None:
    teach(desk, "{parent}您好")
    _, conversation_id = conversation_of_family(desk, guardian_id=add_family(desk, name=name))

    assert filled(desk, conversation_id) == ["家长您好"]


def test_an_anonymous_visitor_is_simply_the_parent(desk: DeskForTests) -> None:
    teach(desk, ZH)

    assert filled(desk, desk.say(desk.visit().visitor.id).conversation.id) == ["家长您好，我是童康儿童医院客服林悦。"]


def test_an_english_conversation_gets_english_words_and_names(desk: DeskForTests) -> None:
    teach(desk, ZH, text_en=EN)
    _, conversation_id = conversation_of_family(desk, guardian_id=add_family(desk))

    assert filled(desk, conversation_id, language="en") == ["Dear parent, this is Lin Yue of Tongkang Hospital."]


def test_a_reply_without_english_words_stays_chinese(desk: DeskForTests) -> None:
    teach(desk, "请稍等")

    assert filled(desk, desk.say(desk.visit().visitor.id).conversation.id, language="en") == ["请稍等"]


def test_the_hours_are_those_of_the_conversations_queue(desk: DeskForTests) -> None:
    desk.add_queue(hours=OFFICE)
    teach(desk, "服务时间：{queue_open}。")
    visitor_id = desk.visit().visitor.id
    conversation_id = desk.ask_for_person(visitor_id).conversation.id

    [open_now] = filled(desk, conversation_id)
    desk.clock.set(from_clinic(datetime(2026, 11, 23, 21, 0)))  # noqa: DTZ001 (clinic time)
    [closed_now] = filled(desk, conversation_id)

    assert "今天 18:00" in open_now
    assert "明天 08:00" in closed_now and closed_now != open_now


def test_a_desk_without_queues_promises_no_hours(desk: DeskForTests) -> None:
    teach(desk, "{queue_open}")

    [words] = filled(desk, desk.say(desk.visit().visitor.id).conversation.id)

    assert words and "{" not in words


def test_replies_come_in_the_hospitals_order(desk: DeskForTests) -> None:
    teach(desk, "后", code="b", position=2)
    teach(desk, "先", code="a", position=1)

    assert filled(desk, desk.say(desk.visit().visitor.id).conversation.id) == ["先", "后"]
