"""The FreeSWITCH engine when something is wrong: words that would be commands, breaks, kills, passwords."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from caredesk.infra.hotline.freeswitch.event_socket import EventSocket, SwitchAway, read_event
from caredesk.infra.hotline.freeswitch.words import directory
from tests.telephony.desk_double import DeskDouble
from tests.telephony.event_socket import PASSWORD, EventSocketDouble
from tests.telephony.stage import Stage
from tests.telephony.tools import wait_for

ROOT = Path(__file__).resolve().parents[2]

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
    wait_for(lambda: not stage.engine.book.calls, what=lambda: "call is on")
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
    switch.wait_connection(1)
    call = uuid.uuid4().hex
    switch.call_in(call)
    desk.wait_fact("call.arrived", call=call)
    desk.away = True
    switch.emit("DTMF", call, DTMF_Digit="7")
    spool = tmp_path / "data" / "hotline" / "freeswitch" / "spool.sqlite3"
    wait_for(lambda: b"call.digit" in _written(spool) or None, what=lambda: "not on disk")
    first.kill()
    first.wait()
    desk.away = False
    process(desk, switch)
    switch.wait_connection(2)
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
