"""Calls of our own, and what the screen pop tells: whom may be called by whom, and what becomes of it (B51)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from caredesk.accounts.models import Presence
from caredesk.actions import accounts, call_phones, call_up_contacts, calls_out
from caredesk.actions.call_callers_known import caller_of
from caredesk.actions.calls_out import Whom
from caredesk.application import create_app
from caredesk.assistance import call_up_queries
from caredesk.assistance.call_up_rules import read_number
from caredesk.conversations.errors import ConversationNotFound
from caredesk.edge.services import HookSecrets, Services
from caredesk.patients.errors import GuardianNotFound
from caredesk.patients.models import Guardian
from caredesk.queue.errors import AgentNotAvailable
from caredesk.telephony.errors import HotlineDown, NobodyToCall, NoPhone, NumberRefused
from caredesk.telephony.models import Call, HeardFact
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import SECRET, FakeEngine
from tests.fixtures.records import add_family
from tests.fixtures.ward import Ward

NUMBER = "13800002222"


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, hooks=HookSecrets(hotline=SECRET))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services).test_client()


@pytest.fixture
def engine(desk: DeskForTests, client: FlaskClient) -> FakeEngine:
    started = FakeEngine(desk, client)
    started.start()
    return started


@pytest.fixture
def agent(desk: DeskForTests, engine: FakeEngine) -> str:
    staff_id = desk.add_agent("lin", queues=[desk.add_queue()])
    engine.give_phone(staff_id)
    return staff_id


def call_out(desk: DeskForTests, staff_id: str, whom: Whom) -> str:
    with desk.write() as work:
        return calls_out.call_out(work, who=desk.as_agent(staff_id), whom=whom).id


def row(desk: DeskForTests, call_id: str) -> Call:
    with desk.read() as session:
        return session.get_one(Call, call_id)


def exclusive(desk: DeskForTests, staff_id: str) -> bool:
    with desk.read() as session:
        return session.get_one(Presence, staff_id).exclusive


def phone_of(desk: DeskForTests, guardian_id: str) -> str:
    with desk.read() as session:
        return session.get_one(Guardian, guardian_id).phone


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
    assert (row(desk, call_id).disposition, row(desk, call_id).talk_seconds) == ("answered", 30)
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
    call_id = call_out(desk, agent, Whom(conversation_id=row(desk, earlier).conversation_id))
    engine.work()
    told = engine.last("originate", call_id)
    engine.tell("leg.answered", call_id, leg=told["leg_agent"])
    engine.tell("leg.failed", call_id, leg=told["leg_patient"], reason="busy")
    engine.end(call_id, by="system")
    assert row(desk, call_id).disposition == "patient_unreachable"
    assert desk.conversation(row(desk, call_id).conversation_id).status == "closed"
    assert not exclusive(desk, agent)


def test_who_wraps_up_can_call_once_more_and_gets_nobody_else_meanwhile(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    first = engine.to_queue(NUMBER)
    engine.answer(first)
    engine.end(first)
    talk = row(desk, first).conversation_id
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
    assert desk.conversation(row(desk, again).conversation_id).status == "closed"
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
    assert row(desk, call_id).request_id == request
    assert engine.last("originate", call_id)["number"].endswith(phone_of(desk, ward.family)[-8:])
    engine.tell("leg.failed", call_id, leg=f"{call_id}-1", reason="declined")
    engine.end(call_id, by="system")
    assert row(desk, call_id).disposition == "failed"
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
    key = call_up_contacts.number_key(read_number(NUMBER).e164)
    with desk.write() as work:
        call_up_queries.mark_wrong(work.session, number_key=key, guardian_id=family, by_id=agent, now=work.now)
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


# ---- who calls -------------------------------------------------------------------------------------------


def test_b51_a_known_caller_is_shown_masked_before_the_answer(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    guardian = add_family(desk)
    number = phone_of(desk, guardian)
    call_id = engine.to_queue(number)
    with desk.read() as session:
        known = caller_of(
            session, conversation_id=row(desk, call_id).conversation_id, who=desk.as_agent(agent), now=desk.clock.now()
        )
    assert known.family is not None
    assert known.family.guardian.id == guardian
    assert number not in str(known)
    assert known.maybe == []


def test_b51_a_number_of_two_guardians_is_nobodys_for_certain(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    first, second = add_family(desk), add_family(desk)
    with desk.write() as work:
        one, other = (work.session.get_one(Guardian, id) for id in (first, second))
        other.phone, other.phone_tail = one.phone, one.phone_tail
    call_id = engine.to_queue(phone_of(desk, first))
    with desk.read() as session:
        known = caller_of(
            session, conversation_id=row(desk, call_id).conversation_id, who=desk.as_agent(agent), now=desk.clock.now()
        )
    assert known.family is None
    assert {one.guardian_id for one in known.maybe} == {first, second}
    assert desk.conversation(row(desk, call_id).conversation_id).guardian_id is None


@pytest.mark.parametrize("caller", ["", "anonymous", "sip:x@y", "+" * 60, "1" * 60])
def test_b51_an_unknown_caller_is_nobody(desk: DeskForTests, engine: FakeEngine, agent: str, caller: str) -> None:
    call_id = engine.to_queue(caller)
    with desk.read() as session:
        known = caller_of(
            session, conversation_id=row(desk, call_id).conversation_id, who=desk.as_agent(agent), now=desk.clock.now()
        )
    assert (known.number, known.family, known.maybe, known.earlier) == ("", None, [], [])


def test_earlier_calls_of_the_number_are_told(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    first = engine.to_queue(NUMBER)
    engine.end(first)
    desk.clock.advance(minutes=1)
    engine.fetch()
    second = engine.to_queue(NUMBER)
    with desk.read() as session:
        known = caller_of(
            session, conversation_id=row(desk, second).conversation_id, who=desk.as_agent(agent), now=desk.clock.now()
        )
    assert [(one.conversation_id, one.disposition) for one in known.earlier] == [
        (row(desk, first).conversation_id, "abandoned_ring")
    ]


def test_strangers_to_the_queue_see_no_caller(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = engine.to_queue(NUMBER)
    stranger = desk.add_agent("wang", queues=[])
    with desk.read() as session, pytest.raises(ConversationNotFound):
        caller_of(
            session, conversation_id=row(desk, call_id).conversation_id, who=desk.as_agent(stranger),
            now=desk.clock.now(),
        )  # fmt: skip


# ---- phones ----------------------------------------------------------------------------------------------


def test_a_password_is_told_once_and_known_by_its_hash_alone(desk: DeskForTests, engine: FakeEngine) -> None:
    staff_id = desk.add_staff("lin")
    with desk.write() as work:
        issued = call_phones.issue_secret(work, staff_id=staff_id, kind="desk")
    assert "phones_changed" in [one["verb"] for one in engine.work()]
    book = engine.client.get("/hooks/hotline/phones", headers=engine.headers).get_json()
    assert book["realm"] == "caredesk"
    assert [(one["user"], one["kind"]) for one in book["phones"]] == [("1001", "desk")]
    assert book["phones"][0]["ha1"] == call_phones.ha1_of("1001", secret=issued.secret)
    assert issued.secret not in str(book)
    with desk.write() as work:
        call_phones.issue_secret(work, staff_id=staff_id, kind="desk")
    later = engine.client.get("/hooks/hotline/phones", headers=engine.headers).get_json()
    assert later["version"] > book["version"]
    assert later["phones"][0]["ha1"] != book["phones"][0]["ha1"]


def test_who_leaves_has_no_phone(desk: DeskForTests, engine: FakeEngine) -> None:
    staff_id = desk.add_staff("lin")
    with desk.write() as work:
        call_phones.issue_secret(work, staff_id=staff_id, kind="browser")
    engine.work()
    with desk.write() as work:
        accounts.set_active(work, login="lin", active=False)
    assert [one["verb"] for one in engine.work()] == ["phones_changed"]
    assert engine.client.get("/hooks/hotline/phones", headers=engine.headers).get_json()["phones"] == []
