"""What a visitor does: write, ask for a person, leave a message, read, rate, end (B18, B21, B23, B44 to B46)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import chat, promises, visits
from caredesk.chatbot.index import FaqEntry
from caredesk.conversations.errors import (
    ConversationNotFound,
    MessageEmpty,
    MessageNotFound,
    MessageTooLong,
    QueueOpen,
)
from caredesk.conversations.models import BotTurn, Entry
from caredesk.core.clock import from_clinic
from caredesk.core.outbox import JobRow
from caredesk.knowledge_base.models import KbEntry
from caredesk.patients.models import Guardian
from tests.fixtures.desk import OFFICE, DeskForTests, bot_over

REFUND = FaqEntry(
    id="refund",
    category="缴费与退费",
    question="退号后费用多久退回",
    similar=("退号的钱什么时候到账", "退费几天能到", "取消挂号多久退款"),
    answer="退号成功后费用按原路退回，一般 1 至 7 个工作日到账。",
)


def teach(desk: DeskForTests, *entries: FaqEntry) -> None:
    """Publish entries and give the bot an index over them."""
    with desk.write() as work:
        for entry in entries:
            work.session.add(
                KbEntry(
                    id=entry.id,
                    category=entry.category,
                    question=entry.question,
                    similar=list(entry.similar),
                    answer=entry.answer,
                    source="《服务指南》",
                    owner="客服中心",
                    state="published",
                    pending="",
                    published_version=1,
                    created_at=work.now,
                    updated_at=work.now,
                )
            )
    desk.bot.bot = bot_over(entries)


def bodies(desk: DeskForTests) -> list[str]:
    return [event.message.body.kind for event in desk.push.of_type("message.created")]


def codes(desk: DeskForTests) -> list[str]:
    found = [event.message.body for event in desk.push.of_type("message.created")]
    return [body.code for body in found if body.kind == "notice"]


def test_the_same_client_key_twice_is_one_message_with_the_same_answer(desk: DeskForTests) -> None:
    visitor = desk.visit().visitor.id
    first = desk.say(visitor, key="one-and-only")
    again = desk.say(visitor, "其他的话", key="one-and-only")
    assert again.entry.id == first.entry.id
    with desk.read() as session:
        assert session.query(Entry).count() == 1


def test_a_known_question_is_answered_with_its_source(desk: DeskForTests) -> None:
    teach(desk, REFUND)
    visitor = desk.visit().visitor.id
    desk.say(visitor, "退号的钱什么时候到账")
    desk.run_jobs()
    answer = desk.push.of_type("message.created")[-1].message.body
    assert (answer.kind, answer.entry_id, answer.source) == ("answer", "refund", "《服务指南》")


def test_a_tapped_question_is_answered_by_its_entry(desk: DeskForTests) -> None:
    teach(desk, REFUND)
    visitor = desk.visit().visitor.id
    with desk.write() as work:
        chat.post_message(
            work,
            visitor_id=visitor,
            client_key=desk.key(),
            content=chat.Words(text="", choice="refund"),
            limit=2000,
        )
    desk.run_jobs()
    assert bodies(desk) == ["text", "answer"]


def test_two_misses_in_a_row_bring_in_a_person(desk: DeskForTests) -> None:
    desk.add_queue()
    visitor = desk.visit().visitor.id
    for _ in range(2):
        written = desk.say(visitor, "火星探测器的轨道倾角")
        desk.run_jobs()
    assert codes(desk) == ["queue.joined"]
    assert desk.conversation(written.conversation.id).handoff_reason == "misses"


def test_a_wish_for_a_person_in_words_joins_the_queue(desk: DeskForTests) -> None:
    desk.add_queue()
    visitor = desk.visit().visitor.id
    written = desk.say(visitor, "我要转人工")
    desk.run_jobs()
    assert desk.conversation(written.conversation.id).status == "waiting"


def ask_in_one_breath(desk: DeskForTests, *texts: str) -> str:
    """Have a visitor write several messages whose first is thought about longest; return the conversation."""
    visitor_id = desk.visit().visitor.id
    written = [desk.say(visitor_id, text) for text in texts]
    with desk.write() as work:
        jobs = work.session.scalars(select(JobRow).where(JobRow.name == "answer_message")).all()
        first = next(job for job in jobs if job.payload["entry_id"] == written[0].entry.id)
        first.due_at = work.now + timedelta(seconds=0.2)
    desk.run_jobs()
    return written[0].conversation.id


def test_a_wish_for_a_person_waits_for_the_answer_before_it_and_reaches_the_queue_of_its_topic(
    desk: DeskForTests,
) -> None:
    teach(desk, REFUND)
    desk.add_queue()
    fees = desk.add_queue("fees", is_default=False, categories=[REFUND.category])
    conversation_id = ask_in_one_breath(desk, REFUND.question, "我要转人工")
    assert desk.conversation(conversation_id).status == "bot"
    desk.clock.advance(seconds=1)
    desk.run_jobs()
    assert desk.conversation(conversation_id).queue_id == fees
    assert bodies(desk) == ["text", "text", "answer", "notice"]


def test_a_red_flag_waits_for_nothing_before_it(desk: DeskForTests) -> None:
    teach(desk, REFUND)
    desk.add_queue()
    ask_in_one_breath(desk, REFUND.question, "孩子抽搐了叫不醒怎么办")
    assert "emergency" in bodies(desk)


def test_what_the_bot_could_not_answer_once_holds_up_nothing_after_it(desk: DeskForTests) -> None:
    desk.add_queue()
    visitor_id = desk.visit().visitor.id
    desk.say(visitor_id, REFUND.question)
    with desk.write() as work:
        failed = work.session.scalars(select(JobRow).where(JobRow.name == "answer_message")).one()
        failed.attempts, failed.due_at = 1, work.now + timedelta(minutes=1)
    conversation_id = desk.say(visitor_id, "我要转人工").conversation.id
    desk.run_jobs()
    assert desk.conversation(conversation_id).status == "waiting"


def test_an_emergency_shows_the_emergency_text_and_goes_first(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    visitor = desk.visit().visitor.id
    written = desk.say(visitor, "孩子抽搐了叫不醒怎么办")
    desk.run_jobs()
    assert "emergency" in bodies(desk)
    conversation = desk.conversation(written.conversation.id)
    assert conversation.flags == ["red_flag"]
    assert conversation.priority > 0
    assert [a.code for a in desk.push.of_type("alert.raised")] == ["red_flag"]
    assert desk.push.of_type("offer.made")[0].staff_id == agent


def test_a_medical_question_is_declined_and_never_answered_from_the_base(desk: DeskForTests) -> None:
    teach(desk, REFUND)
    visitor = desk.visit().visitor.id
    desk.say(visitor, "孩子发烧38度5要吃多少布洛芬")
    desk.run_jobs()
    assert bodies(desk)[-1] == "medical"


def test_outside_hours_the_visitor_hears_when_it_opens_and_leaves_a_message_with_a_promise(
    desk: DeskForTests,
) -> None:
    queue_id = desk.add_queue(hours=OFFICE, message_promise_minutes=30)
    desk.clock.set(from_clinic(desk.clock.now().replace(hour=20, tzinfo=None)))
    visitor = desk.visit().visitor.id
    asked = desk.ask_for_person(visitor)
    assert asked.entry.body["code"] == "queue.closed"
    with desk.write() as work:
        left = chat.leave_message(
            work,
            visitor_id=visitor,
            conversation_id=asked.conversation.id,
            client_key=desk.key(),
            text="请明天回复我退费的事",
            phone="138 0000 0000",
            limit=2000,
        )
    eight_thirty = from_clinic(desk.clock.now().replace(day=24, hour=8, minute=30, tzinfo=None))
    assert left.conversation.status == "message"
    assert left.conversation.promised_at == eight_thirty
    agent = desk.add_agent("lin", queues=[queue_id])
    with desk.write() as work:
        promises.follow_all_queues(work)
    desk.run_jobs()
    assert desk.push.of_type("offer.made") == []
    desk.clock.set(eight_thirty - timedelta(minutes=30))
    desk.run_jobs()
    assert [e.staff_id for e in desk.push.of_type("offer.made")] == [agent]
    assert desk.conversation(left.conversation.id).arrived_at == left.conversation.arrived_at


def test_who_waits_at_closing_time_gets_a_promise(desk: DeskForTests) -> None:
    desk.add_queue(hours=OFFICE)
    desk.clock.set(from_clinic(desk.clock.now().replace(hour=17, minute=59, tzinfo=None)))
    _, conversation_id = desk.waiting_visitor()
    with desk.write() as work:
        promises.follow_all_queues(work)
    desk.run_jobs()
    assert desk.conversation(conversation_id).status == "waiting"
    desk.clock.advance(minutes=2)
    desk.run_jobs()
    conversation = desk.conversation(conversation_id)
    assert conversation.status == "message"
    assert conversation.promised_at is not None
    assert codes(desk)[-1] == "queue.closing"


def test_a_message_cannot_be_left_while_somebody_can_be_asked(desk: DeskForTests) -> None:
    desk.add_queue()
    visitor = desk.visit().visitor.id
    written = desk.say(visitor)
    with pytest.raises(QueueOpen), desk.write() as work:
        chat.leave_message(
            work,
            visitor_id=visitor,
            conversation_id=written.conversation.id,
            client_key=desk.key(),
            text="在吗",
            phone="",
            limit=2000,
        )


@pytest.mark.parametrize(
    ("text", "refusal"), [("   \n\t", MessageEmpty), ("\u202e\u0000", MessageEmpty), ("好" * 2001, MessageTooLong)]
)
def test_empty_and_endless_messages_are_refused_and_open_nothing(
    desk: DeskForTests, text: str, refusal: type[Exception]
) -> None:
    visitor = desk.visit().visitor.id
    with pytest.raises(refusal):
        desk.say(visitor, text)
    with desk.read() as session:
        assert visits.open_conversation_of(session, visitor_id=visitor, now=desk.clock.now()) is None


def test_a_stranger_cannot_reach_into_a_conversation(desk: DeskForTests) -> None:
    written = desk.say(desk.visit().visitor.id)
    stranger = desk.visit().visitor.id
    with pytest.raises(ConversationNotFound), desk.write() as work:
        chat.end_conversation(work, visitor_id=stranger, conversation_id=written.conversation.id)


def test_a_closed_conversation_is_rated_and_the_last_rating_counts(desk: DeskForTests) -> None:
    visitor, _, conversation_id = desk.served_conversation()
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor, conversation_id=conversation_id)
    for score in (2, 5):
        with desk.write() as work:
            chat.rate(
                work, visitor_id=visitor, conversation_id=conversation_id, score=score, reasons=["x"], comment="谢谢"
            )
    assert desk.push.of_type("conversation.changed")[-1].conversation.score == 5


def answered(desk: DeskForTests) -> tuple[str, str]:
    """Have the bot answer a visitor; return the visitor and the answer."""
    teach(desk, REFUND)
    visitor_id = desk.visit().visitor.id
    desk.say(visitor_id, REFUND.question)
    desk.run_jobs()
    message = desk.push.of_type("message.created")[-1].message
    assert message.body.kind == "answer"
    return visitor_id, message.id


def test_feedback_on_an_answer_is_kept_with_the_bots_turn_and_the_last_word_counts(desk: DeskForTests) -> None:
    visitor_id, message_id = answered(desk)
    for helpful in (True, False):
        desk.clock.advance(seconds=5)
        with desk.write() as work:
            chat.give_feedback(work, visitor_id=visitor_id, message_id=message_id, helpful=helpful)
    with desk.read() as session:
        turn = session.scalars(select(BotTurn).where(BotTurn.reply_id == message_id)).one()
    assert (turn.helpful, turn.feedback_at) == (False, desk.clock.now())


def test_nobody_judges_another_visitors_answer_or_what_is_no_answer(desk: DeskForTests) -> None:
    visitor_id, message_id = answered(desk)
    own_words = desk.say(visitor_id, "谢谢").entry.id
    for who, what, error in (
        (desk.visit().visitor.id, message_id, ConversationNotFound),
        (visitor_id, own_words, MessageNotFound),
    ):
        with pytest.raises(error), desk.write() as work:
            chat.give_feedback(work, visitor_id=who, message_id=what, helpful=False)
    with desk.read() as session:
        assert session.scalars(select(BotTurn.helpful).where(BotTurn.reply_id == message_id)).one() is None


def test_writing_again_soon_after_a_close_counts_as_a_reopening_and_prefers_the_same_agent(
    desk: DeskForTests,
) -> None:
    visitor, agent, conversation_id = desk.served_conversation()
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor, conversation_id=conversation_id)
    again = desk.say(visitor, "还有一个问题")
    assert again.conversation.id != conversation_id
    assert again.conversation.reopens_id == conversation_id
    assert desk.conversation(again.conversation.id).preferred_agent_id == agent


def test_events_after_a_number_are_exactly_what_was_missed(desk: DeskForTests) -> None:
    _, _, conversation_id = desk.served_conversation()
    with desk.read() as session:
        conversation = desk.conversation(conversation_id)
        everything = visits.missed_by_patient(session, conversation=conversation, after=0)
        rest = visits.missed_by_patient(session, conversation=conversation, after=2)
    numbers = [event["seq"] for event in everything.events]
    assert numbers == list(range(1, everything.head + 1))
    assert [event["seq"] for event in rest.events] == numbers[2:]


def test_a_family_on_a_shared_device_never_sees_another_familys_conversation(desk: DeskForTests) -> None:
    with desk.write() as work:
        work.session.add_all(
            Guardian(id=f"g{n}", external_id=f"ext-{n}", name="王芳", phone=f"1380000000{n}") for n in (1, 2)
        )
    first = desk.visit(external_id="ext-1").visitor
    desk.say(first.id)
    with desk.write() as work:
        other = visits.open_visit(work, visitor_id=first.id, external_id="ext-2", language="zh")
    assert other.visitor.id != first.id
    assert other.token is not None
