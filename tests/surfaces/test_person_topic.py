"""转人工 by the button reaches the queue of what the family is about, also when the bot has not answered yet (B45)."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from caredesk.actions.handoff import topic_of, topic_of_entries
from caredesk.application import create_app
from caredesk.chatbot.index import FaqEntry
from caredesk.conversations import queries
from caredesk.conversations.models import BotTurn, Conversation
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base.models import KbEntry
from tests.fixtures.desk import DeskForTests, bot_over
from tests.fixtures.records import bearer

REFUND = FaqEntry("refund", "退费", "退费多久到账？", ("退的钱几天能到", "退款什么时候到"), "1 至 7 个工作日。")
PARCEL = FaqEntry("parcel", "物流", "药寄到哪里了？", ("快递单号在哪看", "药什么时候寄到"), "在“我的处方”里看。")


class Family:
    """A visitor at the page, in a desk with a queue for each of two topics."""

    def __init__(self, desk: DeskForTests, client: FlaskClient) -> None:
        self.desk, self._client = desk, client
        opened = desk.visit()
        self.visitor, self._headers = opened.visitor.id, bearer(opened.token)
        self.queues = {
            desk.add_queue(): "general",
            desk.add_queue("fees", is_default=False, categories=["退费"]): "fees",
            desk.add_queue("parcels", is_default=False, categories=["物流"]): "parcels",
        }

    def asks(self, text: str, *, is_answered: bool) -> None:
        self.desk.say(self.visitor, text)
        if is_answered:
            self.desk.run_jobs()

    def queue_after_the_button(self) -> str:
        """Press the button; return the queue's key."""
        posted = self._client.post("/api/chat/person", json={"client_key": self.desk.key()}, headers=self._headers)
        conversation: Conversation = self.desk.conversation(posted.get_json()["conversation"]["id"])
        assert conversation.status == "waiting"
        return self.queues[str(conversation.queue_id)]


@pytest.fixture
def family(desk: DeskForTests) -> Family:
    with desk.write() as work:
        for entry in (REFUND, PARCEL):
            work.session.add(
                KbEntry(
                    id=entry.id,
                    category=entry.category,
                    question=entry.question,
                    similar=list(entry.similar),
                    answer=entry.answer,
                    state="published",
                    pending="",
                    published_version=1,
                    created_at=work.now,
                    updated_at=work.now,
                )
            )
    desk.bot.bot = bot_over([REFUND, PARCEL])
    return Family(desk, create_app(desk.services).test_client())


def test_the_button_before_the_answer_goes_to_the_queue_of_what_waits_for_it(family: Family) -> None:
    family.asks("退费多久到账", is_answered=False)
    assert family.queue_after_the_button() == "fees"


def test_what_waits_is_newer_than_what_was_answered(family: Family) -> None:
    family.asks("退费多久到账", is_answered=True)
    family.asks("药寄到哪里了", is_answered=False)
    assert family.queue_after_the_button() == "parcels"


def test_the_button_after_an_answer_goes_to_the_queue_of_the_answer(family: Family) -> None:
    family.asks("药寄到哪里了", is_answered=True)
    assert family.queue_after_the_button() == "parcels"


def test_what_was_offered_to_choose_from_is_a_topic_when_most_of_it_is_one(family: Family) -> None:
    desk = family.desk
    visitor = desk.say(family.visitor, "想问一下你们那个").conversation.id
    with desk.write() as work:
        conversation = work.session.get_one(Conversation, visitor)
        for shown, topic in ((["refund"], "退费"), (["parcel", "refund"], None), (["gone"], None), ([], None)):
            assert topic_of_entries(work.session, shown) == topic
        add_turn(work, conversation, shown=["parcel"])
        assert topic_of(work, conversation) == "物流"


def add_turn(work: Work, conversation: Conversation, *, shown: list[str]) -> None:
    """Have the bot have offered these entries."""
    asked = queries.find_last_words(work.session, conversation_id=conversation.id)
    assert asked is not None
    work.session.add(
        BotTurn(
            id=new_id(),
            conversation_id=conversation.id,
            question_id=asked.id,
            outcome="suggest",
            confidence=0.5,
            candidates=[],
            index_version="test",
            memory={"shown": shown},
            at=work.now,
        )
    )
    work.session.flush()


@pytest.mark.parametrize("text", ["火星探测器的轨道倾角", "孩子发烧38度5要吃多少布洛芬", "你好"])
def test_without_a_topic_it_goes_to_the_general_queue(family: Family, text: str) -> None:
    family.asks(text, is_answered=False)
    assert family.queue_after_the_button() == "general"


def test_while_the_index_is_loading_nobody_waits_for_it(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    family.asks("退费多久到账", is_answered=False)
    monkeypatch.setattr(type(family.desk.bot), "is_loaded", False)
    assert family.queue_after_the_button() == "general"


def test_nothing_said_at_all_is_no_topic(family: Family) -> None:
    assert family.queue_after_the_button() == "general"
