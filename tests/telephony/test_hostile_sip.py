"""What reaches an open SIP port: scanners, nonsense, repeats, wrong passwords, odd numbers. Refused or absorbed."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

import pytest

from caredesk.infra.hotline.caller_sip import Dialog, describe_sound
from tests.telephony import sipp
from tests.telephony.desk_double import Fact
from tests.telephony.line import Hotline
from tests.telephony.tools import wait_for

ODD_CALLERS = {
    "nobody": "<sip:anonymous@anonymous.invalid>",
    "no number": "<sip:127.0.0.1>",
    "with a plus": "<sip:+8613700138000@127.0.0.1>",
    "a telephone address": "<tel:+86-138-0013-8000>",
    "very long": f"<sip:{'9' * 900}@127.0.0.1>",
    "quotes and angles": '"O\\"Brien <x>" <sip:13700138001@127.0.0.1>',
    "Chinese": '"家长 👶" <sip:13700138002@127.0.0.1>',
    "escaped": "<sip:%31%33%0d%0aX@127.0.0.1>",
    "parameters": "<sip:13700138003;phone-context=+86@127.0.0.1;user=phone>",
    "bare": "sip:13700138004@127.0.0.1",
    "markup": "<sip:<script>alert(1)</script>@127.0.0.1>",
}


@pytest.fixture
def attacker() -> Iterator[socket.socket]:
    """A socket from which anything can be sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(3)
        yield one


def to_engine(hotline: Hotline) -> tuple[str, int]:
    return ("127.0.0.1", hotline.engine.sip_port)


def invite_from(local: socket.socket, *, hotline: Hotline, caller: str = "13800139000") -> tuple[Dialog, bytes]:
    """Make a dialog and its INVITE."""
    dialog = Dialog(to_engine(hotline), local.getsockname(), caller, "4000123456")
    return dialog, dialog.invite(describe_sound(host="127.0.0.1", port=9))


def assert_still_answers(hotline: Hotline) -> None:
    """Place a normal call right after."""
    call = hotline.call(sipp.answered(), sipp.hung_up_by_other())
    hotline.tell(call, "answer")
    hotline.let_talk(0.3)
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()


def arrivals(hotline: Hotline) -> int:
    return sum(fact["type"] == "call.arrived" for fact in hotline.desk.facts)


def test_an_invite_from_elsewhere_is_met_with_silence(hotline: Hotline) -> None:
    before = arrivals(hotline)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as scanner:
        # All of 127.0.0.0/8 is this machine; the trunk is 127.0.0.1 only.
        scanner.bind(("127.0.0.2", 0))
        scanner.settimeout(1)
        _, invite = invite_from(scanner, hotline=hotline)
        scanner.sendto(invite, to_engine(hotline))
        with pytest.raises(TimeoutError):
            scanner.recv(2_048)
    assert arrivals(hotline) == before
    assert_still_answers(hotline)


def test_a_repeated_invite_is_one_call(hotline: Hotline, attacker: socket.socket) -> None:
    dialog, invite = invite_from(attacker, hotline=hotline, caller="13800139001")
    for _ in range(3):
        attacker.sendto(invite, to_engine(hotline))
    hotline.desk.wait_fact("call.arrived", caller="13800139001")
    attacker.sendto(dialog.cancel(), to_engine(hotline))
    wait_for(
        lambda: [fact for fact in of_caller(hotline, "13800139001") if fact["type"] == "call.ended"] or None,
        what=hotline.desk.story,
    )
    assert [fact["type"] for fact in of_caller(hotline, "13800139001")] == ["call.arrived", "call.ended"]


def of_caller(hotline: Hotline, number: str) -> list[Fact]:
    """Return the facts of all calls from a number."""
    calls = {f["call_id"] for f in list(hotline.desk.facts) if f["type"] == "call.arrived" and f["caller"] == number}
    return [fact for fact in list(hotline.desk.facts) if fact.get("call_id") in calls]


@pytest.mark.parametrize("shape", ODD_CALLERS)
def test_a_caller_id_of_any_shape_is_one_call_that_can_be_ended(
    hotline: Hotline, attacker: socket.socket, shape: str
) -> None:
    before = arrivals(hotline)
    dialog, invite = invite_from(attacker, hotline=hotline)
    usual = f"<sip:13800139000@127.0.0.1:{attacker.getsockname()[1]}>".encode()
    attacker.sendto(invite.replace(b"From: " + usual, b"From: " + ODD_CALLERS[shape].encode()), to_engine(hotline))
    first = attacker.recv(4_096)
    assert first.startswith(b"SIP/2.0 ")
    if first.startswith(b"SIP/2.0 4"):
        # Refused as malformed; that is an answer too.
        assert arrivals(hotline) == before
        return
    arrived = hotline.desk.wait_nth("call.arrived", number=before + 1)
    assert len(arrived["caller"]) <= 64 and "\r" not in arrived["caller"] and "<" not in arrived["caller"]
    cancel = dialog.cancel().replace(b"From: " + usual, b"From: " + ODD_CALLERS[shape].encode())
    attacker.sendto(cancel, to_engine(hotline))
    hotline.desk.wait_fact("call.ended", call=arrived["call_id"])


def test_nonsense_breaks_nothing(hotline: Hotline, attacker: socket.socket) -> None:
    _, invite = invite_from(attacker, hotline=hotline)
    dice = random.Random(20_261_128)
    for _ in range(300):
        attacker.sendto(spoilt(invite, dice=dice), to_engine(hotline))
    for data in (b"", b"\x00" * 4, b"\r\n\r\n", b"\xff" * 1_400, b"INVITE", b"SIP/2.0 200 OK\r\n\r\n"):
        attacker.sendto(data, to_engine(hotline))
    assert_still_answers(hotline)


def spoilt(message: bytes, *, dice: random.Random) -> bytes:
    """Return the message with a few bytes changed, cut off, or doubled."""
    broken = bytearray(message)
    for _ in range(dice.randint(1, 12)):
        broken[dice.randrange(len(broken))] = dice.randrange(256)
    if dice.random() < 0.3:
        del broken[dice.randrange(len(broken)) :]
    if dice.random() < 0.2:
        broken += bytes(broken)
    return bytes(broken)
