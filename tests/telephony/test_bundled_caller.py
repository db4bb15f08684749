"""The bundled test caller against a phone that is not ours: it is answered, heard, refused, hung up on, and held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from caredesk.infra.hotline.caller_sip import Dialog, parse
from caredesk.infra.hotline.test_caller import LoopbackCaller, NoAnswer
from tests.telephony import sipp, sound
from tests.telephony.baresip import Phone
from tests.telephony.sound import AGENT_HZ, CALLER_HZ
from tests.telephony.tools import PATIENCE, free_udp_port, wait_for

Callers = Callable[..., LoopbackCaller]


@pytest.fixture
def happened() -> list[str]:
    return []


@pytest.fixture
def call_phone(happened: list[str]) -> Iterator[Callers]:
    """Make test callers of a phone; all hang up with the test."""
    callers: list[LoopbackCaller] = []

    def make(address: str) -> LoopbackCaller:
        host, _, port = address.partition(":")
        caller = LoopbackCaller(
            (host, int(port)),
            caller="13800138000",
            called="1001",
            on_happening=lambda name, _detail: happened.append(name),
        )
        callers.append(caller)
        caller.say(sound.tone(CALLER_HZ, seconds=2))
        return caller

    yield make
    for caller in callers:
        caller.close()


def test_caller_and_phone_hear_each_other_until_the_caller_hangs_up(
    start_phone: Callable[..., Phone], call_phone: Callers, happened: list[str]
) -> None:
    phone = start_phone("1001", expires=0)
    caller = call_phone(phone.address)
    assert caller.call() == 200
    wait_for(
        lambda: sound.seconds_of(AGENT_HZ, samples=caller.samples_heard()) >= 1,
        what=lambda: f"heard {len(caller.heard)} samples",
    )
    caller.hang_up()
    phone.wait_until("CALL_CLOSED")
    assert sound.seconds_of(CALLER_HZ, samples=phone.heard()) >= 0.7
    assert [name for name in happened if name != "ringing"] == ["answered", "ended"]


def test_keys_arrive_as_telephone_events_once_each(start_phone: Callable[..., Phone], call_phone: Callers) -> None:
    phone = start_phone("1001", expires=0)
    caller = call_phone(phone.address)
    caller.call()
    caller.press("190#")
    wait_for(lambda: len(pressed(phone)) >= 4 or None, what=lambda: str(phone.events))
    assert pressed(phone) == ["1", "9", "0", "#"]


def pressed(phone: Phone) -> list[str]:
    return [str(event["param"]) for event in phone.events if event["type"] == "CALL_DTMF_START"]


def test_a_phone_that_declines_ends_the_call(
    start_phone: Callable[..., Phone], call_phone: Callers, happened: list[str]
) -> None:
    phone = start_phone("1001", expires=0, answers="manual")
    caller = call_phone(phone.address)
    phone.decline_next()
    assert caller.call() >= 400
    assert happened[-2:] == ["refused", "ended"]


def test_a_call_that_nobody_answers_is_taken_back(start_phone: Callable[..., Phone], call_phone: Callers) -> None:
    phone = start_phone("1001", expires=0, answers="manual")
    caller = call_phone(phone.address)
    assert caller.call(seconds=1) == 487
    phone.wait_until("CALL_CLOSED")


def test_a_phone_that_hangs_up_ends_the_call(start_phone: Callable[..., Phone], call_phone: Callers) -> None:
    phone = start_phone("1001", expires=0)
    caller = call_phone(phone.address)
    caller.call()
    phone.wait_until("CALL_ESTABLISHED")
    phone.tell("hangup")
    assert caller.wait_ended(seconds=PATIENCE)


def test_a_carrier_that_takes_a_call_is_heard_and_can_hang_up(tmp_path: Path, call_phone: Callers) -> None:
    voice = sound.write_tone_capture(tmp_path / "voice.pcap", hz=AGENT_HZ, seconds=5)
    accepts = [sipp.answer("180 Ringing"), sipp.answer("200 OK", body=sipp.sdp()), sipp.expect_request("ACK")]
    steps = [sipp.expect_request("INVITE"), *accepts, sipp.play(voice), sipp.pause(2), sipp.bye_of_called()]
    carrier = sipp.Trunk.start(tmp_path / "carrier", server="127.0.0.1:9", steps=steps)
    caller = call_phone(f"127.0.0.1:{carrier.port}")
    try:
        assert caller.call() == 200
        assert caller.wait_ended(seconds=PATIENCE)
        carrier.finish()
    finally:
        carrier.stop()
    assert sound.seconds_of(AGENT_HZ, samples=caller.samples_heard()) >= 1


@pytest.mark.timeout(60)
def test_an_address_where_nothing_listens_is_told(call_phone: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caredesk.infra.hotline.test_caller.REPEATS", 2)
    with pytest.raises(NoAnswer):
        call_phone(f"127.0.0.1:{free_udp_port()}").call()


def test_what_is_no_sip_is_not_read() -> None:
    assert parse(b"\x80\x00\x01") is None
    assert parse(b"GET / HTTP/1.1\r\n\r\n") is None


@pytest.mark.parametrize("number", ["1 2", "1>2", '1"2', "1\r\nX: y"])
def test_a_number_cannot_break_out_of_its_header(number: str) -> None:
    with pytest.raises(ValueError, match="numbers must not"):
        Dialog(("127.0.0.1", 5060), ("127.0.0.1", 5062), number, "400")
