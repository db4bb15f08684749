"""The FreeSWITCH engine between a desk double and a stand-in of FreeSWITCH: the same wire, dialogue by dialogue."""

from __future__ import annotations

import uuid
import wave
from pathlib import Path

import pytest

from tests.telephony.stage import Stage

# ---- a call from the greeting to the end -------------------------------------------------------------------


def test_a_caller_is_greeted_waits_and_talks(stage: Stage) -> None:
    call = uuid.uuid4().hex
    stage.switch.call_in(call, caller="13900000001")
    arrived = stage.desk.wait_fact("call.arrived", call=call)
    assert (arrived["caller"], arrived["called"]) == ("13900000001", "4000000000")
    stage.switch.wait(f"sched_del {call}")
    stage.desk.command(call, "answer")
    stage.desk.command(call, "play", play_id="p1", prompts=["greeting"], interruptible=True)
    stage.switch.wait(f"uuid_answer {call}")
    mark = stage.switch.wait(rf"execute {call} playback file_string://\S+\.wav (\S+)")[1]
    stage.switch.emit("CHANNEL_EXECUTE_COMPLETE", call, Application_UUID=mark)
    assert stage.desk.wait_fact("call.played", call=call, play_id="p1")["interrupted"] is False
    channel = stage.ring(call, "leg-1")
    stage.switch.wait(rf"execute {call} endless_playback \S+\.wav")
    stage.switch.answer(channel)
    assert stage.desk.wait_fact("leg.answered", call=call)["user"] == "w1001"
    stage.switch.wait(f"uuid_break {call} all")
    stage.switch.wait(f"uuid_bridge {call} {channel}")
    stage.switch.bridge(call, channel)
    stage.desk.wait_fact("call.bridged", call=call, leg="leg-1")
    stage.switch.hang_up(call)
    assert stage.desk.wait_fact("call.ended", call=call)["by"] == "caller"
    stage.switch.wait(f"uuid_kill {channel} NORMAL_CLEARING")
    told = [fact["type"] for fact in stage.desk.of(call)]
    assert told == [
        "call.arrived",
        "call.played",
        "leg.ringing",
        "leg.answered",
        "call.bridged",
        "call.ended",
    ]


def test_a_digit_is_told_and_cuts_what_may_be_cut(stage: Stage) -> None:
    call = stage.caller()
    stage.desk.command(call, "play", play_id="p1", prompts=["greeting"], interruptible=True)
    mark = stage.switch.wait(rf"execute {call} playback \S+ (\S+)")[1]
    stage.switch.emit("DTMF", call, DTMF_Digit="1")
    assert stage.desk.wait_fact("call.digit", call=call)["digit"] == "1"
    stage.switch.wait(f"uuid_break {call} all")
    stage.switch.emit("CHANNEL_EXECUTE_COMPLETE", call, Application_UUID=mark)
    assert stage.desk.wait_fact("call.played", call=call)["interrupted"] is True


def test_what_another_prompt_overtakes_is_told_as_cut(stage: Stage) -> None:
    call = stage.caller()
    marks = []
    for number in (1, 2):
        stage.desk.command(call, "play", play_id=f"p{number}", prompts=["greeting"])
        marks.append(stage.switch.wait(rf"execute {call} playback \S+ (\S+)", number=number)[1])
    for mark in marks:
        stage.switch.emit("CHANNEL_EXECUTE_COMPLETE", call, Application_UUID=mark)
    assert stage.desk.wait_fact("call.played", call=call, play_id="p1")["interrupted"] is True
    assert stage.desk.wait_fact("call.played", call=call, play_id="p2")["interrupted"] is False


def test_a_browser_that_is_not_there_is_followed_by_the_desk_phone(stage: Stage) -> None:
    call = stage.caller()
    browser = stage.ring(call, "leg-1")
    stage.switch.emit("BACKGROUND_JOB", body="-ERR USER_NOT_REGISTERED\n", Job_UUID=browser)
    stage.switch.answer(stage.rung("1001"))
    assert stage.desk.wait_fact("leg.answered", call=call)["user"] == "1001"
    assert not stage.desk.of(call, "leg.failed")


@pytest.mark.parametrize(
    ("cause", "reason"),
    [("NO_ANSWER", "timeout"), ("USER_BUSY", "busy"), ("CALL_REJECTED", "declined"), ("STRANGE", "error")],
)
def test_a_phone_that_is_not_answered_fails_once_with_its_reason(stage: Stage, cause: str, reason: str) -> None:
    call = stage.caller()
    channel = stage.ring(call, "leg-1", "1001")
    stage.switch.emit("CHANNEL_PROGRESS", channel)
    stage.switch.hang_up(channel, how="send_cancel", cause=cause, code="19")
    stage.switch.emit("BACKGROUND_JOB", body=f"-ERR {cause}\n", Job_UUID=channel)
    failed = stage.desk.wait_fact("leg.failed", call=call)
    assert (failed["reason"], failed["cause"]) == (reason, 19)
    stage.desk.wait_done(stage.desk.command(call, "music", name="hold"))
    assert len(stage.desk.of(call, "leg.failed")) == 1


