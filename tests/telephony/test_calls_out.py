"""Click to call: the agent's phone rings first, then the patient's number; the carrier is a real sipp."""

from __future__ import annotations

import pytest

from tests.telephony import sipp, sound
from tests.telephony.line import SPEAK, Hotline
from tests.telephony.sound import AGENT_HZ, CALLER_HZ

TALKS = [
    sipp.answer("180 Ringing"),
    sipp.pause(1),
    sipp.answer("200 OK", body=sipp.sdp()),
    sipp.expect_request("ACK"),
    SPEAK,
]
REFUSES = [sipp.answer("486 Busy Here"), sipp.expect_request("ACK")]


def test_agent_and_patient_hear_each_other_and_are_recorded(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    carrier = hotline.answer_as_carrier(*TALKS, sipp.hung_up_by_other())
    call = hotline.call_out(phone)
    hotline.tell(call, "record", recording_id=f"r{call.id}", on=True)
    hotline.desk.wait_fact("leg.answered", call=call.id, leg="agent")
    hotline.desk.wait_fact("leg.answered", call=call.id, leg="patient")
    hotline.desk.wait_fact("call.bridged", call=call.id)
    hotline.let_talk(3)
    hotline.tell(call, "hangup", reason="done")
    hotline.ended(call)
    carrier.finish()
    phone.wait_until("CALL_CLOSED")
    assert sound.seconds_of(CALLER_HZ, samples=phone.heard()) >= 1
    left, right = sound.read_wav(hotline.desk.wait_recording(f"r{call.id}").path)
    assert sound.seconds_of(CALLER_HZ, samples=left) >= 1 and sound.seconds_of(AGENT_HZ, samples=left) == 0
    assert sound.seconds_of(AGENT_HZ, samples=right) >= 1 and sound.seconds_of(CALLER_HZ, samples=right) == 0


def test_a_patient_who_is_busy_ends_the_call_and_frees_the_agent(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    carrier = hotline.answer_as_carrier(*REFUSES)
    call = hotline.call_out(phone)
    failed = hotline.desk.wait_fact("leg.failed", call=call.id, leg="patient")
    assert (failed["reason"], failed["cause"]) == ("busy", 486)
    hotline.ended(call)
    carrier.finish()
    phone.wait_until("CALL_CLOSED")
    assert "call.bridged" not in hotline.types(call)


def test_a_patient_who_does_not_answer_is_given_up_in_time(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    carrier = hotline.answer_as_carrier(
        sipp.answer("180 Ringing"),
        sipp.expect_request("CANCEL", seconds=15),
        sipp.answer("200 OK"),
    )
    call = hotline.call_out(phone, timeout=2)
    assert hotline.desk.wait_fact("leg.failed", call=call.id, leg="patient")["reason"] == "timeout"
    hotline.ended(call)
    carrier.finish()
    phone.wait_until("CALL_CLOSED")


def test_a_patient_who_hangs_up_frees_the_agent(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    carrier = hotline.answer_as_carrier(*TALKS, sipp.pause(1), sipp.bye_of_called())
    call = hotline.call_out(phone)
    assert hotline.ended(call)["by"] == "caller"
    carrier.finish()
    phone.wait_until("CALL_CLOSED")


def test_an_agent_who_does_not_answer_leaves_the_patient_in_peace(hotline: Hotline) -> None:
    phone = hotline.add_phone(answers="manual")
    call = hotline.call_out(phone, timeout=2)
    assert hotline.desk.wait_fact("leg.failed", call=call.id, leg="agent")["reason"] == "timeout"
    hotline.ended(call)
    assert not hotline.desk.of(call.id, "leg.ringing", "leg.answered")[1:]


@pytest.mark.parametrize("number", ["", "sip:evil@127.0.0.1", "139 0013 9000", "1" * 40, "139<>"])
def test_what_is_no_number_is_not_dialled(hotline: Hotline, number: str) -> None:
    phone = hotline.add_phone()
    call = hotline.call_out(phone, number=number)
    hotline.ended(call)
    assert "leg.ringing" not in hotline.types(call)
    assert hotline.desk.facts and not phone.events_of("CALL_INCOMING")
