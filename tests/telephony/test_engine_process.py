"""The engine's process and its carrier: watched over by a parent, heard before the answer, with a login of its own."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from tests.telephony import sipp, sound
from tests.telephony.engine_process import EngineProcess
from tests.telephony.line import SPEAK, Hotline
from tests.telephony.sound import CALLER_HZ, GREETING_HZ
from tests.telephony.tools import wait_for

OpenHotline = Callable[..., Hotline]
PASSWORD = "a-secret-of-the-carrier's"


def worker_of(hotline: Hotline) -> int:
    """Return the process that the supervisor has started."""
    assert hotline.engine.process is not None
    children = Path(f"/proc/{hotline.engine.process.pid}/task/{hotline.engine.process.pid}/children")
    found = wait_for(lambda: children.read_text().split(), what=lambda: "no worker")
    return int(found[0])


def starts(hotline: Hotline) -> int:
    return sum(fact["type"] == "engine.started" for fact in list(hotline.desk.facts))


def test_a_worker_that_dies_is_replaced_and_the_next_call_is_answered(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    first = worker_of(hotline)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: starts(hotline) == 2, what=hotline.desk.story)
    assert worker_of(hotline) != first
    call = hotline.call(sipp.answered(), sipp.hung_up_by_other())
    hotline.tell(call, "answer")
    hotline.let_talk(0.3)
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()


def test_a_worker_does_not_outlive_its_supervisor(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    worker = worker_of(hotline)
    assert hotline.engine.process is not None
    os.kill(hotline.engine.process.pid, signal.SIGKILL)
    hotline.engine.process.wait()
    hotline.engine.process = None
    wait_for(lambda: not Path(f"/proc/{worker}").exists(), what=lambda: "the worker lives on")


def test_an_orderly_end_parts_from_the_callers_and_tells_so(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    call = hotline.call(sipp.answered(), sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.let_talk(0.5)
    hotline.engine.stop()
    ended = hotline.ended(call)
    assert (ended["by"], ended["reason"]) == ("system", "shutdown")
    call.trunk.finish()


def test_a_port_that_is_taken_ends_the_engine_instead_of_sharing_calls(
    open_hotline: OpenHotline, tmp_path: Path
) -> None:
    hotline = open_hotline()
    second = EngineProcess(tmp_path / "second", hotline.desk.url, hotline.desk.secret)
    second.sip_port = hotline.engine.sip_port
    second.start()
    assert second.process is not None
    assert second.process.wait(timeout=30) == 78
    assert "port is in use" in second.log_tail()


def test_a_caller_hears_the_queue_before_the_call_is_answered(hotline: Hotline) -> None:
    hotline.desk.wait_done(hotline.desk.command("", "prompts_changed"))
    caller = hotline.call_by_ourselves()
    hotline.tell(caller, "play", play_id="p1", prompts=["greeting"], loop=False, interruptible=False)
    hotline.desk.wait_fact("call.played", call=caller.id, play_id="p1")
    assert caller.voice.status == 0
    assert sound.seconds_of(GREETING_HZ, samples=caller.voice.samples_heard()) >= 0.7
    hotline.tell(caller, "answer")
    wait_for(lambda: caller.voice.status == 200, what=lambda: "not answered")
    hotline.tell(caller, "hangup", reason="done")
    hotline.ended(caller)


def test_a_message_ends_after_a_silence(hotline: Hotline) -> None:
    caller = hotline.call_by_ourselves()
    hotline.tell(caller, "answer")
    hotline.tell(caller, "voicemail", recording_id=f"v{caller.id}", max_seconds=60, silence_seconds=2, beep=False)
    hotline.let_talk(2.5)
    assert "voicemail.ended" not in hotline.types(caller)
    caller.voice.say(sound.tone(CALLER_HZ, seconds=1) * 0)
    # Longer than the words, and by far shorter than it may be.
    assert 4 <= hotline.desk.wait_fact("voicemail.ended", call=caller.id)["seconds"] <= 30
    hotline.tell(caller, "hangup", reason="done")
    hotline.ended(caller)


def test_a_message_ends_when_the_line_sends_nothing_any_more(hotline: Hotline) -> None:
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other(), voice_seconds=2)
    hotline.tell(call, "answer")
    hotline.tell(call, "voicemail", recording_id=f"v{call.id}", max_seconds=60, silence_seconds=2, beep=False)
    assert 3.5 <= hotline.desk.wait_fact("voicemail.ended", call=call.id)["seconds"] <= 30
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()


def test_a_prompt_that_nobody_has_sent_is_passed_over(hotline: Hotline) -> None:
    caller = hotline.call_by_ourselves()
    hotline.tell(caller, "answer")
    hotline.tell(caller, "play", play_id="p1", prompts=["nowhere", "greeting"], loop=False, interruptible=False)
    assert hotline.desk.wait_fact("call.played", call=caller.id, play_id="p1")["interrupted"] is False
    hotline.tell(caller, "nonsense")
    hotline.tell(caller, "bridge", leg="nobody")
    hotline.desk.wait_done(hotline.tell(caller, "play", prompts="no id"))
    hotline.tell(caller, "hangup", reason="done")
    hotline.ended(caller)


def test_the_engine_proves_itself_to_a_carrier_that_asks(hotline: Hotline, tmp_path: Path) -> None:
    login = {"USER": "hospital", "PASSWORD": PASSWORD, "REGISTER": "true"}
    settings = {f"CAREDESK_HOTLINE_TRUNK_{name}": value for name, value in login.items()}
    engine = EngineProcess(tmp_path / "engine", hotline.desk.url, hotline.desk.secret, settings=settings)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as carrier:
        carrier.bind(("127.0.0.1", engine.carrier_port))
        carrier.settimeout(30)
        engine.start()
        try:
            asked, address = carrier.recvfrom(8_192)
            challenge = 'WWW-Authenticate: Digest realm="carrier",nonce="abc",algorithm=MD5,qop="auth"\r\n'
            carrier.sendto(reply_to(asked, "401 Unauthorized", challenge), address)
            proven, address = carrier.recvfrom(8_192)
            assert is_proven(proven.decode(), method="REGISTER")
            carrier.sendto(reply_to(proven, "200 OK", "Expires: 120\r\n"), address)
            hotline.desk.wait_fact("engine.recovered", code="trunk_registration")
        finally:
            engine.stop()


def reply_to(request: bytes, status: str, extra: str) -> bytes:
    """Return a response with the request's own headers."""
    lines = request.decode().split("\r\n")
    kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq", "Contact")]
    to = next(line for line in lines if line.startswith("To:"))
    return "\r\n".join([f"SIP/2.0 {status}", *kept, f"{to};tag=c1", f"{extra}Content-Length: 0", "", ""]).encode()


def is_proven(request: str, *, method: str) -> bool:
    """Check a digest as RFC 2617 has it."""
    said = next(line for line in request.split("\r\n") if line.startswith("Authorization:"))
    proof = dict(re.findall(r'(\w+)="?([^",]+)"?', said))
    ha1, ha2 = md5("hospital", "carrier", PASSWORD), md5(method, proof["uri"])
    right = md5(ha1, "abc", proof["nc"], proof["cnonce"], proof["qop"], ha2)
    return bool(proof["username"] == "hospital" and proof["response"] == right)


def md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()
