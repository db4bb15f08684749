"""Who may write where: whoever may read a conversation may leave a note in it; replies are the owner's (B32, B63)."""

from __future__ import annotations

import pytest

from caredesk.actions import chat, replies
from caredesk.actions.replies import AsStaff
from caredesk.conversations import queries
from caredesk.conversations.errors import ConversationClosed, ConversationNotFound
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import add_family, conversation_of_family, put_into_queue
from tests.fixtures.statements import noted_statements


@pytest.fixture
def serving(desk: DeskForTests) -> tuple[AsStaff, str]:
    """An agent who serves a family, and an earlier conversation of that family in a queue that is not theirs."""
    general, other = desk.add_queue(), desk.add_queue("other", is_default=False)
    agent = desk.add_agent("lin", queues=[general])
    guardian_id = add_family(desk)
    visitor_id, earlier = conversation_of_family(desk, guardian_id=guardian_id)
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor_id, conversation_id=earlier)
    put_into_queue(desk, earlier, queue_id=other)
    desk.ask_for_person(conversation_of_family(desk, guardian_id=guardian_id)[0])
    desk.run_jobs()
    desk.accept(agent)
    return desk.as_agent(agent), earlier


def note(desk: DeskForTests, conversation_id: str, *, who: AsStaff) -> replies.Said:
    with desk.write() as work:
        return replies.add_note(
            work, conversation_id=conversation_id, who=who, client_key=desk.key(), text="上次已补开处方", limit=2000
        )


def answer(desk: DeskForTests, conversation_id: str, *, who: AsStaff, text: str = "您好") -> None:
    with desk.write() as work:
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=who,
            client_key=desk.key(),
            says=replies.Says(text=text),
            seen_seq=0,
            confirmed=True,
            limit=2000,
        )


def test_who_serves_a_family_may_leave_a_note_on_its_earlier_conversation(
    desk: DeskForTests, serving: tuple[AsStaff, str]
) -> None:
    who, earlier = serving
    said = note(desk, earlier, who=who)
    assert (said.entry.kind, said.entry.patient_seq) == ("note", None)


def test_an_earlier_conversation_that_is_closed_says_so_to_a_reply(
    desk: DeskForTests, serving: tuple[AsStaff, str]
) -> None:
    who, earlier = serving
    with pytest.raises(ConversationClosed):
        answer(desk, earlier, who=who)


def test_for_who_does_not_serve_the_family_it_does_not_exist(desk: DeskForTests, serving: tuple[AsStaff, str]) -> None:
    _, earlier = serving
    stranger = desk.as_agent(desk.add_agent("zhao", queues=[desk.add_queue("third", is_default=False)]))
    with pytest.raises(ConversationNotFound):
        note(desk, earlier, who=stranger)


def test_a_reply_asks_nothing_twice_writes_its_conversation_once_and_drops_the_draft(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    who = desk.as_agent(agent)
    with desk.write() as work:
        replies.save_draft(work, conversation_id=conversation_id, who=who, text="您")
    with noted_statements(desk.services.store) as asked:
        answer(desk, conversation_id, who=who, text="您好，已经寄出")
    looks = [one for one in asked if one.startswith("SELECT")]
    assert looks and len(looks) == len(set(looks))
    assert len([one for one in asked if one.startswith("UPDATE conversation")]) == 1
    with desk.read() as session:
        assert queries.find_draft(session, conversation_id=conversation_id, staff_id=agent) is None


def test_a_talk_keeps_the_time_of_its_first_reply_and_owes_none_any_more(desk: DeskForTests) -> None:
    visitor_id, agent, conversation_id = desk.served_conversation()
    with desk.write() as work:
        chat.post_message(
            work, visitor_id=visitor_id, client_key=desk.key(), content=chat.Words(text="什么时候到"), limit=2000
        )
    first = desk.clock.now()
    for text in ("您好", "明天到"):
        answer(desk, conversation_id, who=desk.as_agent(agent), text=text)
        desk.clock.advance(minutes=5)
    with desk.read() as session:
        conversation = queries.get_conversation(session, conversation_id=conversation_id)
        entries, _ = queries.list_entries_before(session, conversation_id=conversation_id, before=None, limit=2)
    assert conversation.first_reply_at == first
    assert (conversation.waiting_reply_since, conversation.reply_due_at, conversation.unread) == (None, None, 0)
    assert [(one.text, one.staff_seq) for one in entries] == [
        ("您好", conversation.staff_seq - 1),
        ("明天到", conversation.staff_seq),
    ]
