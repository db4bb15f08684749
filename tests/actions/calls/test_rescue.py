"""A fact that fails for a fault of ours leaves nobody in silence: callers go on to people, or hear an excuse."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from caredesk.actions import call_backs, call_rescue, call_steps, calls
from caredesk.telephony import call_menu
from caredesk.telephony.models import HeardFact
from tests.fixtures.calls import call_row, talk_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine


class Fault(Exception):
    """A fault of ours that a test has made."""


def fail(*_: Any, **__: Any) -> Any:
    raise Fault


def fates(desk: DeskForTests, *kinds: str) -> set[str]:
    with desk.read() as session:
        return set(session.scalars(select(HeardFact.fate).where(HeardFact.type.in_(kinds))))


def test_who_pressed_a_key_that_failed_is_put_through_to_people_at_once(
    desk: DeskForTests, engine: FakeEngine, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = engine.call()
    engine.played(call_id)
    with monkeypatch.context() as broken:
        broken.setattr(call_menu, "_choose", fail)
        engine.press(call_id, "1")
    assert fates(desk, "call.digit") == {"failed"}
    assert talk_of(desk, call_id).status == "waiting"
    assert "to_default" in engine.last("play", call_id)["prompts"]
    assert engine.last("dial", call_id)["to"]["users"] == ["w1001"]


def test_who_waits_hears_a_word_and_keeps_the_place_when_a_fact_failed(
    desk: DeskForTests, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add_queue()
    call_id = engine.to_queue()
    arrived = talk_of(desk, call_id).arrived_at
    with monkeypatch.context() as broken:
        broken.setattr(call_backs, "note", fail)
        engine.press(call_id, "1")
    assert engine.last("play", call_id)["prompts"] == ["still_waiting"]
    assert (talk_of(desk, call_id).status, talk_of(desk, call_id).arrived_at) == ("waiting", arrived)
    engine.played(call_id)
    assert engine.verbs(call_id)[-1] == "music"


def test_a_call_that_cannot_be_taken_up_hears_an_excuse_and_is_hung_up(
    desk: DeskForTests, engine: FakeEngine, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(calls, "open_conversation", fail)
        call_id = engine.call()
    assert engine.verbs(call_id) == ["answer", "play"]
    assert engine.last("play", call_id)["prompts"] == ["failed"]
    engine.played(call_id)
    assert engine.verbs(call_id)[-1] == "hangup"
    assert engine.call() != call_id, "the next caller is served as ever"


def test_when_carrying_on_fails_too_the_caller_hears_an_excuse(
    desk: DeskForTests, engine: FakeEngine, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = engine.call()
    engine.played(call_id)
    with monkeypatch.context() as broken:
        broken.setattr(call_steps, "take", fail)
        engine.press(call_id, "1")
        assert engine.last("play", call_id) == {
            "play_id": call_rescue.SORRY,
            "prompts": ["failed"],
            "loop": False,
            "interruptible": False,
        }
    engine.played(call_id)
    assert engine.verbs(call_id)[-1] == "hangup"
    engine.end(call_id, by="system")
    assert call_row(desk, call_id).ended_at is not None


def test_who_talks_notices_nothing(
    desk: DeskForTests, engine: FakeEngine, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = talking(engine)
    told = engine.verbs(call_id)
    with monkeypatch.context() as broken:
        broken.setattr("caredesk.telephony.call_talk.talking", fail)
        engine.tell("call.held", call_id, leg=engine.leg(call_id))
    assert fates(desk, "call.held") == {"failed"}
    assert "play" not in engine.verbs(call_id)[len(told) :]
    assert call_row(desk, call_id).phase == "talking"
