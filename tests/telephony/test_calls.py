"""A call's course with an embedded engine: waiting, ringing, talking, hanging up at any moment; by sound, not by state.

The desk is a double: each test gives the commands that a desk would give, and reads the facts.
"""

from __future__ import annotations

import pytest

from tests.telephony import sipp, sound
from tests.telephony.line import SPEAK, Hotline
from tests.telephony.sound import AGENT_HZ, CALLER_HZ, MUSIC_HZ, SECOND_AGENT_HZ


def test_a_caller_waits_with_music_and_then_both_hear_each_other_and_are_recorded(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.tell(call, "record", recording_id=f"r{call.id}", on=True)
    hotline.bridge(call, phone)
    hotline.let_talk(3)
    hotline.tell(call, "hangup", reason="done")
    ended = hotline.ended(call)
    call.trunk.finish()
    assert ended["by"] == "system"
    told = [type_ for type_ in hotline.types(call) if type_ != "recording.ready"]
    # 180 and 200 may come back to back, then ringing is not always told.
    assert [type_ for type_ in told if type_ != "leg.ringing"] == [
        "call.arrived", "leg.answered", "call.bridged", "call.ended",
    ]  # fmt: skip
    left, right = sound.read_wav(hotline.desk.wait_recording(f"r{call.id}").path)
    assert sound.seconds_of(CALLER_HZ, samples=left) >= 1.5 and sound.seconds_of(AGENT_HZ, samples=left) == 0
    assert sound.seconds_of(AGENT_HZ, samples=right) >= 1.5 and sound.seconds_of(CALLER_HZ, samples=right) == 0
    phone.wait_until("CALL_CLOSED")
    assert sound.seconds_of(CALLER_HZ, samples=phone.heard()) >= 1.5
    assert sound.seconds_of(MUSIC_HZ, samples=phone.heard()) <= 0.2


def test_a_played_prompt_is_reported_when_it_has_ended(hotline: Hotline) -> None:
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.tell(call, "answer")
    hotline.tell(call, "play", play_id="p1", prompts=["greeting"], loop=False, interruptible=True)
    assert hotline.desk.wait_fact("call.played", call=call.id, play_id="p1")["interrupted"] is False
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()


# ---- hanging up at any moment ----------------------------------------------------------------------------


def test_a_caller_who_gives_up_before_the_answer_has_ended_the_call(hotline: Hotline) -> None:
    call = hotline.call(sipp.expect(100), sipp.expect(180), sipp.cancel())
    assert hotline.ended(call)["by"] == "caller"
    call.trunk.finish()


def test_a_caller_who_hangs_up_while_waiting_has_ended_the_call(hotline: Hotline) -> None:
    call = hotline.call(sipp.answered(), SPEAK, sipp.pause(1), sipp.bye())
    hotline.greet(call)
    assert hotline.ended(call)["by"] == "caller"
    call.trunk.finish()


def test_a_caller_who_hangs_up_while_a_phone_rings_stops_its_ringing(hotline: Hotline) -> None:
    phone = hotline.add_phone(answers="manual")
    call = hotline.call(sipp.answered(), SPEAK, sipp.pause(2), sipp.bye())
    hotline.greet(call)
    hotline.ring(call, phone)
    phone.wait_until("CALL_INCOMING")
    assert hotline.ended(call)["by"] == "caller"
    phone.wait_until("CALL_CLOSED")
    assert "call.bridged" not in hotline.types(call)


def test_a_caller_who_hangs_up_in_the_talk_frees_the_agent_s_phone(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    call = hotline.call(sipp.answered(), SPEAK, sipp.pause(2.5), sipp.bye())
    hotline.greet(call)
    hotline.bridge(call, phone)
    assert hotline.ended(call)["by"] == "caller"
    phone.wait_until("CALL_CLOSED")
    call.trunk.finish()


def test_when_the_agent_hangs_up_the_caller_stays_until_the_desk_ends_the_call(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.bridge(call, phone)
    phone.tell("hangup")
    assert hotline.desk.wait_fact("leg.ended", call=call.id, leg="leg1")["by"] == "agent"
    assert "call.ended" not in hotline.types(call)
    hotline.tell(call, "hangup", reason="done")
    hotline.ended(call)
    call.trunk.finish()


# ---- nobody answers --------------------------------------------------------------------------------------


def test_a_phone_that_nobody_answers_is_given_up_and_the_next_agent_is_bridged(hotline: Hotline) -> None:
    asleep, awake = hotline.add_phone(answers="manual"), hotline.add_phone(hz=SECOND_AGENT_HZ)
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.tell(call, "record", recording_id=f"r{call.id}", on=True)
    hotline.ring(call, asleep, leg="first", timeout=2)
    assert hotline.desk.wait_fact("leg.failed", call=call.id, leg="first")["reason"] == "timeout"
    asleep.wait_until("CALL_CLOSED")
    hotline.bridge(call, awake, leg="second")
    hotline.let_talk(2.5)
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()
    left, right = sound.read_wav(hotline.desk.wait_recording(f"r{call.id}").path)
    assert sound.seconds_of(CALLER_HZ, samples=left) >= 1
    assert sound.seconds_of(SECOND_AGENT_HZ, samples=right) >= 1


def test_a_phone_that_declines_is_told_from_one_that_is_not_there(hotline: Hotline) -> None:
    phone = hotline.add_phone(answers="manual")
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.ring(call, phone, leg="first")
    phone.wait_until("CALL_INCOMING")
    phone.tell("hangup")
    assert hotline.desk.wait_fact("leg.failed", call=call.id, leg="first")["reason"] in ("busy", "declined")
    hotline.tell(
        call, "dial", leg="second", to={"kind": "agent", "users": ["9999"]}, timeout=5, bridge="on_answer",
        caller_hears="music",
    )  # fmt: skip
    assert hotline.desk.wait_fact("leg.failed", call=call.id, leg="second")["reason"] == "not_registered"
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()


def test_an_agent_without_a_browser_phone_is_rung_at_the_desk_phone(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.ring(call, phone, to={"kind": "agent", "users": [f"w{phone.user}", phone.user]})
    hotline.desk.wait_fact("call.bridged", call=call.id, leg="leg1")
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()


def test_ringing_that_is_called_off_stops_and_the_caller_goes_on_waiting(hotline: Hotline) -> None:
    phone = hotline.add_phone(answers="manual")
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.ring(call, phone)
    phone.wait_until("CALL_INCOMING")
    hotline.tell(call, "cancel", leg="leg1")
    assert hotline.desk.wait_fact("leg.failed", call=call.id, leg="leg1")["reason"] == "cancelled"
    phone.wait_until("CALL_CLOSED")
    assert "call.ended" not in hotline.types(call)
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()


# ---- digits ----------------------------------------------------------------------------------------------


def test_keys_pressed_as_telephone_events_are_told_once_each(hotline: Hotline) -> None:
    keys = sound.write_digits_capture(hotline.folder / "keys.pcap", digits="1590")
    call = hotline.call(sipp.answered(), sipp.pause(0.5), sipp.play(keys), sipp.pause(2), sipp.bye())
    hotline.greet(call)
    hotline.ended(call)
    assert [fact["digit"] for fact in hotline.desk.of(call.id, "call.digit")] == ["1", "5", "9", "0"]
    call.trunk.finish()


def test_a_key_pressed_by_an_info_request_is_told_and_interrupts_the_prompt(hotline: Hotline) -> None:
    call = hotline.call(sipp.answered(), sipp.pause(0.5), sipp.press_by_info("2", number=2), sipp.pause(1), sipp.bye(3))
    hotline.tell(call, "answer")
    hotline.tell(call, "play", play_id="p1", prompts=["hold", "hold"], loop=False, interruptible=True)
    assert hotline.desk.wait_fact("call.digit", call=call.id)["digit"] == "2"
    assert hotline.desk.wait_fact("call.played", call=call.id, play_id="p1")["interrupted"] is True
    hotline.ended(call)
    call.trunk.finish()


# ---- more than one agent ---------------------------------------------------------------------------------


def test_a_released_agent_is_gone_and_the_next_one_continues_the_same_recording(hotline: Hotline) -> None:
    first, second = hotline.add_phone(), hotline.add_phone(hz=SECOND_AGENT_HZ)
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.tell(call, "record", recording_id=f"r{call.id}", on=True)
    hotline.bridge(call, first, leg="first")
    hotline.let_talk(2.5)
    hotline.tell(call, "release", leg="first")
    first.wait_until("CALL_CLOSED")
    hotline.bridge(call, second, leg="second")
    hotline.let_talk(2.5)
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()
    left, right = sound.read_wav(hotline.desk.wait_recording(f"r{call.id}").path)
    assert sound.seconds_of(AGENT_HZ, samples=right) >= 1
    assert sound.seconds_of(SECOND_AGENT_HZ, samples=right) >= 1
    assert sound.seconds_of(CALLER_HZ, samples=left) >= 2


def test_two_agents_consult_while_the_caller_waits_and_the_second_takes_over(hotline: Hotline) -> None:
    first, second = hotline.add_phone(), hotline.add_phone(hz=SECOND_AGENT_HZ)
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.bridge(call, first, leg="first")
    hotline.ring(call, second, leg="second", bridge="no")
    hotline.desk.wait_fact("leg.answered", call=call.id, leg="second")
    hotline.desk.wait_done(hotline.tell(call, "connect", legs=["first", "second"]))
    hotline.let_talk(2.5)
    hotline.desk.wait_done(hotline.tell(call, "bridge", leg="second"))
    hotline.desk.wait_done(hotline.tell(call, "release", leg="first"))
    hotline.let_talk(2.5)
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()
    second.wait_until("CALL_CLOSED")
    heard = second.heard()
    assert sound.seconds_of(AGENT_HZ, samples=heard) >= 0.7
    assert sound.seconds_of(CALLER_HZ, samples=heard) >= 0.7


@pytest.mark.parametrize("who", ["phone", "desk"])
def test_a_held_caller_hears_music_and_the_trunk_is_left_alone(hotline: Hotline, who: str) -> None:
    phone = hotline.add_phone()
    call = hotline.call_by_ourselves()
    hotline.greet(call)
    hotline.bridge(call, phone)
    hotline.let_talk(1.6)
    before = len(call.voice.heard)
    if who == "phone":
        phone.tell("hold")
    else:
        hotline.tell(call, "hold")
    hotline.desk.wait_fact("call.held", call=call.id)
    hotline.let_talk(2.5)
    if who == "phone":
        phone.tell("resume")
    else:
        hotline.tell(call, "resume")
    hotline.desk.wait_fact("call.resumed", call=call.id)
    between = len(call.voice.heard)
    hotline.let_talk(1.6)
    heard = call.voice.samples_heard()
    assert sound.seconds_of(AGENT_HZ, samples=heard[:before]) >= 0.6
    assert sound.seconds_of(MUSIC_HZ, samples=heard[before:between]) >= 1
    assert sound.seconds_of(AGENT_HZ, samples=heard[between:]) >= 0.6
    call.voice.hang_up()
    hotline.ended(call)
    # A re-INVITE towards the trunk would cost money with some carriers and fail with others.
    assert call.voice.requests == []


# ---- after hours -----------------------------------------------------------------------------------------


def test_a_message_is_recorded_after_the_beep_and_handed_over(hotline: Hotline) -> None:
    call = hotline.call(sipp.answered(), sipp.pause(1.5), SPEAK, sipp.pause(2), sipp.bye())
    hotline.tell(call, "answer")
    hotline.tell(call, "voicemail", recording_id=f"v{call.id}", max_seconds=30, silence_seconds=10, beep=True)
    hotline.ended(call)
    call.trunk.finish()
    kept = hotline.desk.wait_recording(f"v{call.id}")
    (said,) = sound.read_wav(kept.path)
    assert (kept.kind, kept.call_id) == ("voicemail", call.id)
    assert sound.seconds_of(CALLER_HZ, samples=said) >= 1
    assert hotline.desk.wait_fact("voicemail.ended", call=call.id)["recording_id"] == f"v{call.id}"


def test_a_message_ends_by_itself_at_its_longest(hotline: Hotline) -> None:
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.tell(call, "answer")
    hotline.tell(call, "voicemail", recording_id=f"v{call.id}", max_seconds=2, silence_seconds=30, beep=False)
    assert 1.9 <= hotline.desk.wait_fact("voicemail.ended", call=call.id)["seconds"] <= 20
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()
