"""Taking work out of its order: off by default, with a reason, in a report (B14)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caredesk.accounts import presence_queries
from caredesk.actions import claims, floor_trail, policies
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import Conversation
from caredesk.core.errors import CareDeskError
from caredesk.core.work import Actor
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import AgentNotAvailable, ClaimReasonNeeded, ClaimRefused
from caredesk.queue.schemas import ClaimView
from tests.fixtures.desk import DeskForTests

WHY = "家长来电说孩子明早手术"


def allow(desk: DeskForTests) -> None:
    with desk.write() as work:
        rules = policy_queries.active_policy(work.session).data()["rules"]
        changed = [{**rule, "allowed": True} if rule["rule"] == "claiming" else rule for rule in rules]
        policies.apply(work, data={"rules": changed}, note="")


def claim(desk: DeskForTests, agent: str, conversation_id: str, *, reason: str = WHY) -> Conversation:
    with desk.write(actor=Actor(kind="staff", id=agent, name="客服lin")) as work:
        return claims.claim_work(work, conversation_id=conversation_id, who=desk.as_agent(agent), reason=reason)


def report(desk: DeskForTests) -> list[ClaimView]:
    now = desk.clock.now()
    with desk.read() as session:
        return claims.claims_between(session, since=now - timedelta(days=1), until=now + timedelta(seconds=1))


@pytest.fixture
def line(desk: DeskForTests) -> list[str]:
    """Three who wait in one queue, in order of arrival, before anybody serves it."""
    desk.add_queue()
    waiting = []
    for _ in range(3):
        waiting.append(desk.waiting_visitor()[1])
        desk.clock.advance(seconds=5)
    desk.run_jobs()
    return waiting


@pytest.fixture
def agent(desk: DeskForTests, line: list[str]) -> str:
    """An agent of their queue, at the desk but not ready, so that nobody is offered anything."""
    agent = desk.add_agent("lin", queues=[str(desk.conversation(line[0]).queue_id)], ready=False)
    desk.connect(agent)
    desk.set_state(agent, "busy")
    desk.run_jobs()
    return agent


def test_nobody_takes_work_out_of_order_unless_the_policy_allows_it(
    desk: DeskForTests, line: list[str], agent: str
) -> None:
    with pytest.raises(ClaimRefused):
        claim(desk, agent, line[2])
    assert report(desk) == []
    assert desk.conversation(line[2]).status == "waiting"


def test_what_is_taken_is_owned_told_and_reported_with_the_reason(
    desk: DeskForTests, line: list[str], agent: str
) -> None:
    allow(desk)
    claim(desk, agent, line[2])
    conversation = desk.conversation(line[2])
    assert (conversation.status, conversation.assignee_id) == ("active", agent)
    (one,) = report(desk)
    assert (one.reason, one.passed_over, one.staff_id, one.conversation_number) == (WHY, 2, agent, conversation.number)
    with desk.read() as session:
        assert presence_queries.get_agent_now(session, staff_id=agent).presence.load == 1
        trail = [(done.what, done.reason) for done in floor_trail.last_actions(session)]
    assert trail == [("claimed", WHY)]
    notices = [event.entry.body for event in desk.push.of_type("entry.appended") if event.entry.kind == "notice"]
    assert {"name": "客服lin", "reason": WHY} in [body.fields for body in notices if body.code == "claimed"]


def test_those_who_were_passed_over_keep_their_order(desk: DeskForTests, line: list[str], agent: str) -> None:
    allow(desk)
    claim(desk, agent, line[1])
    desk.set_state(agent, "ready")
    desk.run_jobs()
    with desk.read() as session:
        offers = queue_queries.list_pending_offers(session, staff_id=agent)
    assert {offer.conversation_id for offer in offers} == {line[0], line[2]}


@pytest.mark.parametrize("reason", ["", "   ", "\u200b", "急"])
def test_a_reason_that_says_nothing_changes_nothing(
    desk: DeskForTests, line: list[str], agent: str, reason: str
) -> None:
    allow(desk)
    with pytest.raises(ClaimReasonNeeded):
        claim(desk, agent, line[2], reason=reason)
    assert desk.conversation(line[2]).status == "waiting"


def test_what_is_being_offered_to_a_colleague_cannot_be_taken(desk: DeskForTests, line: list[str], agent: str) -> None:
    allow(desk)
    desk.add_agent("bo", queues=[str(desk.conversation(line[0]).queue_id)], capacity=1)
    desk.run_jobs()
    with pytest.raises(ClaimRefused):
        claim(desk, agent, line[0])


def test_who_is_full_or_serves_another_queue_takes_nothing(desk: DeskForTests, line: list[str], agent: str) -> None:
    allow(desk)
    with desk.write() as work:
        presence_queries.lock_presence(work.session, staff_id=agent).capacity = 0
    with pytest.raises(AgentNotAvailable):
        claim(desk, agent, line[2])
    stranger = desk.add_agent("wu", queues=[desk.add_queue("other")])
    with pytest.raises(ConversationNotFound):
        claim(desk, stranger, line[2])


def test_two_who_take_the_same_work_make_one_owner_and_one_row(desk: DeskForTests, line: list[str], agent: str) -> None:
    allow(desk)
    claim(desk, agent, line[2])
    with pytest.raises(CareDeskError):
        claim(desk, agent, line[2])
    assert len(report(desk)) == 1
