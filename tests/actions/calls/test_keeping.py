"""What engines told and were told is forgotten after a while, and what is told again afterwards changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from caredesk.actions import call_intake, sweep
from caredesk.telephony.models import Call, Engine, EngineCommand, HeardFact, Phone
from tests.fixtures.calls import call_row, talk_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine


def sweep_now(desk: DeskForTests) -> None:
    with desk.write() as work:
        sweep.sweep_queues(work)


def count(desk: DeskForTests, row: type[HeardFact | EngineCommand]) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


def after_keeping(desk: DeskForTests) -> None:
    desk.clock.advance(days=call_intake.KEPT.days, minutes=1)


def test_what_was_told_is_known_for_a_month_and_then_forgotten(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    engine.end(talking(engine))
    told, asked = count(desk, HeardFact), count(desk, EngineCommand)
    assert told and asked
    sweep_now(desk)
    assert (count(desk, HeardFact), count(desk, EngineCommand)) == (told, asked)
    after_keeping(desk)
    sweep_now(desk)
    assert (count(desk, HeardFact), count(desk, EngineCommand)) == (0, 0)


def test_a_command_that_was_never_done_is_not_forgotten(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    engine.keeps_silent = True
    engine.call()
    after_keeping(desk)
    sweep_now(desk)
    assert engine.fetch() != []


def test_a_sweep_forgets_some_at_a_time(
    desk: DeskForTests, engine: FakeEngine, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_intake, "FORGOTTEN_AT_ONCE", 3)
    engine.end(talking(engine))
    told = count(desk, HeardFact)
    after_keeping(desk)
    sweep_now(desk)
    assert count(desk, HeardFact) == told - 3


def test_a_call_that_is_told_of_again_after_all_was_forgotten_does_not_begin_anew(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = "a" * 32
    arrived = engine.fact("call.arrived", call_id, caller="13800001111", called="400", trunk="t")
    ended = engine.fact("call.ended", call_id, by="caller", cause=16)
    engine.post(arrived, ended)
    before = call_row(desk, call_id)
    after_keeping(desk)
    sweep_now(desk)
    commands = count(desk, EngineCommand)
    assert engine.post(arrived, ended) == [arrived["id"], ended["id"]]
    assert call_row(desk, call_id).version == before.version
    assert talk_of(desk, call_id).status == "closed"
    assert count(desk, EngineCommand) == commands
    with desk.read() as session:
        assert len(session.scalars(select(Call)).all()) == 1


def test_an_old_word_of_an_engine_or_a_phone_undoes_no_newer_one(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    started = engine.fact("engine.started", version="old", capabilities=[], calls=[])
    gone = engine.fact("phone.unregistered", user="w1001", kind="browser", reason="expired")
    trouble = engine.fact("engine.trouble", code="media_stuck")
    engine.post(started, trouble)
    engine.tell("engine.recovered", code="media_stuck")
    after_keeping(desk)
    sweep_now(desk)
    engine.start()
    engine.register("w1001")
    talks = talking(engine)
    assert engine.post(started, trouble, gone) == [started["id"], trouble["id"], gone["id"]]
    with desk.read() as session:
        row, phone = session.get_one(Engine, "embedded"), session.get_one(Phone, "w1001")
        assert (row.version, row.troubles) == ("test", [])
        assert phone.registered_until is not None and phone.registered_until > desk.clock.now()
        assert session.get_one(HeardFact, started["id"]).fate == "late"
    assert call_row(desk, talks).ended_at is None


def test_a_call_of_an_engine_with_a_wrong_clock_is_answered_all_the_same(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    long_ago = desk.clock.now() - call_intake.KEPT - timedelta(days=1)
    engine.tell("call.arrived", "b" * 32, caller="13800001111", called="400", trunk="t", at=long_ago)
    assert engine.verbs("b" * 32)[:1] == ["answer"]
