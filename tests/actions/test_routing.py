"""Matching, offers and ownership (B1 to B8, B11, B13)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from caredesk.accounts import presence_queries
from caredesk.accounts.models import Connection
from caredesk.actions import chat, closing, decisions, presence, replies, routing, transfers
from caredesk.core.outbox import JobRow, has_job
from caredesk.core.work import SYSTEM
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import OfferGone
from caredesk.queue.policy import default_policy
from tests.fixtures.desk import MONDAY_MORNING, OFFICE, DeskForTests
from tests.fixtures.statements import noted_statements


def offers_of(desk: DeskForTests, staff_id: str) -> list[str]:
    with desk.read() as session:
        return [o.conversation_id for o in queue_queries.list_pending_offers(session, staff_id=staff_id)]


def test_a_visitor_who_asks_for_a_person_is_offered_to_a_ready_agent(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    assert offers_of(desk, agent) == [conversation_id]
    assert [e.offer.conversation_id for e in desk.push.of_type("offer.made")] == [conversation_id]


def test_an_accepted_offer_makes_the_agent_the_owner_and_tells_both_sides(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    conversation = desk.conversation(conversation_id)
    assert (conversation.status, conversation.assignee_id) == ("active", agent)
    statuses = [e.conversation.status for e in desk.push.of_type("status.changed")]
    assert statuses == ["waiting", "active"]
    assert desk.push.of_type("conversation.changed")[-1].conversation.assignee_id == agent


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_an_answered_offer_leaves_no_job_that_would_end_it(desk: DeskForTests, answer: str) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    desk.waiting_visitor()
    desk.run_jobs()
    with desk.write() as work:
        offer = queue_queries.list_pending_offers(work.session, staff_id=agent)[0]
        key = queue_queries.expiry_key(offer.id)
        assert has_job(work.session, key=key)
        if answer == "accept":
            routing.accept_offer(work, offer_id=offer.id, staff_id=agent)
        else:
            routing.decline_offer(work, offer_id=offer.id, staff_id=agent, reason="")
        assert not has_job(work.session, key=key)


def test_an_agent_who_becomes_ready_gets_the_oldest_without_any_new_arrival(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    _, first = desk.waiting_visitor()
    desk.clock.advance(seconds=5)
    desk.waiting_visitor()
    desk.run_jobs()
    agent = desk.add_agent("lin", queues=[queue_id], capacity=1)
    desk.run_jobs()
    assert offers_of(desk, agent) == [first]


def test_freed_capacity_is_filled_with_the_next_in_line(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    agent = desk.add_agent("lin", queues=[queue_id], capacity=1)
    visitor, first = desk.waiting_visitor()
    desk.run_jobs()
    desk.accept(agent)
    _, second = desk.waiting_visitor()
    desk.run_jobs()
    assert offers_of(desk, agent) == []
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor, conversation_id=first)
    desk.run_jobs()
    assert offers_of(desk, agent) == [second]


def test_a_declined_conversation_keeps_its_place_and_goes_to_somebody_else(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    first = desk.add_agent("an", queues=[queue_id])
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    arrived_at = desk.conversation(conversation_id).arrived_at
    second = desk.add_agent("bo", queues=[queue_id])
    with desk.write() as work:
        offer = queue_queries.list_pending_offers(work.session, staff_id=first)[0]
        routing.decline_offer(work, offer_id=offer.id, staff_id=first, reason="")
    desk.run_jobs()
    assert offers_of(desk, second) == [conversation_id]
    assert desk.conversation(conversation_id).arrived_at == arrived_at


def test_an_unanswered_offer_is_withdrawn_and_offered_again_after_a_pause(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue(offer_seconds=20)])
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    desk.clock.advance(seconds=21)
    desk.run_jobs()
    assert offers_of(desk, agent) == []
    assert desk.push.of_type("offer.ended")[-1].outcome == "timed_out"
    desk.clock.advance(seconds=default_policy().pause.seconds)
    desk.run_jobs()
    assert offers_of(desk, agent) == [conversation_id]


def test_an_agent_who_misses_three_offers_is_set_to_break_and_told(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue(offer_seconds=20)])
    desk.waiting_visitor()
    for _ in range(6):
        desk.run_jobs()
        desk.clock.advance(seconds=31)
    desk.run_jobs()
    alerts = desk.push.of_type("alert.raised")
    # The line is then alone, which the supervisor hears of too.
    assert [a.code for a in alerts] == ["set_to_break", "nobody_ready"]
    assert desk.push.of_type("presence.changed")[-1].agent.state == "break"
    assert desk.push.of_type("presence.changed")[-1].agent.staff_id == agent


def test_nobody_gets_more_than_the_budget(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()], capacity=2)
    for _ in range(4):
        desk.waiting_visitor()
    desk.run_jobs()
    assert len(offers_of(desk, agent)) == 2


def test_an_offer_is_accepted_once_and_only_by_whom_it_was_made_to(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    agent = desk.add_agent("lin", queues=[queue_id])
    desk.waiting_visitor()
    desk.run_jobs()
    other = desk.add_agent("bo", queues=[queue_id])
    with desk.read() as session:
        offer_id = queue_queries.list_pending_offers(session, staff_id=agent)[0].id
    with pytest.raises(OfferGone), desk.write() as work:
        routing.accept_offer(work, offer_id=offer_id, staff_id=other)
    desk.accept(agent)
    with pytest.raises(OfferGone), desk.write() as work:
        routing.accept_offer(work, offer_id=offer_id, staff_id=other)


def test_accepting_again_after_a_lost_answer_is_answered_alike_and_changes_nothing(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    desk.waiting_visitor()
    desk.run_jobs()
    with desk.read() as session:
        offer_id = queue_queries.list_pending_offers(session, staff_id=agent)[0].id
    first = desk.accept(agent)
    desk.push.events.clear()
    with desk.write() as work:
        again = routing.accept_offer(work, offer_id=offer_id, staff_id=agent)
        assert presence_queries.get_agent_now(work.session, staff_id=agent).presence.load == 1
    assert (again.id, again.assignee_id) == (first, agent)
    assert desk.push.events == []


def test_accepting_again_what_has_been_closed_since_is_refused(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    visitor_id, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    with desk.read() as session:
        offer_id = queue_queries.list_pending_offers(session, staff_id=agent)[0].id
    desk.accept(agent)
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)
    with pytest.raises(OfferGone), desk.write() as work:
        routing.accept_offer(work, offer_id=offer_id, staff_id=agent)


def test_declining_again_after_a_lost_answer_changes_nothing(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    desk.waiting_visitor()
    desk.run_jobs()
    with desk.write() as work:
        offer_id = queue_queries.list_pending_offers(work.session, staff_id=agent)[0].id
        routing.decline_offer(work, offer_id=offer_id, staff_id=agent, reason="")
    desk.push.events.clear()
    with desk.write() as work:
        routing.decline_offer(work, offer_id=offer_id, staff_id=agent, reason="")
    assert desk.push.events == []


def test_only_connected_ready_agents_are_asked_and_each_exclusion_is_recorded(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    desk.add_agent("away", queues=[queue_id], ready=False)
    resting = desk.add_agent("resting", queues=[queue_id])
    desk.add_option("break_reason", "lunch")
    desk.set_state(resting, "break", reason="lunch")
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    with desk.read() as session:
        decision = decisions.decisions_of(session, conversation_id=conversation_id)[-1]
    excluded = {c.name: c.excluded for c in decision.candidates}
    assert decision.chosen_staff_id is None
    assert excluded == {"客服away": ["not_connected", "not_ready"], "客服resting": ["not_ready"]}


def test_an_offer_of_an_agent_who_goes_on_break_is_withdrawn_at_once(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    agent = desk.add_agent("an", queues=[queue_id])
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    other = desk.add_agent("bo", queues=[queue_id])
    desk.set_state(agent, "busy")
    desk.run_jobs()
    assert offers_of(desk, agent) == []
    assert offers_of(desk, other) == [conversation_id]


def test_work_of_an_agent_who_stays_away_returns_to_its_place(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    arrived_at = desk.conversation(conversation_id).arrived_at
    with desk.write() as work:
        for connection in work.session.query(Connection).all():
            presence.disconnect(work, sid=connection.sid, grace_seconds=20)
    desk.clock.advance(seconds=21)
    desk.run_jobs()
    assert desk.push.of_type("presence.changed")[-1].agent.state == "offline"
    assert desk.conversation(conversation_id).assignee_id == agent
    desk.clock.advance(seconds=121)
    desk.run_jobs()
    conversation = desk.conversation(conversation_id)
    assert (conversation.status, conversation.assignee_id, conversation.arrived_at) == ("waiting", None, arrived_at)
    other = desk.add_agent("bo", queues=[str(conversation.queue_id)])
    desk.run_jobs()
    assert offers_of(desk, other) == [conversation_id]


def test_load_equals_what_is_held_through_a_whole_life(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    desk.add_option("close_category", "refund")
    desk.add_option("close_outcome", "solved", parent="refund")
    assert desk.push.of_type("presence.changed")[-1].agent.load == 1
    with desk.write(actor=SYSTEM) as work:
        closing.close_conversation(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(agent),
            category="refund",
            outcome="solved",
            note="",
        )
    assert desk.push.of_type("presence.changed")[-1].agent.load == 0
    with desk.write() as work, pytest.raises(replies.ConversationClosed):
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(agent),
            client_key=desk.key(),
            says=replies.Says(text="还在吗"),
            seen_seq=99,
            confirmed=False,
            limit=2000,
        )


# ---- what the agent is shown, and owes -----------------------------------------------------------------------


def asked_and_told_by_the_bot(desk: DeskForTests) -> tuple[str, str, datetime]:
    """Have a visitor ask, the bot speak, and the visitor press the button; return visitor, conversation and when."""
    visitor_id = desk.visit().visitor.id
    desk.say(visitor_id, "孩子的处方在哪里看")
    desk.run_jobs()
    desk.clock.advance(seconds=30)
    conversation_id = desk.ask_for_person(visitor_id).conversation.id
    return visitor_id, conversation_id, desk.clock.now()


def test_an_offer_shows_the_visitors_last_words_not_the_bots(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    asked_and_told_by_the_bot(desk)
    desk.run_jobs()
    assert [event.offer.last_message for event in desk.push.of_type("offer.made")] == ["孩子的处方在哪里看"]


def test_lists_show_the_last_words_of_people(desk: DeskForTests) -> None:
    desk.add_queue()
    _, conversation_id, _ = asked_and_told_by_the_bot(desk)
    conversation = desk.conversation(conversation_id)
    assert (conversation.last_message, conversation.last_message_by) == ("孩子的处方在哪里看", "visitor")


def test_an_offer_of_what_comes_back_shows_the_visitors_words_not_the_last_agents(desk: DeskForTests) -> None:
    visitor_id, agent, conversation_id = desk.served_conversation()
    desk.say(visitor_id, "还没收到药")
    answer(desk, conversation_id, staff_id=agent)
    desk.add_option("transfer_reason", "other")
    queue_id = str(desk.conversation(conversation_id).queue_id)
    to_queue = {"target_kind": "queue", "target_id": queue_id, "reason": "other", "note": ""}
    with desk.write() as work:
        transfers.transfer(work, conversation_id=conversation_id, who=desk.as_agent(agent), **to_queue)
    desk.run_jobs()
    assert desk.push.of_type("offer.made")[-1].offer.last_message == "还没收到药"


def test_who_was_told_something_by_the_bot_only_waits_for_a_person_since_they_asked(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    _, conversation_id, asked_at = asked_and_told_by_the_bot(desk)
    desk.run_jobs()
    desk.clock.advance(seconds=10)
    desk.accept(agent)
    assert desk.conversation(conversation_id).waiting_reply_since == asked_at


def test_the_time_by_which_a_reply_is_owed_leaves_the_night_out_and_goes_with_the_reply(desk: DeskForTests) -> None:
    queue_id = desk.add_queue(hours=OFFICE, service_level_seconds=120)
    visitor_id, conversation_id = desk.waiting_visitor()
    agent = desk.add_agent("lin", queues=[queue_id])
    desk.run_jobs()
    desk.accept(agent)
    answer(desk, conversation_id, staff_id=agent)
    assert desk.conversation(conversation_id).reply_due_at is None
    closing = MONDAY_MORNING + timedelta(hours=8)
    desk.clock.set(closing - timedelta(seconds=30))
    desk.say(visitor_id, "还没收到药")
    assert desk.conversation(conversation_id).reply_due_at == closing + timedelta(hours=14, seconds=90)


def test_of_many_who_write_at_once_each_has_a_clock_and_all_cost_as_few_statements_as_two(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()], capacity=9)
    families = [desk.waiting_visitor() for _ in range(8)]
    desk.run_jobs()
    for _ in families:
        answer(desk, desk.accept(agent), staff_id=agent)
    two, six = ([visitor_id for visitor_id, _ in some] for some in (families[:2], families[2:]))
    assert statements_of(desk, two) == statements_of(desk, six)
    for _, conversation_id in families:
        conversation = desk.conversation(conversation_id)
        assert conversation.waiting_reply_since is not None and conversation.reply_due_at is not None
    with desk.read() as session:
        keys = set(session.scalars(select(JobRow.key).where(JobRow.name == "warn_overdue")))
    assert keys >= {f"overdue:{conversation_id}" for _, conversation_id in families}


def statements_of(desk: DeskForTests, visitor_ids: list[str]) -> int:
    """Have visitors write in one transaction; return how many statements that took."""
    posts = [chat.Post(visitor_id, desk.key(), chat.Words(text="还没收到药")) for visitor_id in visitor_ids]
    with noted_statements(desk.services.store) as sent, desk.write() as work:
        chat.post_messages(work, posts, limit=2000)
    return len(sent)


def test_an_accepted_conversation_that_nobody_answers_raises_the_alert(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue(service_level_seconds=60)])
    _, conversation_id, _ = asked_and_told_by_the_bot(desk)
    desk.run_jobs()
    desk.accept(agent)
    desk.clock.advance(seconds=61)
    desk.run_jobs()
    assert [(a.code, a.conversation_id) for a in desk.push.of_type("alert.raised")] == [
        ("reply_overdue", conversation_id)
    ]


def test_an_accepted_conversation_that_is_answered_in_time_raises_none(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    answer(desk, conversation_id, staff_id=agent)
    desk.clock.advance(seconds=61)
    desk.run_jobs()
    assert desk.push.of_type("alert.raised") == []


def answer(desk: DeskForTests, conversation_id: str, *, staff_id: str) -> None:
    with desk.write() as work:
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(staff_id),
            client_key=desk.key(),
            says=replies.Says(text="我来查一下"),
            seen_seq=99,
            confirmed=True,
            limit=2000,
        )
