"""Calling several families of a session at once: who is not online, and bringing them without a doctor's tap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.accounts.models import Staff
from caredesk.actions import assist_rounds
from caredesk.assistance.errors import NotAnAssistant, PatientNotYours, RequestTypeUnknown
from caredesk.assistance.models import AssistRequest
from caredesk.assistance.queries import get_type, put_type
from caredesk.assistance.schemas import SessionToCall
from caredesk.clinic.models import ClinicSession
from caredesk.core.ids import new_id
from caredesk.core.work import Actor
from caredesk.infra.messages.loopback import Loopback
from caredesk.patients.models import Appointment
from caredesk.queue import queries as queue_queries
from tests.actions.test_broadcasts import book
from tests.fixtures.called import Called, called_family
from tests.fixtures.desk import DeskForTests
from tests.fixtures.provider import SECRET


@pytest.fixture
def called(desk: DeskForTests) -> Iterator[Called]:
    """Return a running session with two families of which none is online."""
    provider = Loopback(desk.clock, SECRET)
    called = called_family(desk, provider, url=provider.start(), who=("mother",))
    book(called, child="王小满", guardian="other", phone="13800002002")
    with called.desk.write() as work:
        # The doctor's own account is the one that follows what is raised.
        work.session.get_one(Staff, called.doctor.staff_id).doctor_id = "lin"
    yield called
    provider.stop()


@pytest.fixture
def assistant(called: Called) -> str:
    with called.desk.read() as session:
        [queue] = [one.id for one in queue_queries.list_queues(session) if one.kind == "assistant"]
    return called.desk.add_agent("xu", queues=[queue])


def sessions(called: Called, staff_id: str) -> list[SessionToCall]:
    with called.desk.read() as session:
        return assist_rounds.sessions_to_call(session, who=called.desk.as_agent(staff_id), at=called.desk.clock.now())


def visits(called: Called) -> list[str]:
    with called.desk.read() as session:
        return list(session.scalars(select(Appointment.id).order_by(Appointment.starts_at)))


def call(called: Called, staff_id: str, chosen: list[str], *, key: str = "round-000001") -> list[str]:
    with called.desk.read() as session:
        session_id = session.scalars(select(ClinicSession.id)).one()
    with called.desk.write(actor=Actor("staff", staff_id, "徐若楠")) as work:
        raised = assist_rounds.call_round(
            work,
            who=called.desk.as_agent(staff_id),
            session_id=session_id,
            appointment_ids=chosen,
            client_key=key,
        )
        return [one.id for one in raised]


def test_everybody_who_waits_is_listed_masked_with_how_it_stands(called: Called, assistant: str) -> None:
    called.open_page("mother")
    [one] = sessions(called, assistant)
    assert (one.doctor, one.department, one.running) == ("林书瑶", "皮肤科", True)
    assert [(who.child, who.online, who.request_state) for who in one.patients] == [
        ("刘*", True, ""),
        ("王*", False, ""),
    ]


def test_chosen_families_are_called_and_the_doctor_follows_it_like_an_own_request(
    called: Called, assistant: str
) -> None:
    raised = call(called, assistant, visits(called))
    called.desk.run_jobs()
    assert [who.request_state for who in sessions(called, assistant)[0].patients] == ["waiting", "waiting"]
    assert [leg.channel for leg in called.legs(raised[0])][:1] == ["in_app"]
    with called.desk.read() as session:
        rows = session.scalars(select(AssistRequest)).all()
    assert {(row.staff_id, row.raised_by, row.type_key) for row in rows} == {
        (called.doctor.staff_id, "徐若楠", "call_patient")
    }
    told = called.desk.push.of_type("assist.changed")
    assert {event.request.staff_id for event in told} == {called.doctor.staff_id}


def test_the_same_round_twice_and_a_call_under_way_are_one_call(called: Called, assistant: str) -> None:
    by_doctor = called.call()
    first = call(called, assistant, visits(called))
    assert by_doctor in first
    assert call(called, assistant, visits(called)) == first
    assert set(call(called, assistant, visits(called), key="round-000002")) == set(first)


def test_a_family_of_another_session_is_called_by_nobody(called: Called, assistant: str) -> None:
    with pytest.raises(PatientNotYours):
        call(called, assistant, [*visits(called), new_id()])
    with called.desk.read() as session:
        assert session.scalars(select(AssistRequest)).all() == []


def test_whoever_was_seen_is_not_called_any_more(called: Called, assistant: str) -> None:
    with called.desk.write() as work:
        work.session.get_one(Appointment, called.appointment_id).status = "done"
    assert [who.child for who in sessions(called, assistant)[0].patients] == ["王*"]
    with pytest.raises(PatientNotYours):
        call(called, assistant, [called.appointment_id])


def test_nobody_is_called_long_before_a_session_or_after_it(called: Called, assistant: str) -> None:
    with called.desk.write() as work:
        sitting = work.session.scalars(select(ClinicSession)).one()
        sitting.starts_at = work.now + timedelta(hours=1)
    assert sessions(called, assistant) == []


def test_who_serves_no_assistants_queue_sees_and_calls_nobody(called: Called) -> None:
    agent = called.desk.add_staff("li")
    with pytest.raises(NotAnAssistant):
        sessions(called, agent)
    with pytest.raises(NotAnAssistant):
        call(called, agent, visits(called))


def test_a_hospital_may_keep_calling_to_its_doctors(called: Called, assistant: str) -> None:
    with called.desk.write() as work:
        kind = get_type(work.session, key="call_patient").model_copy(update={"roles": ("doctor",)})
        put_type(work.session, kind, position=0, by="a", now=work.now)
    with pytest.raises(RequestTypeUnknown):
        call(called, assistant, visits(called))
