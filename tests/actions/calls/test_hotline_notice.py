"""Recording starts with notice (B54), and a call-back is tried as often as the set-up says, inside hours (B55).

A stand-in for the engine speaks the wire; everything else is the desk itself.
"""

from __future__ import annotations

from typing import Any

import pytest

from caredesk.actions import calls_out, hotline_changes, hotline_setup, promises
from caredesk.actions.calls_out import Whom
from tests.fixtures.desk import OFFICE, DeskForTests
from tests.fixtures.engine import FakeEngine

PAUSE = 10


@pytest.fixture
def agent(desk: DeskForTests, engine: FakeEngine) -> str:
    """An agent of a queue in office hours, who is not ready yet."""
    staff_id = desk.add_agent("lin", queues=[desk.add_queue(hours=OFFICE)], ready=False)
    desk.connect(staff_id)
    engine.give_phone(staff_id)
    return staff_id


def set_up(desk: DeskForTests, **changes: Any) -> None:
    with desk.write() as work:
        version, setup = hotline_setup.setup_now(work.session)
        changed = setup.model_copy(update=changes)
        hotline_changes.change_setup(work, setup=changed, version=version, note="")


# ---- notice ----------------------------------------------------------------------------------------------


def test_b54_recording_begins_with_a_notice_that_nobody_can_skip(engine: FakeEngine, agent: str) -> None:
    call_id = engine.call()
    first = engine.last("play", call_id)
    assert "recording_notice" in first["prompts"] and first["interruptible"] is False
    assert engine.verbs(call_id) == ["answer", "record", "play"]


def test_b54_without_recording_nobody_is_told_of_one(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    set_up(desk, record=False)
    call_id = engine.call()
    assert "recording_notice" not in engine.last("play", call_id)["prompts"]
    assert "record" not in engine.verbs(call_id)


@pytest.mark.parametrize("told_by_agents", [False, True])
def test_b54_whom_we_call_is_recorded_only_where_agents_say_so(
    desk: DeskForTests, engine: FakeEngine, agent: str, told_by_agents: bool
) -> None:
    set_up(desk, record_outgoing=told_by_agents)
    with desk.write() as work:
        call_id = calls_out.call_out(work, who=desk.as_agent(agent), whom=Whom(number="13800002222")).id
    engine.work()
    assert ("record" in engine.verbs(call_id)) is told_by_agents


# ---- call-backs ------------------------------------------------------------------------------------------


def wish(engine: FakeEngine) -> None:
    """Have somebody wait, press 1 to be called back, and hear that it is noted."""
    call_id = engine.to_queue()
    engine.press(call_id, "1")
    assert "call_back_kept" in engine.last("play", call_id)["prompts"]
    engine.played(call_id)
    engine.end(call_id, by="system")


def nobody_answers(engine: FakeEngine) -> None:
    """Have the agent answer the call-back's first leg, and the family not answer the second."""
    told = next(one for one in reversed(engine.told) if one["verb"] == "originate")
    engine.tell("leg.answered", told["call_id"], leg=told["args"]["leg_agent"], user="w1001")
    engine.tell("leg.failed", told["call_id"], leg=told["args"]["leg_patient"], reason="timeout", cause=18)
    engine.end(told["call_id"], by="system")


def test_b55_a_call_back_is_tried_as_often_as_the_setup_says_and_not_once_more(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    set_up(desk, call_back_attempts=2, call_back_pause_minutes=PAUSE)
    wish(engine)
    desk.set_state(agent, "ready")
    engine.work()
    assert engine.verbs().count("originate") == 1
    assert engine.last("originate")["number"] == "+8613800001111"
    nobody_answers(engine)
    desk.clock.advance(minutes=PAUSE - 1)
    engine.work()
    assert engine.verbs().count("originate") == 1
    desk.clock.advance(minutes=1)
    engine.register("w1001")
    engine.work()
    assert engine.verbs().count("originate") == 2
    nobody_answers(engine)
    desk.clock.advance(minutes=3 * PAUSE)
    engine.register("w1001")
    engine.work()
    assert engine.verbs().count("originate") == 2


def test_b55_no_call_back_is_made_after_hours_and_the_first_one_in_the_morning(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    desk.clock.advance(hours=7, minutes=58)
    engine.register("w1001")
    wish(engine)
    desk.clock.advance(minutes=5)
    follow_clinic(desk)
    desk.set_state(agent, "ready")
    engine.work()
    assert "originate" not in engine.verbs()
    desk.clock.advance(hours=14)
    engine.register("w1001")
    follow_clinic(desk)
    engine.work()
    assert engine.verbs().count("originate") == 1


def follow_clinic(desk: DeskForTests) -> None:
    """Have queues follow the clinic, as they do at each of its changes."""
    with desk.write() as work:
        promises.follow_all_queues(work)
    desk.run_jobs()
