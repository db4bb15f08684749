"""A key cuts the greeting short and counts as the choice, the notice of recording cannot be cut: machine and engines.

By sound with the embedded engine, by commands with FreeSWITCH's stand-in; the real machine of calls decides in both.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.telephony import call_machine, sound
from tests.telephony.call_machine import NOTICE_HZ, NOTICE_SECONDS, TODAY_HZ, TODAY_SECONDS, WAIT_HZ, CallMachine
from tests.telephony.line import Hotline, OwnCaller
from tests.telephony.stage import Stage
from tests.telephony.tools import wait_for


@pytest.fixture
def decided(hotline: Hotline) -> Iterator[Hotline]:
    """The hotline with a desk that decides by the machine."""
    call_machine.speak(hotline.desk)
    hotline.desk.on_fact = CallMachine(hotline.desk, menu=call_machine.a_menu()).take
    yield hotline
    hotline.desk.on_fact = None


def seconds_heard(call: OwnCaller, hz: float) -> float:
    return sound.seconds_of(hz, samples=call.voice.samples_heard())


def wait_heard(hotline: Hotline, call: OwnCaller, *, hz: float) -> None:
    """Return when a prompt has begun."""
    wait_for(lambda: seconds_heard(call, hz) >= 0.2 or None, what=hotline.desk.story)


def test_b54_a_key_in_the_notice_waits_for_its_end_and_then_skips_to_the_choice(decided: Hotline) -> None:
    call = decided.call_by_ourselves()
    wait_heard(decided, call, hz=NOTICE_HZ)
    call.voice.press("1")
    wait_heard(decided, call, hz=WAIT_HZ)
    assert decided.desk.wait_fact("call.played", call=call.id, play_id="p1")["interrupted"] is False
    assert seconds_heard(call, NOTICE_HZ) >= NOTICE_SECONDS - 1
    assert seconds_heard(call, TODAY_HZ) == 0


def test_a_key_after_the_notice_cuts_the_greeting_short_and_is_the_choice(decided: Hotline) -> None:
    call = decided.call_by_ourselves()
    wait_heard(decided, call, hz=TODAY_HZ)
    call.voice.press("1")
    wait_heard(decided, call, hz=WAIT_HZ)
    assert decided.desk.wait_fact("call.played", call=call.id, play_id="p2")["interrupted"] is True
    assert seconds_heard(call, NOTICE_HZ) >= NOTICE_SECONDS - 1
    assert seconds_heard(call, TODAY_HZ) < TODAY_SECONDS - 5


# ---- the same with FreeSWITCH ------------------------------------------------------------------------------


@pytest.fixture
def played_to(stage: Stage) -> str:
    """A caller who hears the notice; what a machine decides is done by FreeSWITCH's stand-in."""
    names = call_machine.speak(stage.desk)
    wait_for(lambda: len(stage.engine.sounds(names)) == len(names) or None, what=lambda: "no prompts")
    stage.desk.on_fact = CallMachine(stage.desk, menu=call_machine.a_menu()).take
    call = uuid.uuid4().hex
    stage.switch.call_in(call)
    return call


def mark_of(stage: Stage, call: str, *, number: int) -> str:
    """Return by what FreeSWITCH knows the so-manieth playing."""
    return stage.switch.wait(rf"execute {call} playback \S+ (\S+)", number=number)[1]


def test_b54_freeswitch_does_not_break_off_the_notice(stage: Stage, played_to: str) -> None:
    notice = mark_of(stage, played_to, number=1)
    stage.switch.emit("DTMF", played_to, DTMF_Digit="1")
    stage.desk.wait_fact("call.digit", call=played_to)
    stage.switch.emit("CHANNEL_EXECUTE_COMPLETE", played_to, Application_UUID=notice)
    assert stage.desk.wait_fact("call.played", call=played_to, play_id="p1")["interrupted"] is False
    waits = stage.switch.wait(rf"execute {played_to} playback (\S+) \S+", number=2)[1]
    assert waits.endswith(stage.engine.sounds(["please_wait"])[0])
    assert f"uuid_break {played_to} all" not in stage.switch.commands


def test_freeswitch_breaks_off_the_greeting_at_a_key_that_is_the_choice(stage: Stage, played_to: str) -> None:
    notice = mark_of(stage, played_to, number=1)
    stage.switch.emit("CHANNEL_EXECUTE_COMPLETE", played_to, Application_UUID=notice)
    greeting = mark_of(stage, played_to, number=2)
    stage.switch.emit("DTMF", played_to, DTMF_Digit="1")
    stage.switch.wait(f"uuid_break {played_to} all")
    stage.switch.emit("CHANNEL_EXECUTE_COMPLETE", played_to, Application_UUID=greeting)
    assert stage.desk.wait_fact("call.played", call=played_to, play_id="p2")["interrupted"] is True
    waits = stage.switch.wait(rf"execute {played_to} playback (\S+) \S+", number=3)[1]
    assert waits.endswith(stage.engine.sounds(["please_wait"])[0])