def test_a_caller_who_hangs_up_while_it_rings_takes_the_ringing_along(stage: Stage) -> None:
    call = stage.caller()
    channel = stage.ring(call, "leg-1", "1001")
    stage.switch.hang_up(call, how="recv_bye")
    assert stage.desk.wait_fact("call.ended", call=call)["by"] == "caller"
    stage.switch.wait(f"uuid_kill {channel} ORIGINATOR_CANCEL")
    stage.switch.hang_up(channel, how="send_cancel", cause="ORIGINATOR_CANCEL")
    assert not stage.engine.book.calls and not stage.desk.of(call, "leg.failed")


def test_an_agent_who_hangs_up_leaves_the_caller_with_music(stage: Stage) -> None:
    call, channel = stage.talk()
    stage.switch.hang_up(channel, how="recv_bye")
    assert stage.desk.wait_fact("leg.ended", call=call, leg="leg-1")["by"] == "agent"
    stage.switch.wait(rf"execute {call} endless_playback", number=2)
    stage.desk.command(call, "hangup", reason="agent")
    stage.switch.wait(f"uuid_kill {call} NORMAL_CLEARING")
    stage.switch.hang_up(call, how="send_bye")
    ended = stage.desk.wait_fact("call.ended", call=call)
    assert (ended["by"], ended["reason"]) == ("system", "agent")


def test_a_phone_that_vanishes_is_lost_and_not_hung_up(stage: Stage) -> None:
    call, channel = stage.talk()
    stage.switch.hang_up(channel, how="", cause="MEDIA_TIMEOUT")
    assert stage.desk.wait_fact("leg.lost", call=call)["reason"] == "media_lost"


def test_a_registration_that_ends_during_a_call_loses_the_leg(stage: Stage) -> None:
    call, channel = stage.talk()
    stage.switch.emit("sofia::register", from_user="1001", expires="60")
    assert stage.desk.wait_fact("phone.registered", user="1001")["kind"] == "desk"
    # The header is spelled with a dash.
    stage.switch.emit("sofia::expire", user="1001")
    assert stage.desk.wait_fact("phone.unregistered", user="1001")["reason"] == "expired"
    stage.switch.wait(f"uuid_kill {channel} NORMAL_CLEARING")
    stage.switch.hang_up(channel, how="send_bye")
    assert stage.desk.wait_fact("leg.lost", call=call)["reason"] == "registration_lost"


# ---- hold, transfer, listening -----------------------------------------------------------------------------


def test_hold_parks_both_and_resume_binds_them_again(stage: Stage) -> None:
    call, channel = stage.talk()
    stage.desk.command(call, "hold")
    stage.switch.wait(f"uuid_transfer {call} -both park inline")
    stage.desk.wait_fact("call.held", call=call)
    stage.desk.command(call, "resume")
    stage.switch.wait(f"uuid_bridge {call} {channel}", number=2)
    stage.switch.bridge(call, channel)
    stage.desk.wait_fact("call.resumed", call=call)
    assert len(stage.desk.of(call, "call.bridged")) == 1


def test_a_warm_transfer_lets_two_agents_talk_and_leaves_the_caller_to_the_second(stage: Stage) -> None:
    call, first = stage.talk()
    stage.desk.command(call, "hold")
    stage.desk.wait_fact("call.held", call=call)
    second = stage.ring(call, "leg-2", "1002", bridge="no")
    stage.switch.answer(second)
    stage.desk.wait_fact("leg.answered", call=call, leg="leg-2")
    stage.desk.command(call, "connect", legs=["leg-1", "leg-2"])
    stage.switch.wait(f"uuid_bridge {first} {second}")
    stage.switch.bridge(first, second)
    stage.desk.command(call, "bridge", leg="leg-2")
    stage.switch.wait(f"uuid_bridge {call} {second}")
    stage.switch.bridge(call, second)
    stage.desk.wait_fact("call.bridged", call=call, leg="leg-2")
    stage.desk.command(call, "release", leg="leg-1")
    stage.switch.wait(f"uuid_kill {first} NORMAL_CLEARING")
    stage.switch.hang_up(first, how="send_bye")
    assert stage.desk.wait_fact("leg.ended", call=call, leg="leg-1")["by"] == "system"


