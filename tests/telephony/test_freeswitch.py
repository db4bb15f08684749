"""The FreeSWITCH engine between a desk double and a stand-in of FreeSWITCH: the same wire, dialogue by dialogue."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from caredesk.core.clock import SystemClock
from caredesk.infra.hotline.freeswitch.engine import Engine, EngineSetup
from caredesk.infra.hotline.freeswitch.event_socket import EventSocket, SwitchAway, read_event
from caredesk.infra.hotline.freeswitch.words import directory
from tests.telephony.desk_double import DeskDouble
from tests.telephony.event_socket import PASSWORD, EventSocketDouble
from tests.telephony.tools import wait_for

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    """A desk, an engine, a FreeSWITCH."""

    desk: DeskDouble
    switch: EventSocketDouble
    engine: Engine
    folder: Path

    def caller(self) -> str:
        """Let somebody call who has been answered; return the call, which is the channel."""
        call = uuid.uuid4().hex
        self.switch.call_in(call)
        self.desk.wait_fact("call.arrived", call=call)
        self.desk.wait_done(self.desk.command(call, "answer"))
        return call

    def ring(self, call: str, leg: str, *users: str, bridge: str = "on_answer") -> str:
        """Ring an agent; return the channel of the first phone that is rung."""
        to = {"kind": "agent", "users": list(users) or ["w1001", "1001"]}
        self.desk.command(call, "dial", leg=leg, to=to, timeout=15, bridge=bridge, caller_hears="music")
        return self.rung(users[0] if users else "w1001")

    def rung(self, user: str, *, number: int = 1) -> str:
        pattern = rf"originate \{{origination_uuid=([0-9a-f-]+),.*\}}user/{user}@caredesk &park\(\)"
        return self.switch.wait(pattern, number=number)[1]

    def talk(self, leg: str = "leg-1") -> tuple[str, str]:
        """Let a caller and an agent talk; return both channels."""
        call = self.caller()
        channel = self.ring(call, leg, "1001")
        self.switch.answer(channel)
        self.switch.wait(rf"uuid_bridge {call} {channel}")
        self.switch.bridge(call, channel)
        self.desk.wait_fact("call.bridged", call=call, leg=leg)
        return call, channel


def open_engine(desk: DeskDouble, switch: EventSocketDouble, folder: Path) -> tuple[Engine, threading.Thread]:
    setup = EngineSetup(folder, desk.url, desk.secret, "127.0.0.1", switch.port, PASSWORD, "caredesk", "carrier")
    engine = Engine(setup, clock=SystemClock())
    engine.start()
    working = threading.Thread(target=engine.work, daemon=True)
    working.start()
    switch.wait_connection(1)
    return engine, working


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    desk, switch = DeskDouble(tmp_path), EventSocketDouble()
    desk.start()
    switch.start()
    desk.add_phone("1001", secret="a-phone's-password")
    engine, working = open_engine(desk, switch, tmp_path / "engine")
    wait_for(lambda: engine.sounds(["greeting"]) or None, seconds=5, what=lambda: "no prompts")
    written = tmp_path / "engine" / "directory" / "phones.xml"
    wait_for(lambda: written.exists() or None, seconds=10, what=lambda: "no phones")
    yield Stage(desk, switch, engine, tmp_path / "engine")
    engine.stop()
    working.join(10)
    switch.stop()
    desk.stop()


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


# ---- nothing of a stranger's or the desk's becomes a command -------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("dial", {"leg": "x", "to": {"kind": "number", "number": "1 &system(x)"}}),
        ("dial", {"leg": "x", "to": {"kind": "agent", "users": ["1001,sofia/gateway/carrier/900"]}}),
        ("dial", {"leg": "x\napi shutdown", "to": {"kind": "agent", "users": ["1001"]}}),
        ("record", {"recording_id": "../../etc/passwd", "on": True}),
        ("digits", {"leg": "x", "digits": "1\n\napi shutdown"}),
        ("music", {"name": "../x"}),
        ("bridge", {"leg": "nobody"}),
        ("dance", {}),
        ("play", {}),
    ],
)
def test_a_command_that_makes_no_sense_reaches_nobody_and_counts_as_done(
    stage: Stage, verb: str, args: dict[str, object]
) -> None:
    call = stage.caller()
    before = len(stage.switch.commands)
    stage.desk.wait_done(stage.desk.command(call, verb, **args))
    assert [one for one in stage.switch.commands[before:] if one != "reloadxml"] == []


def test_what_a_caller_writes_into_a_name_never_becomes_a_header() -> None:
    event = read_event("Event-Name: DTMF\nCaller-Caller-ID-Name: x%0AEvent-Name%3A%20CHANNEL_HANGUP\n\nbody")
    assert (event.name, event.get("Caller-Caller-ID-Name")) == ("DTMF", "x\nEvent-Name: CHANNEL_HANGUP")


def test_the_directory_holds_no_password_and_no_markup_of_others() -> None:
    phones = [
        {"user": "1001", "ha1": "0" * 32, "kind": "desk"},
        {"user": 'x"/><user id="9', "ha1": "1" * 32, "kind": "desk"},
    ]
    written = directory(phones, realm="caredesk")
    assert written.count("<user ") == 1 and '<param name="a1-hash" value="00000000' in written


def test_phones_are_written_for_freeswitch_and_it_is_told(stage: Stage) -> None:
    stage.switch.wait("reloadxml")
    written = (stage.folder / "directory" / "phones.xml").read_text()
    assert 'id="1001"' in written and "password" not in written
    stage.desk.add_phone("1002", secret="another")
    stage.desk.wait_done(stage.desk.command("", "phones_changed"))
    assert 'id="1002"' in (stage.folder / "directory" / "phones.xml").read_text()


# ---- breaking and coming back ------------------------------------------------------------------------------


def test_calls_of_an_earlier_run_are_hung_up_at_the_start(stage: Stage) -> None:
    stage.switch.wait("hupall NORMAL_TEMPORARY_FAILURE caredesk_inbound true")
    stage.switch.wait("hupall NORMAL_TEMPORARY_FAILURE caredesk_leg true")
    assert "listen" in stage.desk.wait_fact("engine.started")["capabilities"]
    stage.desk.wait_fact("engine.recovered", code="freeswitch_away")
    told = [fact["type"] for fact in stage.desk.facts if fact["type"].startswith("engine.")]
    assert told[:3] == ["engine.started", "engine.trouble", "engine.recovered"]


def test_after_a_break_what_happened_meanwhile_is_found_out(stage: Stage) -> None:
    gone, kept = stage.caller(), stage.caller()
    stage.switch.stop()
    stage.desk.wait_nth("engine.trouble", number=2)
    command = stage.desk.command(kept, "music", name="hold")
    stage.switch.channels = [one for one in stage.switch.channels if one["uuid"] != gone]
    missed = uuid.uuid4().hex
    stage.switch.channels.append({"uuid": missed, "context": "caredesk", "direction": "inbound", "cid_num": "139"})
    stage.switch.registrations = [{"reg_user": "1001", "expires": "1800000000"}]
    stage.switch.start()
    stage.switch.wait_connection(2)
    ended = stage.desk.wait_fact("call.ended", call=gone)
    assert (ended["by"], ended["reason"]) == ("trunk", "lost")
    assert stage.desk.wait_fact("call.arrived", call=missed)["caller"] == "139"
    stage.desk.wait_fact("phone.registered", user="1001")
    stage.desk.wait_nth("engine.recovered", number=2)
    stage.desk.wait_done(command)
    stage.switch.wait(rf"execute {kept} endless_playback")
    assert not stage.desk.of(kept, "call.ended")


def test_facts_wait_while_the_desk_is_away(stage: Stage) -> None:
    call = stage.caller()
    stage.desk.away = True
    stage.switch.emit("DTMF", call, DTMF_Digit="5")
    stage.switch.hang_up(call)
    wait_for(lambda: not stage.engine.book.calls, seconds=5, what=lambda: "call is on")
    stage.desk.away = False
    stage.desk.wait_fact("call.ended", call=call)
    assert [fact["type"] for fact in stage.desk.of(call)] == ["call.arrived", "call.digit", "call.ended"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[[DeskDouble, EventSocketDouble], subprocess.Popen[bytes]]]:
    """Start the adapter as an operator does, with one folder for all its lives."""
    running: list[subprocess.Popen[bytes]] = []

    def start(desk: DeskDouble, switch: EventSocketDouble) -> subprocess.Popen[bytes]:
        environment = dict(
            os.environ,
            CAREDESK_DATA_DIR=str(tmp_path / "data"),
            CAREDESK_HOTLINE_DESK_URL=desk.url,
            CAREDESK_HOTLINE_SECRET=desk.secret,
            CAREDESK_FREESWITCH_ADDRESS=f"127.0.0.1:{switch.port}",
            CAREDESK_FREESWITCH_PASSWORD=PASSWORD,
        )
        command = [sys.executable, "-m", "caredesk", "hotline", "--engine", "freeswitch"]
        with (tmp_path / "adapter.log").open("ab") as log:
            running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT))
        return running[-1]

    yield start
    for one in running:
        one.kill()
        one.wait()


def test_an_adapter_that_is_killed_begins_anew_and_tells_what_it_had_kept(
    tmp_path: Path, process: Callable[[DeskDouble, EventSocketDouble], subprocess.Popen[bytes]]
) -> None:
    desk, switch = DeskDouble(tmp_path), EventSocketDouble()
    desk.start()
    switch.start()
    first = process(desk, switch)
    switch.wait_connection(1, seconds=20)
    call = uuid.uuid4().hex
    switch.call_in(call)
    desk.wait_fact("call.arrived", call=call)
    desk.away = True
    switch.emit("DTMF", call, DTMF_Digit="7")
    spool = tmp_path / "data" / "hotline" / "freeswitch" / "spool.sqlite3"
    wait_for(lambda: b"call.digit" in _written(spool) or None, seconds=5, what=lambda: "not on disk")
    first.kill()
    first.wait()
    desk.away = False
    process(desk, switch)
    switch.wait_connection(2, seconds=20)
    switch.wait("hupall NORMAL_TEMPORARY_FAILURE caredesk_inbound true", number=2)
    assert desk.wait_nth("engine.started", number=2)["calls"] == []
    assert desk.wait_fact("call.digit", call=call)["digit"] == "7"
    switch.stop()
    desk.stop()


def _written(spool: Path) -> bytes:
    return b"".join(path.read_bytes() for path in spool.parent.glob("spool.sqlite3*"))


def test_a_wrong_password_is_no_connection_and_no_loop_without_a_pause() -> None:
    switch, states = EventSocketDouble(), list[bool]()
    switch.start()
    refused = EventSocket(
        "127.0.0.1", switch.port, password="wrong", events="plain DTMF", on_event=print, on_connection=states.append
    )
    refused.start()
    with pytest.raises(SwitchAway):
        refused.api("status")
    refused.stop()
    switch.stop()
    assert (states, switch.connections) == ([], 0)
