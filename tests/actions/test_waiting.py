"""What waiting alone changes, and the safety net under the events (B10, B13, B18)."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import delete, select

from caredesk.accounts import presence_queries
from caredesk.accounts.presence_queries import Share
from caredesk.actions import policies, sweep
from caredesk.conversations.models import Conversation
from caredesk.core.outbox import JobRow
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import RoutingFault
from caredesk.queue.policy import default_policy
from caredesk.queue.rules import DOCTOR_IN_SESSION
from tests.fixtures.desk import DeskForTests


def follow(desk: DeskForTests, *rules: dict[str, Any]) -> int:
    """Let a policy hold that has these rules in place of the usual ones; return its version."""
    named = {rule["rule"] for rule in rules}
    kept = [rule for rule in default_policy().data()["rules"] if rule["rule"] not in named]
    with desk.write() as work:
        return policies.apply(work, data={"rules": [*kept, *rules]}, note="").version


def offers_of(desk: DeskForTests, staff_id: str) -> list[str]:
    with desk.read() as session:
        return [o.conversation_id for o in queue_queries.list_pending_offers(session, staff_id=staff_id)]


def later(desk: DeskForTests, seconds: int) -> None:
    desk.clock.advance(seconds=seconds)
    desk.run_jobs()


def test_a_ring_that_widens_brings_the_work_to_who_is_less_skilled_without_any_other_event(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()], level=1)
    follow(desk, {"rule": "skill_rings", "rings": [{"after_seconds": 0, "min_level": 3}, {"after_seconds": 30}]})
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    later(desk, 29)
    assert offers_of(desk, agent) == []
    later(desk, 1)
    assert offers_of(desk, agent) == [conversation_id]


def test_a_ring_may_reach_people_of_another_queue(desk: DeskForTests) -> None:
    desk.add_queue()
    neighbour = desk.add_agent("bo", queues=[desk.add_queue("pharmacy", is_default=False)])
    rings = [{"after_seconds": 0}, {"after_seconds": 20, "also_queues": ["pharmacy"]}]
    follow(desk, {"rule": "skill_rings", "queue": "general", "rings": rings})
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    assert offers_of(desk, neighbour) == []
    later(desk, 20)
    assert offers_of(desk, neighbour) == [conversation_id]


def test_work_that_nobody_takes_overflows_at_its_place_and_is_offered_there(desk: DeskForTests) -> None:
    desk.add_queue()
    helping = desk.add_queue("pharmacy", is_default=False)
    agent = desk.add_agent("bo", queues=[helping])
    follow(desk, {"rule": "overflow", "queue": "general", "after_seconds": 60, "to": "pharmacy"})
    _, conversation_id = desk.waiting_visitor()
    arrived_at = desk.conversation(conversation_id).arrived_at
    later(desk, 60)
    conversation = desk.conversation(conversation_id)
    assert (conversation.queue_id, conversation.arrived_at) == (helping, arrived_at)
    assert offers_of(desk, agent) == [conversation_id]


def test_work_does_not_overflow_into_a_closed_queue(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    desk.add_queue("pharmacy", is_default=False, hours={})
    follow(desk, {"rule": "overflow", "queue": "general", "after_seconds": 60, "to": "pharmacy"})
    _, conversation_id = desk.waiting_visitor()
    later(desk, 60)
    assert desk.conversation(conversation_id).queue_id == queue_id


def test_a_wait_past_its_limit_becomes_a_promise_that_is_taken_up_in_time_and_never_promised_again(
    desk: DeskForTests,
) -> None:
    desk.add_queue()
    follow(desk, {"rule": "promise", "after_seconds": 300, "promise_minutes": 30})
    _, conversation_id = desk.waiting_visitor()
    later(desk, 300)
    promised = desk.conversation(conversation_id)
    assert promised.status == "message"
    assert promised.promised_at is not None
    assert (promised.promised_at - desk.clock.now()).total_seconds() == 1800
    later(desk, 1200)
    taken_up = desk.conversation(conversation_id)
    assert (taken_up.status, taken_up.arrived_at) == ("waiting", promised.arrived_at)
    later(desk, 599)
    assert desk.conversation(conversation_id).status == "waiting"
    later(desk, 1)
    assert desk.push.of_type("alert.raised")[-1].code == "promise_due"


def test_a_doctors_request_that_waits_past_its_limit_alerts_the_supervisor_once(desk: DeskForTests) -> None:
    desk.add_queue()
    _, conversation_id = desk.waiting_visitor()
    with desk.write() as work:
        work.session.get_one(Conversation, conversation_id).priority = DOCTOR_IN_SESSION
        work.enqueue("time_line", {"queue_id": desk_queue(desk), "after": ""})
    desk.run_jobs()
    for _ in range(3):
        later(desk, 30)
    alerts = [alert for alert in desk.push.of_type("alert.raised") if alert.code == "waits_too_long"]
    assert [alert.conversation_id for alert in alerts] == [conversation_id]


def desk_queue(desk: DeskForTests) -> str:
    with desk.read() as session:
        return queue_queries.list_queues(session)[0].id


def test_a_change_of_the_policy_reaches_those_who_wait_already(desk: DeskForTests) -> None:
    desk.add_queue()
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    follow(desk, {"rule": "promise", "after_seconds": 300, "promise_minutes": 30})
    desk.run_jobs()
    later(desk, 300)
    assert desk.conversation(conversation_id).status == "message"


# ---- the safety net ------------------------------------------------------------------------------------------


def faults(desk: DeskForTests) -> list[str]:
    with desk.read() as session:
        return list(session.scalars(select(RoutingFault.code)))


def swept(desk: DeskForTests) -> list[str]:
    with desk.write() as work:
        sweep.sweep_queues(work)
    desk.run_jobs()
    return faults(desk)


def test_the_sweep_finds_nothing_where_the_events_did_their_work(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    desk.add_agent("lin", queues=[queue_id], capacity=1)
    for _ in range(3):
        desk.waiting_visitor()
    # A match is still due: that is no fault of anybody.
    assert swept(desk) == []
    assert swept(desk) == []


def test_work_that_was_forgotten_is_matched_and_counted_and_told(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    _, conversation_id = desk.waiting_visitor()
    with desk.write() as work:
        work.session.execute(delete(JobRow).where(JobRow.name == "match_queue"))
    assert swept(desk) == ["match_forgotten"]
    assert offers_of(desk, agent) == [conversation_id]
    assert desk.push.of_type("alert.raised")[-1].code == "sweep_found"


def test_the_finds_of_the_sweep_are_counted_among_the_metrics(desk: DeskForTests, client: FlaskClient) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    assert 'caredesk_routing_faults_total{code="match_forgotten"} 0.0' in client.get("/metrics").text
    desk.waiting_visitor()
    with desk.write() as work:
        work.session.execute(delete(JobRow).where(JobRow.name == "match_queue"))
    swept(desk)
    told = client.get("/metrics").text
    assert 'caredesk_routing_faults_total{code="match_forgotten"} 1.0' in told
    assert "# TYPE caredesk_routing_faults_total counter" in told


def test_a_budget_that_nothing_uses_is_freed_counted_and_given_out(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()], capacity=2)
    with desk.write() as work:
        presence_queries.lock_presence(work.session, staff_id=agent).load = 2
    _, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    assert offers_of(desk, agent) == []
    assert swept(desk) == ["load_left"]
    assert offers_of(desk, agent) == [conversation_id]
    # The offer is something: nobody who has one is freed of it.
    assert swept(desk) == ["load_left"]


def test_what_weighs_more_when_it_is_given_back_leaves_nothing_behind(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    with desk.write() as work:
        assert presence_queries.claim_slot(work.session, staff_id=agent, share=Share(weight=2))
        presence_queries.free_slot(work.session, staff_id=agent, now=work.now, share=Share(weight=3))
        assert presence_queries.lock_presence(work.session, staff_id=agent).load == 0


def test_an_offer_whose_end_was_lost_is_ended_and_counted(desk: DeskForTests) -> None:
    queue_id = desk.add_queue(offer_seconds=20)
    agent = desk.add_agent("lin", queues=[queue_id])
    desk.waiting_visitor()
    desk.run_jobs()
    with desk.write() as work:
        work.session.execute(delete(JobRow).where(JobRow.name == "expire_offer"))
    desk.clock.advance(seconds=31)
    assert swept(desk) == ["offer_overdue"]
    assert offers_of(desk, agent) == []
