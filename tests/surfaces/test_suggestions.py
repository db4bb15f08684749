"""Agents get the same engine: what the bot would say to a parent's message, live, and which of it was used."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from caredesk.application import create_app
from caredesk.chatbot.index import FaqEntry
from caredesk.conversations.models import BotTurn
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.models import KbEntry
from tests.fixtures.desk import DeskForTests, bot_over
from tests.fixtures.records import name_hospital, sign_in

HOURS = FaqEntry("agents", "客服", "人工客服几点上班？", ("客服几点下班",), "八点到二十点。")
REFUND = FaqEntry("refund", "缴费", "退费多久到账？", ("退的钱几天能到",), "1 至 7 个工作日。")


@pytest.fixture
def conversation_id(desk: DeskForTests) -> str:
    """Return a conversation that agent lin has, in a desk with one live entry and one of words."""
    name_hospital(desk)
    with desk.write() as work:
        for entry, live in ((HOURS, "service_hours"), (REFUND, "")):
            work.session.add(
                KbEntry(
                    id=entry.id,
                    category=entry.category,
                    question=entry.question,
                    similar=list(entry.similar),
                    answer=entry.answer,
                    live=live,
                    state="published",
                    pending="",
                    published_version=1,
                    created_at=work.now,
                    updated_at=work.now,
                )
            )
    desk.bot.bot = bot_over([HOURS, REFUND])
    return desk.served_conversation()[2]


@pytest.fixture
def browser(desk: DeskForTests, client: FlaskClient, conversation_id: str) -> tuple[FlaskClient, dict[str, str]]:
    return client, sign_in(desk, client, staff_id=str(desk.conversation(conversation_id).assignee_id))


def address(conversation_id: str, rest: str = "") -> str:
    return f"/api/console/conversations/{conversation_id}/suggestions{rest}"


def test_a_live_entry_is_suggested_with_what_it_says_now(
    browser: tuple[FlaskClient, dict[str, str]], conversation_id: str
) -> None:
    shown = browser[0].get(address(conversation_id), query_string={"q": "人工客服几点上班"}).get_json()
    assert shown["outcome"] == "answer"
    first = shown["hits"][0]
    assert (first["entry_id"], first["live"]["state"]) == ("agents", "fresh")
    assert "全天服务" in first["answer"]


def test_a_medical_message_is_told_to_be_one(browser: tuple[FlaskClient, dict[str, str]], conversation_id: str) -> None:
    shown = browser[0].get(address(conversation_id), query_string={"q": "孩子发烧38度5要吃多少布洛芬"}).get_json()
    assert shown["outcome"] == "medical"


def test_looking_leaves_no_turn_behind(
    desk: DeskForTests, browser: tuple[FlaskClient, dict[str, str]], conversation_id: str
) -> None:
    browser[0].get(address(conversation_id), query_string={"q": "退费多久到账"})
    with desk.read() as session:
        assert session.scalars(select(BotTurn)).all() == []


def test_what_an_agent_used_is_kept_as_feedback(
    desk: DeskForTests, browser: tuple[FlaskClient, dict[str, str]], conversation_id: str
) -> None:
    client, headers = browser
    used = {"entry_id": "refund", "question": "钱咋还没退"}
    assert client.post(address(conversation_id, "/used"), json=used, headers=headers).status_code == 204
    with desk.read() as session:
        kept = session.scalars(select(BotFeedback)).one()
    assert (kept.source, kept.entry_id, kept.question_text) == ("agent_insert", "refund", "钱咋还没退")
    assert kept.actor_id == desk.conversation(conversation_id).assignee_id


@pytest.mark.parametrize(("entry_id", "status"), [("nobody", 404), ("", 422), ("x" * 81, 422)])
def test_only_a_served_entry_can_have_been_used(
    browser: tuple[FlaskClient, dict[str, str]], conversation_id: str, entry_id: str, status: int
) -> None:
    client, headers = browser
    used = {"entry_id": entry_id, "question": "退费"}
    assert client.post(address(conversation_id, "/used"), json=used, headers=headers).status_code == status


def test_who_may_not_see_a_conversation_learns_nothing_and_leaves_nothing(
    desk: DeskForTests, conversation_id: str
) -> None:
    other = create_app(desk.services).test_client()
    elsewhere = desk.add_queue("elsewhere", is_default=False)
    headers = sign_in(desk, other, staff_id=desk.add_agent("wang", queues=[elsewhere], ready=False))
    assert other.get(address(conversation_id), query_string={"q": "退费"}).status_code == 404
    used = {"entry_id": "refund", "question": "退费"}
    assert other.post(address(conversation_id, "/used"), json=used, headers=headers).status_code == 404


def test_a_colleague_who_sees_it_may_look_but_not_speak_for_its_agent(desk: DeskForTests, conversation_id: str) -> None:
    boss = create_app(desk.services).test_client()
    headers = sign_in(desk, boss, staff_id=desk.add_staff("boss", roles=("supervisor",)))
    assert boss.get(address(conversation_id), query_string={"q": "退费"}).status_code == 200
    used = {"entry_id": "refund", "question": "退费"}
    assert boss.post(address(conversation_id, "/used"), json=used, headers=headers).status_code == 409
