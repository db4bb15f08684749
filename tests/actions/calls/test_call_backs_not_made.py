"""A call-back that does not come about: the phone of its agent rings in vain, or its agent gives up first (B55)."""

from __future__ import annotations

import pytest

from caredesk.actions import chat, closing
from caredesk.conversations import queries
from caredesk.telephony.callback_models import CallBack
from tests.fixtures.calls import call_row, close, offers, seat, talk_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine

NUMBER = "13900002222"


@pytest.fixture
def begun(desk: DeskForTests, engine: FakeEngine, agent: str) -> str:
    """A call-back whose turn has come: its agent's phone rings. The call for it."""
    busy = talking(engine)
    asks = engine.to_queue(NUMBER)
    engine.press(asks, "1")
    engine.played(asks)
    engine.end(asks, by="system")
    engine.end(busy)
    close(desk, busy, agent)
    engine.work()
    return next(one["call_id"] for one in engine.told if one["verb"] == "originate")


def call_back_of(desk: DeskForTests, call_id: str) -> CallBack:
    with desk.read() as session:
        return session.get_one(CallBack, call_row(desk, call_id).conversation_id)


def leg_of_agent(engine: FakeEngine, call_id: str) -> str:
    return str(engine.last("originate", call_id)["leg_agent"])


def originated(engine: FakeEngine) -> list[str]:
    return [one["call_id"] for one in engine.told if one["verb"] == "originate"]


def test_b55_an_agent_whose_phone_rings_in_vain_leaves_the_call_back_to_the_next(
    desk: DeskForTests, engine: FakeEngine, agent: str, begun: str
) -> None:
    colleague = desk.add_agent("wang", queues=[str(talk_of(desk, begun).queue_id)])
    engine.give_phone(colleague)
    engine.tell("leg.failed", begun, leg=leg_of_agent(engine, begun), reason="timeout")
    engine.end(begun, by="system")
    desk.clock.advance(seconds=2)
    engine.work()
    again = originated(engine)[-1]
    assert again != begun
    assert [one.staff_id for one in offers(desk, begun)] == [agent, colleague]
    assert (call_back_of(desk, begun).state, call_back_of(desk, begun).attempts) == ("calling", 0)
    assert not seat(desk, agent).exclusive


def test_b55_a_family_that_was_rung_until_the_agent_gave_up_counts_as_called_and_is_called_again(
    desk: DeskForTests, engine: FakeEngine, agent: str, begun: str
) -> None:
    leg = leg_of_agent(engine, begun)
    engine.tell("leg.answered", begun, leg=leg, user="w1001")
    assert talk_of(desk, begun).assignee_id == agent
    arrived = talk_of(desk, begun).arrived_at
    engine.tell("leg.ended", begun, leg=leg, by="agent")
    engine.end(begun, by="agent")
    talk, owed = talk_of(desk, begun), call_back_of(desk, begun)
    assert (talk.status, talk.assignee_id, talk.arrived_at) == ("message", None, arrived)
    assert (owed.state, owed.attempts) == ("waiting", 1)
    assert not call_row(desk, begun).holds_agent and not seat(desk, agent).exclusive
    assert owed.not_before is not None
    desk.clock.set(owed.not_before)
    engine.fetch()
    engine.register("w1001")
    engine.work()
    assert originated(engine)[-1] != begun, "the turn comes again"


def test_b55_an_engine_that_starts_again_while_the_family_is_rung_leaves_the_call_back_owed(
    desk: DeskForTests, engine: FakeEngine, agent: str, begun: str
) -> None:
    engine.tell("leg.answered", begun, leg=leg_of_agent(engine, begun), user="w1001")
    desk.clock.advance(minutes=1)
    engine.start()
    assert (talk_of(desk, begun).status, call_back_of(desk, begun).state) == ("message", "waiting")
    assert not seat(desk, agent).exclusive


def test_b55_what_was_closed_while_its_agent_was_rung_is_owed_no_more(
    desk: DeskForTests, engine: FakeEngine, agent: str, begun: str
) -> None:
    with desk.write() as work:
        conversation = queries.lock_conversation(work.session, conversation_id=call_row(desk, begun).conversation_id)
        chat.close(work, conversation, by="desk", category="", outcome="", note="")
    engine.work()
    assert "hangup" in engine.verbs(begun)
    engine.end(begun, by="system")
    assert (talk_of(desk, begun).status, call_back_of(desk, begun).state) == ("closed", "withdrawn")


def test_b55_whom_a_supervisor_closes_is_owed_no_call_back(
    desk: DeskForTests, engine: FakeEngine, agent: str, begun: str
) -> None:
    engine.tell("leg.failed", begun, leg=leg_of_agent(engine, begun), reason="timeout")
    engine.end(begun, by="system")
    boss = desk.as_supervisor(desk.add_staff("boss", roles=["supervisor"]))
    with desk.write() as work:
        conversation = call_row(desk, begun).conversation_id
        said = {"category": "other", "outcome": "solved", "note": ""}
        closing.close_conversation(work, conversation_id=conversation, who=boss, **said)
    assert call_back_of(desk, begun).state == "withdrawn"
    again = engine.call(NUMBER)
    engine.played(again)
    assert "call_back_owed" not in engine.last("play", again)["prompts"]
