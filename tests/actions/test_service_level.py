"""Today's service level: how many were taken by a person, and how many of them in time."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from caredesk.actions import chat, handoff, promises, transfers
from caredesk.actions.desk import ServiceToday, service_today
from caredesk.actions.floor_figures import contacts_today
from caredesk.actions.floor_views import floor_view
from caredesk.actions.metrics import list_figures
from caredesk.conversations import contact_queries, queries
from caredesk.conversations.models import Conversation, Visitor
from caredesk.conversations.wait_queries import LineTally, tally_line
from caredesk.floor.figures import service_level
from caredesk.sandbox.queries import list_recorded
from tests.fixtures.desk import MONDAY_MORNING, OFFICE, DeskForTests

LEVEL = 60


def taken(desk: DeskForTests, *, after: float) -> tuple[str, str]:
    """Have a visitor be taken so many seconds after asking for a person; return agent and conversation."""
    queue_id = desk.add_queue(service_level_seconds=LEVEL)
    _, conversation_id = desk.waiting_visitor()
    desk.clock.advance(seconds=after)
    agent = desk.add_agent("lin", queues=[queue_id])
    desk.run_jobs()
    desk.accept(agent)
    return agent, conversation_id


def test_the_wall_the_bar_and_the_metrics_tell_the_same_number(desk: DeskForTests) -> None:
    taken(desk, after=LEVEL + 1)
    desk.add_queue("assistant", is_default=False, kind="assistant")
    with desk.read() as session:
        wall = floor_view(session, staff_id="nobody", now=desk.clock.now()).figures.service_level
        told = {one.name: one.values for one in list_figures(session, now=desk.clock.now())}
    assert (wall.whole, wall.part) == (1, 0)
    assert today(desk) == ServiceToday(answered=1, in_time=0)
    assert (told["caredesk_answered_today"], told["caredesk_answered_in_time_today"]) == ([((), 1)], [((), 0)])


def today(desk: DeskForTests) -> ServiceToday:
    with desk.read() as session:
        return service_today(session, now=desk.clock.now())


def test_who_is_taken_within_the_level_is_in_time(desk: DeskForTests) -> None:
    taken(desk, after=LEVEL - 1)
    assert today(desk) == ServiceToday(answered=1, in_time=1)


def test_who_is_taken_late_is_not(desk: DeskForTests) -> None:
    taken(desk, after=LEVEL + 1)
    assert today(desk) == ServiceToday(answered=1, in_time=0)


def test_a_later_transfer_does_not_make_it_late(desk: DeskForTests) -> None:
    agent, conversation_id = taken(desk, after=1)
    other = desk.add_agent("mei", queues=[str(desk.conversation(conversation_id).queue_id)])
    desk.add_option("transfer_reason", "other")
    desk.clock.advance(seconds=10 * LEVEL)
    with desk.write() as work:
        transfers.transfer(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(agent),
            target_kind="agent",
            target_id=other,
            reason="other",
            note="",
        )
    assert today(desk) == ServiceToday(answered=1, in_time=1)


def test_coming_back_and_being_taken_again_does_not_make_it_late(desk: DeskForTests) -> None:
    agent, conversation_id = taken(desk, after=1)
    desk.clock.advance(seconds=10 * LEVEL)
    with desk.write() as work:
        handoff.return_to_queue(work, queries.lock_conversation(work.session, conversation_id=conversation_id))
    desk.run_jobs()
    desk.accept(agent)
    assert today(desk) == ServiceToday(answered=1, in_time=1)


def test_what_was_closed_today_counts_and_yesterday_does_not(desk: DeskForTests) -> None:
    _, conversation_id = taken(desk, after=1)
    visitor_id = desk.conversation(conversation_id).visitor_id
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)
    assert today(desk) == ServiceToday(answered=1, in_time=1)
    desk.clock.advance(days=1)
    assert today(desk) == ServiceToday(answered=0, in_time=0)


def test_a_message_left_at_night_waits_from_when_the_desk_opens(desk: DeskForTests) -> None:
    opening, agent = left_at_night(desk)
    desk.clock.advance(seconds=LEVEL - 1)
    desk.accept(agent)
    assert today(desk) == ServiceToday(answered=1, in_time=1)
    with desk.read() as session:
        day = {"since": MONDAY_MORNING - timedelta(days=1), "until": opening}
        contacts = contact_queries.list_contacts(session, **day)
        recorded = list_recorded(session, **day, now=desk.clock.now())
    assert [one.promised for one in contacts] == [True]
    assert [(one.ended, one.waited_seconds) for one in recorded] == [("otherwise", 0)]


def left_at_night(desk: DeskForTests) -> tuple[datetime, str]:
    """Have a visitor be put off until the morning and an agent be offered them then; return when, and the agent."""
    queue_id = desk.add_queue(hours=OFFICE, service_level_seconds=LEVEL)
    desk.waiting_visitor()
    desk.clock.advance(hours=8, minutes=1)
    desk.run_jobs()
    with desk.write() as work:
        promises.follow_clinic(work, queue_id=queue_id)
    opening = MONDAY_MORNING + timedelta(hours=22)
    desk.clock.set(opening)
    agent = desk.add_agent("lin", queues=[queue_id], ready=True)
    with desk.write() as work:
        promises.follow_clinic(work, queue_id=queue_id)
    desk.run_jobs()
    return opening, agent


def test_what_the_store_counts_is_what_the_figures_definition_counts(desk: DeskForTests) -> None:
    draw, now = random.Random(7), desk.clock.now()
    queues = [desk.add_queue(f"q{n}", is_default=not n, service_level_seconds=30 * (n + 1)) for n in range(2)]
    desk.add_queue("assistant", is_default=False, kind="assistant")
    with desk.write() as work:
        visitors = [Visitor(id=f"v{n}", token_hash=f"{n}", created_at=now, last_seen_at=now) for n in range(400)]
        work.session.add_all(visitors)
        work.session.flush()
        work.session.add_all(some_contact(draw, number=number, queues=queues, now=now) for number in range(400))
    with desk.read() as session:
        parents = [one for one in contacts_today(session, now=now) if one.queue_id in queues]
        counted = service_level(parents)
        line = tally_line(session, queue_id=queues[0], now=now, limit=SLOW, pauses=[SLOW, 10 * SLOW])
    assert counted.whole > counted.part > 20
    assert today(desk) == ServiceToday(answered=counted.whole, in_time=counted.part)
    since = [one.arrived_at for one in parents if one.waiting and one.queue_id == queues[0]]
    late = sum(now - at > SLOW for at in since)
    moments = [at + pause for at in since for pause in (SLOW, 10 * SLOW) if at + pause >= now]
    assert line == LineTally(waiting=len(since), since=min(since), late_already=late, next_moment=min(moments))
    assert len(since) > late > 0


SLOW = timedelta(seconds=120)


def some_contact(draw: random.Random, *, number: int, queues: list[str], now: datetime) -> Conversation:
    """Return a contact of yesterday or today that waits, was put off, was taken or left, once or twice."""
    arrived = now - timedelta(seconds=draw.randrange(26 * 3600 if draw.random() < 0.5 else 1800))
    taken = arrived + timedelta(seconds=draw.randrange(240)) if draw.random() < 0.7 else None
    status = draw.choice(["closed", "closed", "waiting", "message", "bot"])
    return Conversation(
        id=f"c{number}",
        number=str(number),
        visitor_id=f"v{number}",
        queue_id=draw.choice(queues),
        status=status,
        arrived_at=draw.choice([arrived, arrived, arrived, None]),
        promised_at=draw.choice([None, None, arrived + SLOW]),
        waiting_since=draw.choice([None, arrived + SLOW]),
        waited_from=draw.choice([None, None, arrived]),
        assigned_at=taken,
        closed_at=(taken or arrived) + SLOW if status == "closed" else None,
        created_at=arrived,
        flags=[],
    )
