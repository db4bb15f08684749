"""The machine's clock is set while families write: order goes by numbers, and nothing waits in the future (B21)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.conversations.models import BotTurn, Entry
from caredesk.core.outbox import JobRow, list_events_after
from caredesk.infra.clock_set_back import bring_jobs_back
from tests.fixtures.desk import DeskForTests

HOUR = timedelta(hours=1)


def clock_is_seen_to_jump(desk: DeskForTests) -> None:
    """Let the lookout see it as often as it needs to believe it."""
    while desk.services.condition.problem_of("clock") != "jumped":
        desk.services.condition.note({"clock": "jumped"}, at=desk.clock.now())


@pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["ahead", "back"])
def test_a_timeline_is_in_the_order_of_writing_wherever_the_clock_goes(desk: DeskForTests, by: timedelta) -> None:
    visitor_id = desk.visit().visitor.id
    keys = [desk.key() for _ in range(3)]
    conversation_id = desk.say(visitor_id, key=keys[0]).conversation.id
    desk.clock.set(desk.clock.now() + by)
    for key in keys[1:]:
        desk.say(visitor_id, key=key)
    with desk.read() as session:
        query = select(Entry.client_key).where(Entry.author_kind == "visitor").order_by(Entry.staff_seq)
        assert list(session.scalars(query)) == keys
        events = list_events_after(session, stream=f"patient:{conversation_id}", after=0, limit=50)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_what_was_asked_while_the_clock_was_ahead_is_answered_once_it_is_right(desk: DeskForTests) -> None:
    desk.clock.advance(hours=1)
    desk.say(desk.visit().visitor.id)
    with desk.write() as work:
        work.enqueue("sweep", {}, due_at=work.now + timedelta(seconds=20), key="a-pause")
        work.enqueue("sweep", {}, due_at=work.now + timedelta(days=1), key="a-time-of-day")
    far = desk.clock.now() + timedelta(days=1)
    desk.clock.set(desk.clock.now() - HOUR)
    bring_jobs_back(desk.services)
    assert answers(desk) == 0
    clock_is_seen_to_jump(desk)
    bring_jobs_back(desk.services)
    with desk.read() as session:
        due = dict(session.execute(select(JobRow.key, JobRow.due_at).where(JobRow.key.like("a-%"))).all())
    assert due == {"a-pause": desk.clock.now() + timedelta(seconds=20), "a-time-of-day": far}
    assert answers(desk) == 1


def answers(desk: DeskForTests) -> int:
    """Run what is due and return how many questions the bot has answered."""
    desk.run_jobs()
    with desk.read() as session:
        return len(session.scalars(select(BotTurn.id)).all())
