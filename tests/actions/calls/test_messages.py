"""Spoken messages, and call-backs that keep the place (B55)."""

from __future__ import annotations

from typing import Any

from caredesk.actions import promises
from tests.fixtures.calls import call_row, close, seat, talk_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine

NIGHT: dict[str, Any] = {"windows": [{"opens": "03:00", "closes": "03:01"}]}


def test_a_message_after_hours_becomes_work(desk: DeskForTests, engine: FakeEngine) -> None:
    desk.add_queue(hours=NIGHT)
    call_id = engine.call()
    engine.played(call_id)
    engine.played(call_id)
    message = engine.last("voicemail", call_id)["recording_id"]
    engine.post(
        engine.fact("voicemail.ended", call_id, recording_id=message, seconds=9.5),
        engine.fact("call.ended", call_id, by="caller", cause=16),
    )
    talk = talk_of(desk, call_id)
    assert call_row(desk, call_id).disposition == "voicemail"
    assert (talk.status, talk.flags) == ("message", ["voicemail"])
    assert talk.promised_at is not None


def test_who_waits_at_closing_is_told_and_leaves_a_message(desk: DeskForTests, engine: FakeEngine) -> None:
    hours = {"windows": [{"opens": "08:00", "closes": "10:30"}]}
    desk.add_queue(hours=hours)
    call_id = engine.to_queue()
    desk.clock.advance(minutes=31)
    with desk.write() as work:
        promises.follow_clinic(work, queue_id=str(talk_of(desk, call_id).queue_id))
    engine.work()
    assert talk_of(desk, call_id).status == "message"
    assert "opens_at" in engine.last("play", call_id)["prompts"]
    engine.played(call_id)
    message = engine.last("voicemail", call_id)["recording_id"]
    engine.tell("voicemail.ended", call_id, recording_id=message, seconds=8)
    engine.end(call_id)
    assert call_row(desk, call_id).disposition == "voicemail"
    assert talk_of(desk, call_id).status == "message"


def test_b55_a_call_back_keeps_the_place_and_rings_the_agent_first(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    busy = talking(engine)
    asks = engine.to_queue("13900002222")
    arrived = talk_of(desk, asks).arrived_at
    engine.press(asks, "1")
    engine.played(asks)
    engine.end(asks, by="system")
    assert call_row(desk, asks).disposition == "callback_requested"
    assert (talk_of(desk, asks).status, talk_of(desk, asks).arrived_at) == ("waiting", arrived)
    engine.end(busy)
    close(desk, busy, agent)
    engine.work()
    called = engine.last("originate")
    assert called["number"] == "+8613900002222"
    back = next(one for one in engine.told if one["verb"] == "originate")["call_id"]
    engine.tell("leg.answered", back, leg=called["leg_agent"])
    assert talk_of(desk, back).assignee_id == agent
    engine.tell("call.bridged", back, leg=called["leg_patient"])
    engine.end(back)
    assert call_row(desk, back).disposition == "answered"
    assert talk_of(desk, back).arrived_at == arrived
    close(desk, back, agent)
    assert not seat(desk, agent).exclusive


def test_b55_who_is_not_reached_is_tried_again_and_the_agent_is_free(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    busy = talking(engine)
    asks = engine.to_queue("13900002222")
    engine.press(asks, "1")
    engine.played(asks)
    engine.end(asks, by="system")
    engine.end(busy)
    close(desk, busy, agent)
    for attempt in (1, 2, 3):
        engine.work()
        called = [one for one in engine.told if one["verb"] == "originate"]
        assert len(called) == attempt
        back, args = called[-1]["call_id"], called[-1]["args"]
        engine.tell("leg.answered", back, leg=args["leg_agent"])
        engine.tell("leg.failed", back, leg=args["leg_patient"], reason="timeout")
        engine.end(back, by="system")
        assert call_row(desk, back).disposition == "patient_unreachable"
        assert not seat(desk, agent).exclusive
        desk.clock.advance(minutes=11)
        engine.post(engine.fact("engine.calls", calls=[]))
    assert talk_of(desk, asks).status == "closed"
