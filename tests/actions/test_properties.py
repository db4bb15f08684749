"""Properties that must hold whatever happens in whatever order (B3, B5, B6, B21, B23)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from caredesk.accounts.models import Presence
from caredesk.actions import chat, matching, routing
from caredesk.conversations.models import Conversation, Entry
from caredesk.core.errors import CareDeskError
from caredesk.core.outbox import EventRow
from caredesk.queue.models import Offer
from tests.fixtures.desk import DeskForTests

# One database serves all examples of a test: each example adds its own people, so they cannot disturb each other.
ON_ONE_DESK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)

STEPS = st.lists(st.sampled_from(["arrive", "urgent", "accept", "decline", "expire", "close", "pause"]), max_size=25)


@given(steps=STEPS)
@ON_ONE_DESK
def test_offers_keep_the_order_of_arrival_within_a_class_and_the_budget_holds(
    desk: DeskForTests, steps: list[str]
) -> None:
    name = f"q{next(desk.numbers)}"
    queue_id = desk.add_queue(name, is_default=True, position=-next(desk.numbers), offer_seconds=20)
    agents = [desk.add_agent(f"{name}-{n}", queues=[queue_id], capacity=2) for n in range(2)]
    for step in steps:
        take_step(desk, step, queue_id=queue_id, agents=agents)
        desk.clock.advance(seconds=1)
        check_first_offers_follow_arrival(desk, queue_id=queue_id)
        check_load(desk, agents=agents)


def take_step(desk: DeskForTests, step: str, *, queue_id: str, agents: list[str]) -> None:
    if step in ("arrive", "urgent"):
        _, conversation_id = desk.waiting_visitor()
        with desk.write() as work:
            conversation = work.session.get_one(Conversation, conversation_id)
            conversation.priority = 10 if step == "urgent" else 0
    elif step == "expire":
        desk.clock.advance(seconds=21)
    elif step == "pause":
        desk.clock.advance(seconds=31)
    elif step == "close":
        close_one(desk, queue_id=queue_id)
    else:
        answer_one(desk, step, agents=agents)
    desk.run_jobs()
    for agent in agents:
        # Missed offers set agents to break; here they come back at once.
        desk.set_state(agent, "ready")
    desk.run_jobs()


def answer_one(desk: DeskForTests, step: str, *, agents: list[str]) -> None:
    with desk.write() as work:
        query = select(Offer).where(Offer.state == "pending", Offer.staff_id.in_(agents)).order_by(Offer.made_at)
        offer = work.session.scalars(query).first()
        if offer is None:
            return
        if step == "accept":
            routing.accept_offer(work, offer_id=offer.id, staff_id=offer.staff_id)
        else:
            routing.decline_offer(work, offer_id=offer.id, staff_id=offer.staff_id, reason="")


def close_one(desk: DeskForTests, *, queue_id: str) -> None:
    with desk.write() as work:
        query = select(Conversation).where(Conversation.queue_id == queue_id, Conversation.status != "closed")
        found = work.session.scalars(query.order_by(Conversation.id)).first()
        if found is not None:
            chat.end_conversation(work, visitor_id=found.visitor_id, conversation_id=found.id)


def check_first_offers_follow_arrival(desk: DeskForTests, *, queue_id: str) -> None:
    """Nobody is offered for the first time while somebody of the same class who came earlier still waits unoffered."""
    with desk.read() as session:
        offered = set(session.scalars(select(Offer.conversation_id).where(Offer.queue_id == queue_id)))
        rows = session.scalars(select(Conversation).where(Conversation.queue_id == queue_id)).all()
    first_offered = {c.id for c in rows if c.id in offered}
    unoffered = [c for c in rows if c.status == "waiting" and c.id not in offered]
    for waiting in unoffered:
        later = [
            c
            for c in rows
            if c.id in first_offered
            and c.priority == waiting.priority
            and (c.arrived_at, c.id) > (waiting.arrived_at, waiting.id)  # type: ignore[operator]
        ]
        assert later == []


def check_load(desk: DeskForTests, *, agents: list[str]) -> None:
    """Load is what is held plus what is offered, and never more than the budget."""
    with desk.read() as session:
        for agent in agents:
            held = session.scalar(select(func.count()).where(Conversation.assignee_id == agent)) or 0
            offered = session.scalar(select(func.count()).where(Offer.staff_id == agent, Offer.state == "pending")) or 0
            presence = session.get_one(Presence, agent)
            assert presence.load == held + offered <= presence.capacity


def test_a_hundred_accepts_at_once_make_one_owner_and_keep_the_budget(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    agent = desk.add_agent("lin", queues=[queue_id], capacity=3)
    for _ in range(6):
        desk.waiting_visitor()
    desk.run_jobs()
    with desk.read() as session:
        offers = session.scalars(select(Offer.id).where(Offer.state == "pending")).all()

    def accept(number: int) -> bool:
        try:
            with desk.write() as work:
                routing.accept_offer(work, offer_id=offers[number % len(offers)], staff_id=agent)
        except CareDeskError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        accepted = list(pool.map(accept, range(100)))
    # Each is told that it has the conversation, and only the first of them has changed anything.
    assert all(accepted)
    taken = [event.offer_id for event in desk.push.of_type("offer.ended") if event.outcome == "accepted"]
    assert sorted(taken) == sorted(offers)
    assert len(offers) == 3
    desk.run_jobs()
    check_load(desk, agents=[agent])


def test_matches_at_the_same_time_offer_each_conversation_once(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    for number in range(3):
        desk.add_agent(f"a{number}", queues=[queue_id], capacity=2)
    for _ in range(10):
        desk.waiting_visitor()

    def match(_: int) -> None:
        with desk.write() as work:
            matching.match_queue(work, queue_id=queue_id, trigger="test")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(match, range(16)))
    with desk.read() as session:
        pending = session.scalars(select(Offer.conversation_id).where(Offer.state == "pending")).all()
    assert len(pending) == len(set(pending)) == 6


def test_one_key_sent_by_many_threads_is_one_message_with_one_number(desk: DeskForTests) -> None:
    visitor = desk.visit().visitor.id
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda _: desk.say(visitor, key="the-same-key").entry.id, range(24)))
    assert len(set(written)) == 1
    with desk.read() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 1


def test_numbers_of_both_streams_have_no_gap_under_concurrent_writers(desk: DeskForTests) -> None:
    visitor, _, conversation_id = desk.served_conversation()

    def write_something(number: int) -> None:
        if number % 3:
            desk.say(visitor, f"第 {number} 句")
        else:
            with desk.write() as work:
                chat.mark_read(work, visitor_id=visitor, conversation_id=conversation_id, up_to=1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_something, range(60)))
    desk.run_jobs()
    conversation = desk.conversation(conversation_id)
    with desk.read() as session:
        for stream, head in (("patient", conversation.patient_seq), ("staff", conversation.staff_seq)):
            query = select(EventRow.seq).where(EventRow.stream == f"{stream}:{conversation_id}").order_by(EventRow.seq)
            assert session.scalars(query).all() == list(range(1, head + 1))


@given(texts=st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=8), repeats=st.integers(1, 3))
@ON_ONE_DESK
def test_resending_changes_nothing_whatever_was_written(desk: DeskForTests, texts: list[str], repeats: int) -> None:
    visitor = desk.visit().visitor.id
    first = [say_or_refusal(desk, visitor, text, key=f"{visitor}-{n}") for n, text in enumerate(texts)]
    for _ in range(repeats):
        again = [say_or_refusal(desk, visitor, text, key=f"{visitor}-{n}") for n, text in enumerate(texts)]
        assert again == first


def say_or_refusal(desk: DeskForTests, visitor: str, text: str, *, key: str) -> str:
    try:
        return desk.say(visitor, text, key=key).entry.id
    except CareDeskError as refusal:
        return refusal.code


@pytest.mark.parametrize("state", ["busy", "offline"])
def test_no_slot_is_lost_when_an_agent_leaves_with_open_offers(desk: DeskForTests, state: str) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()], capacity=3)
    for _ in range(3):
        desk.waiting_visitor()
    desk.run_jobs()
    desk.set_state(agent, state)
    desk.run_jobs()
    check_load(desk, agents=[agent])
