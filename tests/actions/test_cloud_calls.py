"""Calls of a cloud call centre become calls and conversations of ours, by whatever way the pushes come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, inspect, select

from caredesk.accounts import presence_queries
from caredesk.actions import closing, cloud_calls
from caredesk.conversations.models import Conversation
from caredesk.patients.models import Guardian
from caredesk.telephony.cloud_events import LOST_AFTER
from caredesk.telephony.cloud_models import CloudCall, CloudPush
from caredesk.telephony.models import Call
from tests.fixtures.desk import DeskForTests
from tests.fixtures.vendor import CALLER, CLASSIC, SECOND_TRANSFER, TRANSFER, cdr, classic, unanswered, written


@pytest.fixture
def agent(desk: DeskForTests) -> str:
    """An agent who is known to the vendor by the login."""
    queue_id = desk.add_queue()
    return desk.add_agent("lin", queues=[queue_id])


@pytest.fixture
def colleague(desk: DeskForTests, agent: str) -> str:
    return desk.add_agent("wu", queues=[])


def push(desk: DeskForTests, body: dict[str, Any], *, provider: str = "seven_moor", pushed_as: str = "") -> None:
    with desk.write() as work:
        action = "cdr" if provider == "tccc" else ""
        cloud_calls.take_push(work, provider=provider, body=body, action=action, pushed_as=pushed_as)


def tell(desk: DeskForTests, *bodies: dict[str, Any]) -> None:
    """Push and look at each before the next comes."""
    for body in bodies:
        push(desk, body)
        desk.run_jobs()


def the_call(desk: DeskForTests) -> Call:
    with desk.read() as session:
        return session.scalars(select(Call)).one()


def the_conversation(desk: DeskForTests) -> Conversation:
    return desk.conversation(the_call(desk).conversation_id)


def is_busy(desk: DeskForTests, staff_id: str) -> bool:
    with desk.read() as session:
        return presence_queries.get_agent_now(session, staff_id=staff_id).presence.exclusive


def count(desk: DeskForTests, row: type) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


# ---- a call while it is on ---------------------------------------------------------------------------------


def test_who_waits_in_the_vendors_queue_is_nobodys_yet(desk: DeskForTests, agent: str) -> None:
    tell(desk, CLASSIC[0])
    assert (count(desk, CloudPush), count(desk, Call)) == (1, 0)


def test_the_agent_who_is_rung_has_the_conversation_and_no_other_call(desk: DeskForTests, agent: str) -> None:
    tell(desk, *CLASSIC[:2])
    call, talk = the_call(desk), the_conversation(desk)
    assert (talk.channel, talk.status, talk.assignee_id) == ("hotline", "active", agent)
    assert (call.phase, call.agent_id, call.engine) == ("ringing", agent, "seven_moor")
    shown = desk.push.of_type("call.changed")[-1].call
    assert (shown.state, shown.caller, shown.agent_name) == ("ringing", "139****0001", "客服lin")
    assert is_busy(desk, agent)


def test_when_another_agent_is_rung_the_first_is_free_again(desk: DeskForTests, agent: str, colleague: str) -> None:
    tell(desk, *CLASSIC[:2], classic("Ringing", RingingDate=written(50), Agent="wu"))
    assert the_conversation(desk).assignee_id == colleague
    assert (is_busy(desk, agent), is_busy(desk, colleague)) == (False, True)


def test_an_answered_call_stays_with_its_agent_for_the_wrap_up(desk: DeskForTests, agent: str) -> None:
    desk.add_option("close_category", "visit")
    desk.add_option("close_outcome", "solved")
    tell(desk, *CLASSIC)
    call, talk = the_call(desk), the_conversation(desk)
    assert (call.phase, call.disposition, call.hung_up_by, call.talk_seconds) == ("ended", "answered", "caller", 60.0)
    assert (talk.status, talk.assignee_id, is_busy(desk, agent)) == ("active", agent, False)
    with desk.write() as work:
        who = desk.as_agent(agent)
        closing.close_conversation(work, conversation_id=talk.id, who=who, category="visit", outcome="solved", note="")
    tell(desk, classic("Unlink", End=written(96)))
    assert (the_conversation(desk).status, the_conversation(desk).close_outcome) == ("closed", "solved")


def test_who_hangs_up_while_it_rings_leaves_no_ghost(desk: DeskForTests, agent: str) -> None:
    tell(desk, *CLASSIC[:2], classic("Hangup", RingingDate=written(30), End=written(45), State="notDeal", Agent="lin"))
    call, talk = the_call(desk), the_conversation(desk)
    assert (call.disposition, call.agent_id, call.holds_agent) == ("abandoned_ring", None, False)
    assert (talk.status, talk.assignee_id, is_busy(desk, agent)) == ("closed", None, False)


def test_a_call_whose_end_never_comes_is_over_in_the_end(desk: DeskForTests, agent: str) -> None:
    tell(desk, *CLASSIC[:3])
    assert is_busy(desk, agent)
    desk.clock.advance(seconds=(LOST_AFTER + timedelta(hours=5)).total_seconds())
    desk.run_jobs()
    assert (the_call(desk).phase, the_call(desk).disposition, is_busy(desk, agent)) == ("ended", "answered", False)


# ---- a record alone ----------------------------------------------------------------------------------------


def test_a_lone_record_makes_a_complete_call_and_conversation(desk: DeskForTests, agent: str) -> None:
    push(desk, cdr(), provider="tccc", pushed_as="push-1")
    desk.run_jobs()
    call, talk = the_call(desk), the_conversation(desk)
    assert (call.engine, call.agent_id, call.disposition, call.talk_seconds) == ("tccc", agent, "answered", 60.0)
    assert (talk.status, talk.assignee_id, talk.created_at) == ("active", agent, call.started_at)
    assert not is_busy(desk, agent)


@pytest.mark.parametrize("status", ["waitingGiveUp", "notWorkTime", "ivrEnd", "blackList"])
def test_a_call_that_nobody_answered_is_closed_with_its_own_times(desk: DeskForTests, agent: str, status: str) -> None:
    push(desk, unanswered(status), provider="tccc", pushed_as="push-1")
    desk.run_jobs()
    call, talk = the_call(desk), the_conversation(desk)
    assert (talk.status, talk.closed_at, talk.close_category) == ("closed", call.ended_at, "")
    assert call.disposition != "answered" and call.agent_id is None


def test_the_vendors_group_is_our_queue_of_the_same_name(desk: DeskForTests, agent: str) -> None:
    queue_id = desk.add_queue("refunds", is_default=False)
    push(desk, cdr(QueuedSkillGroupName="队列refunds"), provider="tccc", pushed_as="push-1")
    desk.run_jobs()
    assert the_conversation(desk).queue_id == queue_id


def test_an_agent_whom_we_do_not_know_leaves_a_closed_conversation(desk: DeskForTests, agent: str) -> None:
    push(desk, cdr(SeatUser={"StaffNumber": "9999"}), provider="tccc", pushed_as="push-1")
    desk.run_jobs()
    assert (the_call(desk).disposition, the_conversation(desk).status) == ("answered", "closed")


def test_a_number_of_one_family_is_theirs_and_of_two_is_nobodys(desk: DeskForTests, agent: str) -> None:
    for name in ("mother", "father"):
        with desk.write() as work:
            work.session.add(Guardian(id=name, external_id=name, name="王某某", phone=CALLER, phone_tail=CALLER[-4:]))
        push(desk, cdr(SessionId=f"call-{name}"), provider="tccc", pushed_as=f"push-{name}")
        desk.run_jobs()
    with desk.read() as session:
        owners = session.scalars(select(Conversation.guardian_id).order_by(Conversation.number)).all()
    assert owners == ["mother", None]


# ---- repeats, order, gaps ----------------------------------------------------------------------------------


def facts_of(desk: DeskForTests) -> tuple[object, ...]:
    call, talk = the_call(desk), the_conversation(desk)
    left_out = {"id", "conversation_id", "version", "state"}
    names = {one.key for one in inspect(Call).column_attrs} - left_out
    columns = {name: getattr(call, name) for name in sorted(names)}
    assert call.state["phase"] == call.phase and call.state["disposition"] == call.disposition
    return (
        columns,
        talk.status,
        talk.assignee_id,
        talk.arrived_at,
        talk.created_at,
        talk.guardian_id,
        talk.queue_id,
        talk.close_category,
    )


def forget_everything(desk: DeskForTests) -> None:
    with desk.write() as work:
        for row in (CloudCall, CloudPush, Call):
            work.session.execute(delete(row))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([*CLASSIC, TRANSFER, SECOND_TRANSFER, *CLASSIC[2:], TRANSFER]), at_once=st.booleans())
def test_any_order_and_any_repeats_end_in_the_same_call(
    desk: DeskForTests, agent: str, colleague: str, order: Sequence[dict[str, Any]], at_once: bool
) -> None:
    tell(desk, *CLASSIC, TRANSFER, SECOND_TRANSFER)
    expected = facts_of(desk)
    forget_everything(desk)
    for body in order:
        push(desk, body)
        if not at_once:
            desk.run_jobs()
    desk.run_jobs()
    assert facts_of(desk) == expected
    assert not is_busy(desk, agent) and not is_busy(desk, colleague)
    forget_everything(desk)


def test_a_part_waits_a_moment_for_what_it_was_before(desk: DeskForTests, agent: str) -> None:
    tell(desk, TRANSFER)
    assert count(desk, Call) == 0
    desk.clock.advance(minutes=1)
    desk.run_jobs()
    assert the_call(desk).talk_seconds == 104.0


def test_what_was_taken_for_two_calls_becomes_one_when_the_link_comes(
    desk: DeskForTests, agent: str, colleague: str
) -> None:
    tell(desk, *CLASSIC, SECOND_TRANSFER)
    desk.clock.advance(minutes=2)
    desk.run_jobs()
    assert count(desk, Call) == 2
    tell(desk, TRANSFER)
    call = the_call(desk)
    assert (call.agent_id, call.talk_seconds, call.hung_up_by) == (agent, 60.0 + 104.0 + 30.0, "caller")
    with desk.read() as session:
        states = sorted(session.scalars(select(Conversation.status)))
    assert states == ["active", "closed"]


def test_the_same_push_again_is_kept_once_and_does_nothing(desk: DeskForTests, agent: str) -> None:
    for _ in range(3):
        push(desk, cdr(), provider="tccc", pushed_as="push-1")
    desk.run_jobs()
    version = the_call(desk).version
    push(desk, cdr(), provider="tccc", pushed_as="push-1")
    assert (desk.run_jobs(), the_call(desk).version, count(desk, CloudPush)) == (0, version, 1)


def test_what_cannot_be_understood_is_kept_and_makes_no_call(desk: DeskForTests, agent: str) -> None:
    push(desk, {"hello": "world"})
    desk.run_jobs()
    assert (count(desk, CloudPush), count(desk, Call)) == (1, 0)


def test_pushes_are_removed_after_their_days_and_the_call_stays(desk: DeskForTests, agent: str) -> None:
    tell(desk, *CLASSIC)
    desk.clock.advance(days=29)
    for expected in (4, 0):
        with desk.write() as work:
            cloud_calls.forget_pushes(work, days=30)
        assert count(desk, CloudPush) == expected
        desk.clock.advance(days=2)
    assert the_call(desk).disposition == "answered"
