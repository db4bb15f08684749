"""Calls that the desk asks a cloud call centre for: once, signed, and the same call that the vendor then tells of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.accounts import presence_queries
from caredesk.actions import cloud_calls, cloud_calls_out
from caredesk.actions.calls_out import Whom
from caredesk.core.clock import FixedClock
from caredesk.core.ports import Dialled
from caredesk.edge.cloud_jobs import dial
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.infra.hotline.cloud import national
from caredesk.infra.runner import Runner
from caredesk.queue.errors import AgentNotAvailable
from caredesk.telephony.errors import NumberRefused
from caredesk.telephony.models import Call
from tests.fixtures.call_centre import REFUSED, CallCentreDouble
from tests.fixtures.desk import DeskForTests
from tests.fixtures.vendor import CALLER, HOTLINE, at, cdr, classic, unanswered, written

PROVIDERS = ["tccc", "seven_moor"]


@pytest.fixture
def centre(request: pytest.FixtureRequest, desk: DeskForTests) -> Iterator[CallCentreDouble]:
    double = CallCentreDouble(getattr(request, "param", "tccc"), desk.clock)
    double.start()
    desk.services = replace(desk.services, call_centre=double.client)
    desk.runner = Runner(desk.services, kinds=JOB_KINDS)
    yield double
    double.stop()


@pytest.fixture
def agent(desk: DeskForTests) -> str:
    return desk.add_agent("lin", queues=[desk.add_queue()])


def call(desk: DeskForTests, agent: str, centre: CallCentreDouble, number: str = CALLER) -> str:
    with desk.write() as work:
        who = desk.as_agent(agent)
        return cloud_calls_out.call_out(work, who=who, whom=Whom(number=number), provider=centre.provider).id


def the_call(desk: DeskForTests) -> Call:
    with desk.read() as session:
        return session.scalars(select(Call)).one()


def is_busy(desk: DeskForTests, staff_id: str) -> bool:
    with desk.read() as session:
        return presence_queries.get_agent_now(session, staff_id=staff_id).presence.exclusive


@pytest.mark.parametrize("centre", PROVIDERS, indirect=True)
def test_the_vendor_is_asked_once_and_with_a_signature(
    desk: DeskForTests, agent: str, centre: CallCentreDouble
) -> None:
    call_id = call(desk, agent, centre)
    assert (the_call(desk).phase, is_busy(desk, agent)) == ("ringing", True)
    desk.run_jobs()
    assert centre.unsigned == 0
    [asked] = centre.asked
    if centre.provider == "tccc":
        assert (asked["UserId"], asked["Callee"], asked["UUI"]) == ("lin@hospital.example", f"0086{CALLER}", call_id)
    else:
        assert (asked["FromExten"], asked["Exten"], asked["ActionID"]) == ("lin@hospital.example", CALLER, call_id)


@pytest.mark.parametrize("centre", PROVIDERS, indirect=True)
def test_another_secret_or_an_old_request_is_seen_by_the_vendor(
    desk: DeskForTests, agent: str, centre: CallCentreDouble
) -> None:
    account = replace(centre.account, key="another-secret")
    forged = replace(centre.client, account=account)
    forged.dial(login="lin", phone="", number=f"+86{CALLER}", tag="t")
    assert centre.unsigned == 1
    late = replace(centre.account, clock=FixedClock(desk.clock.now() - timedelta(minutes=10)))
    replace(centre.client, account=late).dial(login="lin", phone="", number=f"+86{CALLER}", tag="t")
    assert centre.unsigned == 2


def test_the_record_that_follows_is_of_the_call_that_was_asked_for(
    desk: DeskForTests, agent: str, centre: CallCentreDouble
) -> None:
    call_id = call(desk, agent, centre)
    desk.run_jobs()
    told = cdr(SessionId="session-1", Direction=1, CallType=1, Caller=HOTLINE, Callee=f"0086{CALLER}")
    push(desk, "tccc", told)
    ended = the_call(desk)
    assert (ended.id, ended.direction, ended.disposition, ended.ended_at) == (call_id, "out", "answered", at(95))
    assert not is_busy(desk, agent)
    assert desk.conversation(ended.conversation_id).status == "active"


def test_a_record_that_is_faster_than_the_answer_finds_the_call_by_our_own_id(
    desk: DeskForTests, agent: str, centre: CallCentreDouble
) -> None:
    call_id = call(desk, agent, centre)
    told = unanswered("notAnswer", SessionId="other", Direction=1, Caller=HOTLINE, Callee=CALLER, UUI=call_id)
    push(desk, "tccc", told)
    ended = the_call(desk)
    assert (ended.id, ended.disposition) == (call_id, "patient_unreachable")
    assert desk.conversation(ended.conversation_id).status == "closed" and not is_busy(desk, agent)


@pytest.mark.parametrize("centre", ["seven_moor"], indirect=True)
def test_live_events_carry_our_own_id(desk: DeskForTests, agent: str, centre: CallCentreDouble) -> None:
    call_id = call(desk, agent, centre)
    desk.run_jobs()
    common = {"CallType": "dialout", "ActionID": call_id, "CallNo": HOTLINE, "CalledNo": CALLER, "Agent": "lin"}
    push(desk, "seven_moor", classic("Link", **common, Begin=written(10)))
    assert (the_call(desk).id, the_call(desk).phase) == (call_id, "talking")
    push(desk, "seven_moor", classic("Hangup", **common, Begin=written(10), End=written(40), State="dealing"))
    assert (the_call(desk).talk_seconds, is_busy(desk, agent)) == (30.0, False)


@pytest.mark.parametrize("centre", PROVIDERS, indirect=True)
def test_a_refused_wish_frees_the_agent_and_repeats_no_words(
    desk: DeskForTests, agent: str, centre: CallCentreDouble, caplog: pytest.LogCaptureFixture
) -> None:
    centre.answer = REFUSED[centre.provider]
    call(desk, agent, centre)
    desk.run_jobs()
    ended = the_call(desk)
    assert (ended.phase, ended.disposition, is_busy(desk, agent)) == ("ended", "failed", False)
    assert desk.conversation(ended.conversation_id).status == "closed"
    assert CALLER not in caplog.text and "offline" not in caplog.text


def test_a_call_nobody_ever_hears_of_is_over_after_an_hour_and_not_asked_for_again(
    desk: DeskForTests, agent: str, centre: CallCentreDouble
) -> None:
    centre.answer = None
    call_id = call(desk, agent, centre)
    desk.run_jobs()
    assert (the_call(desk).phase, is_busy(desk, agent)) == ("ringing", True)
    assert dial(desk.services, {"call_id": call_id, "number": f"+86{CALLER}"}) is None
    assert len(centre.asked) == 1
    desk.clock.advance(hours=1)
    desk.run_jobs()
    assert (the_call(desk).disposition, is_busy(desk, agent)) == ("failed", False)


def test_an_answer_after_the_end_changes_nothing(desk: DeskForTests, agent: str, centre: CallCentreDouble) -> None:
    call_id = call(desk, agent, centre)
    for dialled in (Dialled("refused"), Dialled("refused"), Dialled("taken", provider_id="session-9"), None):
        with desk.write() as work:
            cloud_calls_out.keep_dialled(work, call_id=call_id, dialled=dialled)
    assert the_call(desk).disposition == "failed"


def test_who_is_on_a_call_cannot_begin_another(desk: DeskForTests, agent: str, centre: CallCentreDouble) -> None:
    call(desk, agent, centre)
    with pytest.raises(AgentNotAvailable):
        call(desk, agent, centre)


def test_what_is_no_number_is_refused_before_anything_is_kept(
    desk: DeskForTests, agent: str, centre: CallCentreDouble
) -> None:
    with pytest.raises(NumberRefused):
        call(desk, agent, centre, number="12")
    with desk.read() as session:
        assert session.scalars(select(Call)).all() == []
    assert not is_busy(desk, agent)


@pytest.mark.parametrize(
    ("number", "dialled"),
    [("+8613900000001", "13900000001"), ("+861012345678", "01012345678"), ("+4930123456", "004930123456")],
)
def test_a_number_is_dialled_as_in_mainland_china(number: str, dialled: str) -> None:
    assert national(number) == dialled


def push(desk: DeskForTests, provider: str, body: dict[str, object]) -> None:
    with desk.write() as work:
        action = "cdr" if provider == "tccc" else ""
        cloud_calls.take_push(work, provider=provider, body=body, action=action, pushed_as="")
    desk.run_jobs()
