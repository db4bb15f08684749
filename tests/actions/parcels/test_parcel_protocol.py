"""The carrier's protocol: how questions are signed, and what its answers mean."""

from __future__ import annotations

import pytest

from caredesk.infra.parcels import protocol


def test_questions_are_signed_as_the_service_documents_it() -> None:
    form = protocol.question(customer="C", key="K", carrier_code="ems", number="EM263999513JP", phone_tail="")
    assert form["param"] == '{"com":"ems","num":"EM263999513JP","phone":"","show":"0","order":"asc"}'
    assert form["sign"] == protocol.signature(form["param"] + "KC") and form["sign"].isupper()
    assert protocol.signature("", "") == "D41D8CD98F00B204E9800998ECF8427E"


@pytest.mark.parametrize(("code", "state"), sorted(protocol.STATES.items()))
def test_every_documented_state_is_one_of_ours(code: str, state: str) -> None:
    answer = f'{{"message":"ok","nu":"SF1","com":"ems","state":{code},"data":[]}}'.encode()
    assert protocol.read_answer(answer, carrier_code="ems", number="SF1").status == state


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "unreadable"),
        (b"<html>", "unreadable"),
        (b"[]", "unreadable"),
        (b'{"nu":"SF2","com":"ems","state":"3","data":[]}', "other_parcel"),
        (b'{"nu":"SF1","com":"ems","state":"3","data":[{"context":"x","time":"yesterday"}]}', "unreadable"),
        (b'{"result":false,"returnCode":"408","message":"x"}', "phone_needed"),
        (b'{"result":false,"returnCode":"<b>","message":"x"}', "refused"),
        (b'{"result":false}', "refused"),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_fault_and_never_a_place(answer: bytes, error: str) -> None:
    told = protocol.read_answer(answer, carrier_code="ems", number="SF1")
    assert (told.error, told.status, told.steps) == (error, None, ())


def test_a_state_nobody_documented_is_no_state() -> None:
    answer = b'{"nu":"SF1","com":"ems","state":"9","data":[]}'
    assert protocol.read_answer(answer, carrier_code="ems", number="SF1") == protocol.Tracked("ems", "SF1")
