"""Facts taken once, commands told until they are done, and both sides in line after one was away."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from caredesk.actions import calls_desk, sweep
from caredesk.actions.call_phones import ringable
from caredesk.telephony.errors import CallMoved
from caredesk.telephony.models import HeardFact
from tests.fixtures.calls import call_row, close, seat, talk_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine


def test_a_fact_told_twice_is_taken_once(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = engine.call()
    digit = engine.fact("call.digit", call_id, digit="1")
    assert engine.post(digit, digit) == [digit["id"], digit["id"]]
    engine.post(digit)
    with desk.read() as session:
        known = session.scalars(select(HeardFact).where(HeardFact.id == digit["id"])).all()
        assert [one.fate for one in known] == ["done"]


def test_what_cannot_be_read_is_taken_noted_and_blocks_nothing(desk: DeskForTests, engine: FakeEngine) -> None:
    desk.add_queue()
    bad = {"id": "bad-1", "type": "call.flew", "at": "yesterday"}
    unknown = engine.fact("call.digit", "f" * 32, digit="1")
    arrived = engine.fact("call.arrived", "a" * 32, caller="x" * 150, called="400", trunk="t")
    taken = engine.post(bad, {"no": "id"}, unknown, arrived)
    assert taken == ["bad-1", unknown["id"], arrived["id"]]
    assert call_row(desk, "a" * 32).caller == ""
    with desk.read() as session:
        assert session.get_one(HeardFact, "bad-1").fate == "bad"
        assert session.get_one(HeardFact, unknown["id"]).fate == "unknown"


def test_no_number_of_a_caller_is_kept_among_the_facts(desk: DeskForTests, engine: FakeEngine) -> None:
    desk.add_queue()
    engine.call("13800001111")
    with desk.read() as session:
        assert "13800001111" not in str([one.data for one in session.scalars(select(HeardFact))])


def test_commands_are_told_again_until_they_are_done(engine: FakeEngine, agent: str) -> None:
    engine.keeps_silent = True
    call_id = engine.call()
    first = [one["id"] for one in engine.fetch()]
    assert [one["id"] for one in engine.fetch()] == first
    assert [one["n"] for one in engine.fetch()] == sorted(one["n"] for one in engine.fetch())
    engine.done = first
    engine.post()
    assert engine.fetch() == []
    assert call_id


def test_an_engine_that_starts_again_ends_what_it_does_not_know(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    talks, waits = talking(engine), engine.to_queue("13900002222")
    desk.clock.advance(seconds=20)
    engine.run = "another-run"
    engine.start()
    assert call_row(desk, talks).disposition == "answered"
    assert call_row(desk, waits).disposition == "failed"
    assert talk_of(desk, waits).status == "closed"
    assert seat(desk, agent).exclusive, "who talked still notes what came of it"
    close(desk, talks, agent)
    assert not seat(desk, agent).exclusive


def test_the_list_of_calls_ends_ghosts_and_hangs_up_what_is_over(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    ghost, over = engine.to_queue(), engine.to_queue("13900002222")
    engine.end(over)
    young = engine.call("13700003333")
    engine.tell("engine.calls", calls=[over])
    assert call_row(desk, ghost).ended_at is None, "it may be younger than the list"
    assert engine.verbs(over)[-1] == "hangup"
    desk.clock.advance(seconds=30)
    engine.tell("engine.calls", calls=[young])
    assert call_row(desk, ghost).disposition == "failed"
    assert call_row(desk, young).ended_at is None


def test_a_silent_engine_rings_nobody(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    desk.clock.advance(minutes=5)
    with desk.read() as session:
        assert ringable(session, staff_id=agent, now=desk.clock.now()) == []


def test_supervisors_are_called_when_the_engine_is_in_trouble_or_silent_and_not_twice(
    desk: DeskForTests, engine: FakeEngine
) -> None:
    engine.tell("engine.trouble", code="media_stuck")
    engine.tell("engine.trouble", code="trunk_lost")
    assert [alert.code for alert in desk.push.of_type("alert.raised")] == ["hotline_trouble"]
    engine.tell("engine.recovered", code="media_stuck")
    assert desk.push.of_type("alert.changed") == []
    engine.tell("engine.recovered", code="trunk_lost")
    assert desk.push.of_type("alert.changed")[-1].alert.ended_at is not None
    desk.clock.advance(minutes=2)
    with desk.write() as work:
        sweep.sweep_queues(work)
    assert len(desk.push.of_type("alert.raised")) == 2
    engine.fetch()
    assert desk.push.of_type("alert.changed")[-1].alert.ended_at is not None


def test_an_agent_is_not_bound_for_ever_by_an_engine_that_is_gone(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = talking(engine)
    desk.clock.advance(minutes=5)
    with desk.write() as work:
        view = calls_desk.hang_up(
            work, conversation_id=call_row(desk, call_id).conversation_id, who=desk.as_agent(agent)
        )
    assert view.state == "wrap_up"
    with pytest.raises(CallMoved), desk.write() as work:
        calls_desk.hang_up(work, conversation_id=call_row(desk, call_id).conversation_id, who=desk.as_agent(agent))


def test_strangers_cannot_speak_for_the_engine(desk: DeskForTests, client: FlaskClient) -> None:
    stranger = FakeEngine(desk, client, secret="guessed")
    stranger.post(stranger.fact("engine.started"), status=401)
    for path in ("commands?engine=embedded", "phones"):
        assert client.get(f"/hooks/hotline/{path}", headers=stranger.headers).status_code == 401
