"""Every answer says where it comes from, whose it is and until when it holds; what has ended is not served (B47)."""

from __future__ import annotations

from datetime import date

import pytest

from caredesk.actions import chat, replies, suggestions
from caredesk.chatbot.entries import FaqEntry
from caredesk.conversations import queries
from caredesk.core.clock import clinic_time
from caredesk.knowledge_base.errors import EntryNotServed
from caredesk.knowledge_base.schemas import EntryContent
from tests.actions.test_knowledge import bring
from tests.fixtures.desk import DeskForTests, bot_over

LAST_DAY = date(2026, 11, 23)
REFUND = EntryContent(
    id="refund",
    category="退费",
    question="退费多久到账？",
    similar=("退的钱几天能到",),
    answer="1 至 7 个工作日。",
    source="《退费办法》2026版",
    owner="财务处",
    valid_until=LAST_DAY,
)


@pytest.fixture(autouse=True)
def _base(desk: DeskForTests) -> None:
    """An entry on its last day, and a bot whose index still has it whatever the day."""
    bring(desk, REFUND)
    desk.bot.bot = bot_over([FaqEntry(REFUND.id, REFUND.category, REFUND.question, REFUND.similar, REFUND.answer)])
    assert clinic_time(desk.clock.now()).date() == LAST_DAY


def said(desk: DeskForTests, text: str = REFUND.question) -> list[str]:
    """Ask; return the kinds of what is on the timeline then."""
    conversation_id = desk.say(desk.visit().visitor.id, text).conversation.id
    desk.run_jobs()
    with desk.read() as session:
        entries = queries.list_patient_entries(session, conversation_id=conversation_id)
        return [str(entry.body["kind"]) for entry in entries]


def test_an_answer_says_where_it_comes_from_whose_it_is_and_until_when_it_holds(desk: DeskForTests) -> None:
    assert said(desk)[-1] == "answer"
    body = desk.push.of_type("message.created")[-1].message.body
    assert (body.source, body.owner, body.valid_until) == ("《退费办法》2026版", "财务处", "2026-11-23")


def test_what_has_ended_is_not_served_though_the_index_still_has_it(desk: DeskForTests) -> None:
    desk.clock.advance(hours=24)
    assert "answer" not in said(desk)


def test_what_has_ended_can_be_neither_tapped_nor_sent_nor_suggested(desk: DeskForTests) -> None:
    visitor, agent, conversation_id = desk.served_conversation()
    desk.clock.advance(hours=24)
    content = chat.Words(text="", choice="refund")
    with pytest.raises(EntryNotServed), desk.write() as work:
        chat.post_message(work, visitor_id=visitor, client_key=desk.key(), content=content, limit=500)
    with pytest.raises(EntryNotServed), desk.write() as work:
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(agent),
            client_key=desk.key(),
            says=replies.Says(entry_id="refund"),
            seen_seq=100,
            confirmed=True,
            limit=500,
        )
    at, words = desk.clock.now(), REFUND.question
    with desk.read() as session:
        conversation = queries.get_conversation(session, conversation_id=conversation_id)
        turn = suggestions.ask(session, desk.bot.bot, conversation=conversation, words=words, at=at)
        found = suggestions.suggest(session, desk.bot.bot, conversation=conversation, turn=turn, words=words, at=at)
    assert (turn.outcome, found.shown) == ("answer", ())
