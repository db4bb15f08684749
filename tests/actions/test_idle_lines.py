"""What a line costs in which nobody waits, and whoever joins one: most matches of a calm day find nobody."""

from __future__ import annotations

from sqlalchemy import func, select

from caredesk.core.outbox import has_job
from caredesk.queue.models import RoutingSnapshot
from tests.fixtures.desk import DeskForTests
from tests.fixtures.statements import noted_statements

ABILITIES = "FROM agent_ability"
"""Only a match asks for these: it reads whom it may choose."""


def test_a_match_in_which_nobody_waits_chooses_among_nobody_and_tells_how_the_queue_stands(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    for login in ("lin", "zhou"):
        desk.add_agent(login, queues=[queue_id])
    desk.push.events.clear()
    with noted_statements(desk.services.store) as asked:
        desk.run_jobs()
    assert not any(ABILITIES in one for one in asked)
    told = desk.push.of_type("queue.changed")[-1].queue
    assert (told.waiting, told.longest_wait_since, told.ready_agents) == (0, None, 2)
    with desk.read() as session:
        assert session.scalar(select(func.count()).select_from(RoutingSnapshot)) == 0


def test_a_match_in_which_somebody_waits_reads_whom_it_may_choose(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    desk.waiting_visitor()
    with noted_statements(desk.services.store) as asked:
        desk.run_jobs()
    assert any(ABILITIES in one for one in asked)


def test_only_agents_who_are_ready_and_there_are_told_as_ready(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    for login in ("lin", "zhou"):
        desk.add_agent(login, queues=[queue_id])
    away = desk.add_agent("chen", queues=[queue_id], ready=False)
    desk.connect(away)
    elsewhere = desk.add_queue("prescription", is_default=False)
    desk.add_agent("wang", queues=[elsewhere])
    desk.run_jobs()
    last = {event.queue.id: event.queue.ready_agents for event in desk.push.of_type("queue.changed")}
    assert last == {queue_id: 2, elsewhere: 1}


def test_places_are_told_where_somebody_waits_and_not_where_nobody_does(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    desk.add_agent("lin", queues=[queue_id])
    desk.run_jobs()
    with desk.read() as session:
        assert not has_job(session, key=f"places:{queue_id}")
    desk.waiting_visitor()
    desk.run_jobs()
    with desk.read() as session:
        assert has_job(session, key=f"places:{queue_id}")


def test_who_joins_a_line_has_their_wait_reckoned_once_and_is_told_what_is_kept(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    visitor_id = desk.visit().visitor.id
    with noted_statements(desk.services.store) as asked:
        conversation = desk.ask_for_person(visitor_id).conversation
    handling = [one for one in asked if "SELECT conversation.assigned_at, conversation.closed_at" in one]
    assert len(handling) == 1
    (told,) = desk.push.of_type("status.changed")
    assert told.conversation.id == conversation.id
    assert told.conversation.wait.position == 1
