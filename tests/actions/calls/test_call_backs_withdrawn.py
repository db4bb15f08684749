"""A call-back that nobody needs any more is withdrawn: at the desk, or by the caller who calls again (B55)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from caredesk.actions import call_backs
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import Entry
from caredesk.core.work import Actor
from caredesk.telephony.callback_models import CallBack
from caredesk.telephony.errors import CallBackGone, CallStillOn
from tests.fixtures.calls import call_row, close, seat, talk_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine

NUMBER = "13900002222"


@pytest.fixture
def busy(engine: FakeEngine, agent: str) -> str:
    """A call that keeps the only agent, so that whoever calls must wait."""
    return talking(engine)


def wish(engine: FakeEngine) -> str:
    """Have somebody wait, wish to be called back and hang up; return the call."""
    call_id = engine.to_queue(NUMBER)
    engine.press(call_id, "1")
    engine.played(call_id)
    engine.end(call_id, by="system")
    return call_id


def withdraw(desk: DeskForTests, call_id: str, staff_id: str) -> None:
    with desk.write(actor=Actor(kind="staff", id=staff_id, name="小林")) as work:
        talk = call_row(desk, call_id).conversation_id
        call_backs.withdraw(work, conversation_id=talk, who=desk.as_agent(staff_id))


def state_of(desk: DeskForTests, call_id: str) -> str:
    with desk.read() as session:
        return session.get_one(CallBack, call_row(desk, call_id).conversation_id).state


def codes(desk: DeskForTests, call_id: str) -> list[str]:
    with desk.read() as session:
        talk = call_row(desk, call_id).conversation_id
        bodies = session.scalars(select(Entry.body).where(Entry.conversation_id == talk, Entry.kind == "notice"))
        return [body["code"] for body in bodies]


def test_b55_an_agent_withdraws_a_call_back_and_nobody_is_called(
    desk: DeskForTests, engine: FakeEngine, agent: str, busy: str
) -> None:
    asks = wish(engine)
    withdraw(desk, asks, agent)
    assert (state_of(desk, asks), talk_of(desk, asks).status) == ("withdrawn", "closed")
    assert "call_back.withdrawn" in codes(desk, asks)
    engine.end(busy)
    close(desk, busy, agent)
    engine.work()
    assert "originate" not in engine.verbs()
    assert not seat(desk, agent).exclusive


def test_b55_a_call_back_is_withdrawn_once(desk: DeskForTests, engine: FakeEngine, agent: str, busy: str) -> None:
    asks = wish(engine)
    withdraw(desk, asks, agent)
    with pytest.raises(CallBackGone):
        withdraw(desk, asks, agent)
    with pytest.raises(CallBackGone):
        withdraw(desk, busy, agent)


def test_b55_who_is_being_called_back_is_not_withdrawn(
    desk: DeskForTests, engine: FakeEngine, agent: str, busy: str
) -> None:
    asks = wish(engine)
    engine.end(busy)
    close(desk, busy, agent)
    engine.work()
    assert "originate" in engine.verbs()
    with pytest.raises(CallStillOn):
        withdraw(desk, asks, agent)
    assert state_of(desk, asks) == "calling"


def test_b55_a_call_back_of_another_queue_does_not_exist(
    desk: DeskForTests, engine: FakeEngine, agent: str, busy: str
) -> None:
    asks = wish(engine)
    with pytest.raises(ConversationNotFound):
        withdraw(desk, asks, desk.add_agent("zhao", queues=[]))
    assert state_of(desk, asks) == "waiting"


def test_b55_who_calls_again_withdraws_their_call_back_with_a_key(
    desk: DeskForTests, engine: FakeEngine, agent: str, busy: str
) -> None:
    asks = wish(engine)
    again = engine.call(NUMBER)
    engine.played(again)
    assert engine.last("play", again)["prompts"] == ["call_back_owed"]
    engine.press(again, "#")
    engine.played(again)
    assert engine.last("play", again)["prompts"] == ["call_back_withdrawn"]
    assert (state_of(desk, asks), talk_of(desk, asks).status) == ("withdrawn", "closed")
    assert "call_back.withdrawn_by_caller" in codes(desk, asks)
    engine.played(again)
    engine.press(again, "1")
    assert talk_of(desk, again).status == "waiting", "the menu goes on as for everybody"


@pytest.mark.parametrize("key", ["", "1", "#"])
def test_b55_who_calls_again_keeps_their_call_back_unless_they_say_so(
    desk: DeskForTests, engine: FakeEngine, agent: str, busy: str, key: str
) -> None:
    """A key that was pressed before anybody was asked is no answer."""
    asks = wish(engine)
    again = engine.call(NUMBER)
    if key:
        engine.press(again, key)
    engine.played(again)
    engine.played(again)
    assert state_of(desk, asks) == "waiting"
    assert (talk_of(desk, again).status == "waiting") is (key == "1"), "a key of the menu counts when all was heard"


def test_b55_another_caller_is_not_told_of_somebodys_call_back(engine: FakeEngine, agent: str, busy: str) -> None:
    wish(engine)
    other = engine.call("13700003333")
    engine.played(other)
    assert "call_back_owed" not in engine.last("play", other)["prompts"]
