"""Either side goes away in the middle of calls: nothing is lost, nothing is told twice, and no call is left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.telephony import sipp, sound
from tests.telephony.line import SPEAK, Hotline
from tests.telephony.sound import AGENT_HZ, CALLER_HZ
from tests.telephony.tools import PATIENCE

pytestmark = pytest.mark.faults

OpenHotline = Callable[..., Hotline]


def test_talk_goes_on_while_the_desk_is_away_and_the_facts_arrive_afterwards(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    phone = hotline.add_phone()
    call = hotline.call(sipp.answered(), SPEAK, sipp.pause(4), sipp.bye())
    hotline.greet(call)
    hotline.tell(call, "record", recording_id="away", on=True)
    hotline.bridge(call, phone)
    hotline.desk.away = True
    phone.wait_until("CALL_CLOSED")
    call.trunk.finish()
    assert "call.ended" not in hotline.types(call)
    hotline.desk.away = False
    assert hotline.ended(call)["by"] == "caller"
    left, right = sound.read_wav(hotline.desk.wait_recording("away").path)
    assert sound.seconds_of(CALLER_HZ, samples=left) >= 2
    assert sound.seconds_of(AGENT_HZ, samples=right) >= 2


def test_a_desk_that_dies_while_it_answers_hears_everything_afterwards(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    hotline.desk.cuts_short = True
    voice = hotline.call_by_ourselves()
    hotline.let_talk(0.5)
    hotline.desk.cuts_short = False
    hotline.greet(voice)
    hotline.let_talk(0.5)
    voice.voice.hang_up()
    assert hotline.ended(voice)["by"] == "caller"


def test_an_engine_killed_in_a_talk_tells_that_it_is_over_and_saves_what_was_said(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    phone = hotline.add_phone()
    talking = hotline.call(sipp.answered(), SPEAK, sipp.pause(60))
    waiting = hotline.call(sipp.answered(), SPEAK, sipp.pause(60))
    hotline.greet(talking)
    hotline.greet(waiting)
    hotline.tell(talking, "record", recording_id="saved", on=True)
    hotline.bridge(talking, phone)
    hotline.let_talk(3)
    hotline.engine.kill()
    started = hotline.start_engine()
    assert started["calls"] == []
    left, right = sound.read_wav(hotline.desk.wait_recording("saved").path)
    assert sound.seconds_of(CALLER_HZ, samples=left) >= 1
    assert sound.seconds_of(AGENT_HZ, samples=right) >= 1


def test_facts_that_the_desk_never_took_are_told_by_the_next_run(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    call = hotline.call(sipp.answered(), SPEAK, sipp.pause(1), sipp.bye())
    hotline.greet(call)
    hotline.let_talk(0.5)
    hotline.desk.away = True
    call.trunk.finish()
    hotline.let_talk(0.5)
    hotline.engine.kill()
    hotline.desk.away = False
    hotline.start_engine()
    assert hotline.ended(call)["by"] == "caller"
    assert len(hotline.desk.of(call.id, "call.ended")) == 1


def test_above_the_configured_number_of_calls_the_trunk_is_told_to_go_elsewhere(open_hotline: OpenHotline) -> None:
    hotline = open_hotline(CAREDESK_HOTLINE_CALLS="1")
    first = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(first)
    hotline.refused_call(503)
    hotline.tell(first, "hangup", reason="done")
    first.trunk.finish()


@pytest.mark.nightly
def test_a_trunk_that_dies_without_a_word_is_noticed_and_its_call_ended(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    call = hotline.call(sipp.answered(), SPEAK, sipp.pause(60))
    hotline.greet(call)
    hotline.let_talk(2)
    call.trunk.stop()
    assert hotline.ended(call)["by"] == "trunk"


@pytest.mark.nightly
def test_calls_that_end_while_a_prompt_plays_never_stall_the_media(open_hotline: OpenHotline) -> None:
    """Hundreds of callers hang up in the music: rtp.io 1.1.1 may lock itself up when it is told to forget a player."""
    hotline = open_hotline()
    hotline.desk.on_fact = lambda fact: _greet_arrivals(hotline, fact)
    steps = [sipp.invite(), sipp.answered(), sipp.pause(1), sipp.bye()]
    options = ("-r", "20", "-m", "400", "-l", "200")
    trunk = sipp.Trunk.start(hotline.folder / "load", server=hotline.engine.server, steps=steps, options=options)
    hotline.trunks.append(trunk)
    trunk.finish(seconds=90)


def _greet_arrivals(hotline: Hotline, fact: dict[str, object]) -> None:
    if fact["type"] == "call.arrived":
        hotline.desk.command(str(fact["call_id"]), "answer")
        hotline.desk.command(str(fact["call_id"]), "music", name="hold")


def test_a_hotline_that_is_told_to_stop_parts_from_its_callers_and_ends_at_once(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.let_talk(0.5)
    hotline.engine.ask_to_stop()
    call.trunk.finish()
    assert hotline.ended(call)["by"] == "system"
    assert hotline.engine.wait_end(seconds=PATIENCE) == 0
