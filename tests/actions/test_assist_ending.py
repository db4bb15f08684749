"""What becomes of a request when its session is over: closed with a word, or handed over and followed there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.accounts.models import Staff
from caredesk.actions import assist, chat
from caredesk.actions.assist_about import Wish
from caredesk.actions.assist_views import view_of
from caredesk.actions.call_up_consents import consents_for
from caredesk.actions.summaries import summary_of
from caredesk.assistance.models import AssistRequest
from caredesk.clinic.models import ClinicSession, Doctor
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.infra.messages.loopback import Loopback
from caredesk.patients.errors import GuardianNotFound
from caredesk.queue import queries as queue_queries
from tests.fixtures.called import Called, called_family
from tests.fixtures.desk import DeskForTests
from tests.fixtures.provider import SECRET


@pytest.fixture
def called(desk: DeskForTests) -> Iterator[Called]:
    provider = Loopback(desk.clock, SECRET)
    called = called_family(desk, provider, url=provider.start(), who=("mother", "father"))
    with called.desk.write() as work:
        work.session.get_one(Staff, called.doctor.staff_id).doctor_id = "lin"
    yield called
    provider.stop()


def enquire(called: Called) -> str:
    """Have the doctor ask about a medicine; return the request."""
    with called.desk.write() as work:
        wish = Wish("medicine_enquiry", appointment_id=called.appointment_id, form={"text": "药寄到哪了"})
        return assist.raise_request(work, who=called.doctor, wish=wish, client_key=called.desk.key()).id


def next_session(called: Called, *, doctor: str, hours: int = 5) -> str:
    with called.desk.write() as work:
        if work.session.get(Doctor, doctor) is None:
            work.session.add(Doctor(id=doctor, name="秦牧阳", department_id="skin"))
            work.session.flush()
        sitting = ClinicSession(
            id=new_id(),
            department_id="skin",
            doctor_id=doctor,
            day=work.now.date(),
            starts_at=work.now + timedelta(hours=hours),
            ends_at=work.now + timedelta(hours=hours + 2),
            kind="afternoon",
        )
        work.session.add(sitting)
    return sitting.id


def after_the_session(called: Called) -> None:
    called.after(3 * 3600 + 11 * 60)


def view(called: Called, request_id: str) -> AssistRequestView:
    with called.desk.read() as session:
        return view_of(session, session.get_one(AssistRequest, request_id))


def test_without_a_next_session_a_request_is_closed_with_a_word(called: Called) -> None:
    request_id = enquire(called)
    after_the_session(called)
    assert (view(called, request_id).state, view(called, request_id).outcome) == ("closed", "session_over")


def test_it_is_handed_over_to_the_doctors_own_next_session_and_ends_with_that(called: Called) -> None:
    request_id = enquire(called)
    following = next_session(called, doctor="lin")
    after_the_session(called)
    with called.desk.read() as session:
        assert session.get_one(AssistRequest, request_id).clinic_session_id == following
    assert view(called, request_id).ended_at is None
    called.after(4 * 3600 + 11 * 60)
    assert view(called, request_id).outcome == "session_over"


def test_else_to_the_next_doctor_of_the_department_who_follows_it_from_then_on(called: Called) -> None:
    other = called.desk.add_staff("doctor2", roles=("doctor",), doctor_id="qin")
    request_id = enquire(called)
    next_session(called, doctor="qin")
    after_the_session(called)
    assert view(called, request_id).staff_id == other
    told = [one.request for one in called.desk.push.of_type("assist.changed")][-2:]
    assert [(one.staff_id, one.outcome) for one in told] == [
        (called.doctor.staff_id, "handed_over"),
        (other, ""),
    ]
    assert told[0].version < told[1].version


def test_a_call_is_never_handed_over(called: Called) -> None:
    request_id = called.call()
    next_session(called, doctor="lin")
    after_the_session(called)
    assert view(called, request_id).outcome == "session_over"


def served(called: Called) -> tuple[str, str]:
    """Have an assistant take the doctor's call; return the assistant and the request."""
    with called.desk.read() as session:
        [queue] = [one.id for one in queue_queries.list_queues(session) if one.kind == "assistant"]
    xu = called.desk.add_agent("xu", queues=[queue])
    request_id = called.call()
    called.desk.run_jobs()
    called.desk.accept(xu)
    return xu, request_id


def test_who_served_a_request_is_named_when_it_is_over(called: Called) -> None:
    _, request_id = served(called)
    with called.desk.write() as work:
        talk = work.session.scalars(select(Conversation).where(Conversation.channel == "assist")).one()
        chat.close(work, talk, by="agent", category="", outcome="solved", note="")
    assert view(called, request_id).assignee_name == "客服xu"


def test_a_row_of_the_lists_says_what_is_asked_for(called: Called) -> None:
    request_id = enquire(called)
    with called.desk.read() as session:
        row = summary_of(session, session.get_one(Conversation, view(called, request_id).conversation_id))
    assert (row.request_type, row.request_type_en) == ("药品与物流查询", "Medicine or parcel")


def test_whoever_calls_a_family_sees_the_consent_of_everybody_who_acts_for_the_child(called: Called) -> None:
    xu, _ = served(called)
    stranger = called.desk.add_staff("li")
    with called.desk.read() as session:
        for guardian in ("mother", "father"):
            found = consents_for(session, guardian_id=called.guardians[guardian], who=called.desk.as_agent(xu))
            assert {one.channel for one in found} == {"in_app", "wechat", "sms", "telephone"}
        with pytest.raises(GuardianNotFound):
            consents_for(session, guardian_id=called.guardians["father"], who=called.desk.as_agent(stranger))
