"""Calls of our own: whom may be called by whom, and what becomes of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from caredesk.accounts.models import Presence
from caredesk.actions import call_up_contacts, calls_out
from caredesk.actions.calls_out import Whom
from caredesk.actions.number_marks import number_key
from caredesk.assistance import mark_queries
from caredesk.assistance.call_up_rules import read_number
from caredesk.conversations.errors import ConversationNotFound
from caredesk.patients.errors import GuardianNotFound
from caredesk.queue.errors import AgentNotAvailable
from caredesk.telephony.errors import HotlineDown, NobodyToCall, NoPhone, NumberRefused
from caredesk.telephony.models import HeardFact
from tests.fixtures.calls import call_row, phone_of
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine
from tests.fixtures.records import add_family
from tests.fixtures.ward import Ward

NUMBER = "13800002222"


def call_out(desk: DeskForTests, staff_id: str, whom: Whom) -> str:
    with desk.write() as work:
        return calls_out.call_out(work, who=desk.as_agent(staff_id), whom=whom).id


def exclusive(desk: DeskForTests, staff_id: str) -> bool:
    with desk.read() as session:
        return session.get_one(Presence, staff_id).exclusive


def test_a_click_rings_the_own_phone_and_then_theirs(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = call_out(desk, agent, Whom(number=NUMBER))
    assert exclusive(desk, agent)
    engine.work()
    told = engine.last("originate", call_id)
    assert (told["first"], told["number"]) == ({"users": ["w1001"]}, "+8613800002222")
    engine.tell("leg.answered", call_id, leg=told["leg_agent"], user="w1001")
    engine.tell("leg.answered", call_id, leg=told["leg_patient"], user="+8613800002222")
    with desk.read() as session:
        assert {one.fate for one in session.scalars(select(HeardFact))} == {"done"}
        assert NUMBER not in str([one.data for one in session.scalars(select(HeardFact))])
    engine.tell("call.bridged", call_id, leg=told["leg_patient"])
    desk.clock.advance(seconds=30)
    engine.tell("leg.ended", call_id, leg=told["leg_patient"], by="patient")
    engine.end(call_id, by="system")
    assert (call_row(desk, call_id).disposition, call_row(desk, call_id).talk_seconds) == ("answered", 30)
    assert desk.push.of_type("call.changed")[-1].call.state == "wrap_up"


def test_a_call_about_a_conversation_leaves_nothing_to_wrap_up(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    earlier = engine.to_queue(NUMBER)
    engine.answer(earlier)
    engine.end(earlier)
    desk.clock.advance(minutes=2)
    engine.fetch()
    engine.work()
    call_id = call_out(desk, agent, Whom(conversation_id=call_row(desk, earlier).conversation_id))
    engine.work()
    told = engine.last("originate", call_id)
    engine.tell("leg.answered", call_id, leg=told["leg_agent"])
    engine.tell("leg.failed", call_id, leg=told["leg_patient"], reason="busy")
    engine.end(call_id, by="system")
    assert call_row(desk, call_id).disposition == "patient_unreachable"
    assert desk.conversation(call_row(desk, call_id).conversation_id).status == "closed"
    assert not exclusive(desk, agent)


def test_who_wraps_up_can_call_once_more_and_gets_nobody_else_meanwhile(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    first = engine.to_queue(NUMBER)
    engine.answer(first)
    engine.end(first)
    talk = call_row(desk, first).conversation_id
    again = call_out(desk, agent, Whom(conversation_id=talk))
    engine.work()
    told = engine.last("originate", again)
    engine.tell("leg.answered", again, leg=told["leg_agent"])
    engine.tell("call.bridged", again, leg=told["leg_patient"])
    desk.clock.advance(minutes=2)
    engine.fetch()
    engine.work()
    assert exclusive(desk, agent), "the time to wrap up does not run out during a talk"
    engine.end(again)
    assert desk.conversation(call_row(desk, again).conversation_id).status == "closed"
    assert exclusive(desk, agent), "the first talk is still theirs to close"
    desk.clock.advance(minutes=1)
    engine.work()
    assert not exclusive(desk, agent)


def test_the_ladders_telephone_step_calls_who_acts_for_the_child_and_nobody_else(
    desk: DeskForTests, engine: FakeEngine
) -> None:
    ward = Ward(desk, engine.client)
    request = ward.call()["id"]
    assistant = desk.add_agent("zhao", queues=[ward.queue])
    engine.give_phone(assistant)
    with pytest.raises(NobodyToCall):
        call_out(desk, assistant, Whom(request_id=request, guardian_id=add_family(desk)))
    stranger = desk.add_agent("wang", queues=[])
    engine.give_phone(stranger)
    with pytest.raises(ConversationNotFound):
        call_out(desk, stranger, Whom(request_id=request))
    call_id = call_out(desk, assistant, Whom(request_id=request))
    engine.work()
    assert call_row(desk, call_id).request_id == request
    assert engine.last("originate", call_id)["number"].endswith(phone_of(desk, ward.family)[-8:])
    engine.tell("leg.failed", call_id, leg=f"{call_id}-1", reason="declined")
    engine.end(call_id, by="system")
    assert call_row(desk, call_id).disposition == "failed"
    assert not exclusive(desk, assistant)


@pytest.mark.parametrize(("number", "why"), [("12", "unreadable"), ("abc", "unreadable")])
def test_what_is_no_number_is_not_called(
    desk: DeskForTests, engine: FakeEngine, agent: str, number: str, why: str
) -> None:
    with pytest.raises(NumberRefused) as refused:
        call_out(desk, agent, Whom(number=number))
    assert refused.value.fields == {"why": why}
    assert not exclusive(desk, agent)


def test_a_number_that_was_marked_wrong_is_not_called(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    family = add_family(desk)
    with desk.write() as work:
        key = number_key(work.session, read_number(NUMBER).e164)
        mark_queries.mark_wrong(work.session, number_key=key, guardian_id=family, by_id=agent, now=work.now)
    with pytest.raises(NumberRefused):
        call_out(desk, agent, Whom(number=NUMBER))


def test_a_guardian_who_wants_no_calls_is_not_called(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    guardian = add_family(desk)
    talk = engine.to_queue(phone_of(desk, guardian))
    engine.end(talk)
    with desk.write() as work:
        call_up_contacts.note_consent(work, guardian_id=guardian, channel="telephone", given=False, by="x")
    with pytest.raises(NumberRefused) as refused:
        call_out(desk, agent, Whom(guardian_id=guardian))
    assert refused.value.fields == {"why": "not_allowed"}


def test_a_family_that_one_has_nothing_to_do_with_does_not_exist(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    with pytest.raises(GuardianNotFound):
        call_out(desk, agent, Whom(guardian_id=add_family(desk)))


def test_without_phone_engine_place_or_name_nobody_is_called(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    other = desk.add_agent("wang", queues=[])
    with pytest.raises(NoPhone):
        call_out(desk, other, Whom(number=NUMBER))
    with pytest.raises(NobodyToCall):
        call_out(desk, agent, Whom())
    call_out(desk, agent, Whom(number=NUMBER))
    with pytest.raises(AgentNotAvailable):
        call_out(desk, agent, Whom(number=NUMBER))
    desk.clock.advance(minutes=5)
    with pytest.raises(HotlineDown):
        call_out(desk, other, Whom(number=NUMBER))
