"""Hold, transfer, consult and listen: wished at the desk, true once the engine says so."""

from __future__ import annotations

from typing import Any

import pytest

from caredesk.actions import calls_desk
from caredesk.telephony.errors import CallNotCapable, NoPhone
from tests.fixtures.calls import call_row, close, seat, talk_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine


def test_hold_and_resume_are_wished_and_come_true_by_facts(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    talk = call_row(desk, call_id).conversation_id
    with desk.write() as work:
        view = calls_desk.hold(work, conversation_id=talk, who=desk.as_agent(agent), on=True)
    assert view.state == "talking"
    engine.work()
    engine.tell("call.held", call_id, leg=engine.leg(call_id))
    assert desk.push.of_type("call.changed")[-1].call.state == "held"
    desk.clock.advance(seconds=20)
    engine.tell("call.resumed", call_id, leg=engine.leg(call_id))
    engine.end(call_id)
    assert call_row(desk, call_id).hold_seconds == 20


def test_a_blind_transfer_to_a_colleague_rings_there_at_once(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = talking(engine)
    talk = talk_of(desk, call_id)
    other = desk.add_agent("wang", queues=[str(talk.queue_id)])
    with pytest.raises(NoPhone), desk.write() as work:
        _transfer(desk, work, talk.id, agent, other)
    user = engine.give_phone(other)
    with desk.write() as work:
        _transfer(desk, work, talk.id, agent, other)
    engine.work()
    assert "release" in engine.verbs(call_id)
    assert engine.last("dial", call_id)["to"]["users"] == [user]
    assert not seat(desk, agent).exclusive
    engine.answer(call_id)
    assert talk_of(desk, call_id).assignee_id == other
    assert talk_of(desk, call_id).arrived_at == talk.arrived_at


def _transfer(desk: DeskForTests, work: Any, conversation_id: str, giver: str, taker: str) -> None:
    calls_desk.transfer(
        work,
        conversation_id=conversation_id,
        who=desk.as_agent(giver),
        target_kind="agent",
        target_id=taker,
        note="请继续",
    )


def test_a_warm_transfer_hands_the_caller_to_who_was_asked(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    first = engine.leg(call_id)
    talk = talk_of(desk, call_id)
    other = desk.add_agent("wang", queues=[str(talk.queue_id)])
    engine.give_phone(other)
    with desk.write() as work:
        calls_desk.consult(work, conversation_id=talk.id, who=desk.as_agent(agent), staff_id=other)
    engine.work()
    second = engine.leg(call_id)
    assert seat(desk, other).exclusive
    engine.tell("leg.answered", call_id, leg=second)
    assert engine.last("connect", call_id)["legs"] == [first, second]
    with desk.write() as work:
        calls_desk.complete(work, conversation_id=talk.id, who=desk.as_agent(agent))
    engine.work()
    engine.tell("call.bridged", call_id, leg=second)
    talk = talk_of(desk, call_id)
    assert (talk.status, talk.assignee_id) == ("active", other)
    assert (seat(desk, agent).exclusive, seat(desk, other).exclusive) == (False, True)
    engine.end(call_id)
    close(desk, call_id, other)
    assert not seat(desk, other).exclusive


def test_a_colleague_who_is_not_reached_is_free_again(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    talk = talk_of(desk, call_id)
    other = desk.add_agent("wang", queues=[str(talk.queue_id)])
    engine.give_phone(other)
    with desk.write() as work:
        calls_desk.consult(work, conversation_id=talk.id, who=desk.as_agent(agent), staff_id=other)
    engine.work()
    engine.tell("leg.failed", call_id, leg=engine.leg(call_id), reason="timeout")
    assert not seat(desk, other).exclusive
    assert engine.verbs(call_id)[-1] == "bridge"
    assert talk_of(desk, call_id).assignee_id == agent


def test_listening_needs_an_engine_that_can(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    talk = call_row(desk, call_id).conversation_id
    boss = desk.add_staff("boss", roles=["supervisor"])
    engine.give_phone(boss)
    with pytest.raises(CallNotCapable), desk.write() as work:
        calls_desk.listen(work, conversation_id=talk, who=desk.as_supervisor(boss), mode="listen")
    engine.start(call_id, capabilities=("listen",))
    with desk.write() as work:
        calls_desk.listen(work, conversation_id=talk, who=desk.as_supervisor(boss), mode="listen")
    engine.work()
    leg = engine.leg(call_id)
    engine.tell("leg.answered", call_id, leg=leg)
    assert engine.last("listen", call_id) == {"leg": leg, "mode": "listen"}