def test_a_supervisor_listens_and_then_joins(stage: Stage) -> None:
    call, agent = stage.talk()
    beside = stage.ring(call, "leg-s", "1009", bridge="no")
    stage.switch.answer(beside)
    stage.desk.wait_fact("leg.answered", call=call, leg="leg-s")
    for number, (mode, aleg, bleg) in enumerate((("listen", "false", "false"), ("join", "true", "true")), start=1):
        stage.desk.command(call, "listen", leg="leg-s", mode=mode)
        stage.switch.wait(f"execute {beside} eavesdrop {agent}", number=number)
        stage.switch.wait(f"uuid_setvar {beside} eavesdrop_whisper_aleg {aleg}")
        stage.switch.wait(f"uuid_setvar {beside} eavesdrop_whisper_bleg {bleg}")


# ---- recordings and messages -------------------------------------------------------------------------------


def write_sound(path: str, *, channels: int) -> None:
    with wave.open(path, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0" * 2 * channels * 8000)


def test_a_recording_begins_with_the_bridge_and_is_brought_to_the_desk(stage: Stage) -> None:
    call = stage.caller()
    stage.desk.wait_done(stage.desk.command(call, "record", recording_id="rec-1", on=True))
    channel = stage.ring(call, "leg-1", "1001")
    stage.switch.answer(channel)
    stage.switch.wait(f"uuid_bridge {call} {channel}")
    assert not any(command.startswith("uuid_record") for command in stage.switch.commands)
    stage.switch.bridge(call, channel)
    path = stage.switch.wait(rf"uuid_record {call} start (\S+)")[1]
    stage.switch.wait(f"uuid_setvar {call} RECORD_STEREO true")
    for on, said in ((False, "mask"), (True, "unmask")):
        stage.desk.command(call, "record", recording_id="rec-1", on=on)
        stage.switch.wait(f"uuid_record {call} {said} {path}")
    write_sound(path, channels=2)
    stage.switch.emit("RECORD_STOP", call, Record_File_Path=path)
    stage.switch.hang_up(call)
    recording = stage.desk.wait_recording("rec-1")
    assert (recording.call_id, recording.kind) == (call, "call")
    assert stage.desk.wait_fact("recording.ready", recording_id="rec-1")["seconds"] == 1.0
    assert not Path(path).exists()


def test_a_message_is_recorded_with_its_limits_and_brought(stage: Stage) -> None:
    call = stage.caller()
    stage.desk.command(call, "voicemail", recording_id="vm-1", max_seconds=60, silence_seconds=5, beep=True)
    stage.switch.wait(rf"execute {call} playback tone_stream")
    path, mark = stage.switch.wait(rf"execute {call} record (\S+) 60 30 5 (\S+)").groups()
    write_sound(path, channels=1)
    stage.switch.emit("CHANNEL_EXECUTE_COMPLETE", call, Application_UUID=mark, variable_record_seconds="7")
    assert stage.desk.wait_fact("voicemail.ended", recording_id="vm-1")["seconds"] == 7.0
    assert stage.desk.wait_recording("vm-1").kind == "voicemail"


def test_who_hangs_up_while_speaking_has_left_the_message(stage: Stage) -> None:
    call = stage.caller()
    stage.desk.command(call, "voicemail", recording_id="vm-1")
    path = stage.switch.wait(rf"execute {call} record (\S+)")[1]
    write_sound(path, channels=1)
    stage.switch.hang_up(call)
    told = [fact["type"] for fact in stage.desk.of(call) if fact["type"].startswith(("voicemail", "call.ended"))]
    stage.desk.wait_recording("vm-1")
    stage.desk.wait_fact("call.ended", call=call)
    told = [fact["type"] for fact in stage.desk.of(call, "voicemail.ended", "call.ended")]
    assert told == ["voicemail.ended", "call.ended"]


# ---- click to call -----------------------------------------------------------------------------------------


def test_click_to_call_rings_the_agent_then_the_patient(stage: Stage) -> None:
    call = uuid.uuid4().hex
    stage.desk.command(
        call,
        "originate",
        first={"users": ["1001"]},
        number="13900000002",
        caller_id="4000000000",
        timeout=30,
        leg_agent="a",
        leg_patient="p",
    )
    agent = stage.rung("1001")
    stage.switch.answer(agent)
    stage.switch.wait(rf"execute {agent} playback tone_stream")
    pattern = (
        r"originate \{origination_uuid=([0-9a-f-]+),.*caller_id_number=4000000000.*\}sofia/gateway/carrier/13900000002"
    )
    patient = stage.switch.wait(pattern)[1]
    stage.switch.answer(patient)
    stage.switch.wait(f"uuid_bridge {patient} {agent}")
    stage.switch.bridge(patient, agent)
    stage.desk.wait_fact("call.bridged", call=call, leg="a")
    stage.switch.hang_up(patient)
    assert stage.desk.wait_fact("call.ended", call=call)["by"] == "caller"
    assert [fact["leg"] for fact in stage.desk.of(call, "leg.answered")] == ["a", "p"]
