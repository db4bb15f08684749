"""The family's card is masked; a look behind the mask has a reason, an end, and leaves its mark (B61)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from caredesk.accounts.models import Staff
from caredesk.actions.families import Curtain, Uncovered, family_card, list_reveals, reveal
from caredesk.actions.replies import AsStaff
from caredesk.clinic.models import Department, Doctor
from caredesk.conversations.errors import MessageEmpty
from caredesk.core.errors import CareDeskError
from caredesk.core.ids import new_id
from caredesk.core.work import Actor
from caredesk.patients.errors import GuardianNotFound, NothingToReveal
from caredesk.patients.models import Appointment
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import ADDRESS, PHONE, add_family, conversation_of_family, put_into_queue


@pytest.fixture
def queue_id(desk: DeskForTests) -> str:
    return desk.add_queue()


@pytest.fixture
def agent(desk: DeskForTests, queue_id: str) -> str:
    return desk.add_agent("lin", queues=[queue_id])


@pytest.fixture
def guardian_id(desk: DeskForTests) -> str:
    return add_family(desk)


@pytest.fixture
def conversation_id(desk: DeskForTests, guardian_id: str, queue_id: str) -> str:
    _, conversation_id = conversation_of_family(desk, guardian_id=guardian_id)
    put_into_queue(desk, conversation_id, queue_id=queue_id)
    return conversation_id


def look(desk: DeskForTests, staff_id: str, *, who: AsStaff | None = None, **changes: Any) -> Uncovered:
    with desk.read() as session:
        staff = session.get(Staff, staff_id)
    assert staff is not None
    asked = {"field": "phone", "subject_id": "", "reason": "快递员联系不上家长", **changes}
    with desk.write(actor=Actor(kind="staff", id=staff_id, name=staff.name)) as work:
        return reveal(work, who=who or desk.as_agent(staff_id), curtain=Curtain(**asked), minutes=5)


def child_of(desk: DeskForTests, guardian_id: str) -> str:
    with desk.read() as session:
        card = family_card(session, guardian_id=guardian_id, at=desk.clock.now())
    assert card is not None
    return card.children[0].id


# ---- the card --------------------------------------------------------------------------------------------


def test_the_card_is_masked_and_names_department_and_doctor(desk: DeskForTests, guardian_id: str) -> None:
    child_id = child_of(desk, guardian_id)
    with desk.write() as work:
        work.session.add(Department(id="dermatology", name="皮肤科", name_en="Dermatology"))
        work.session.flush()
        work.session.add(Doctor(id="chen", name="陈静", name_en="Chen Jing", department_id="dermatology"))
        work.session.add(
            Appointment(
                id=new_id(),
                patient_id=child_id,
                guardian_id=guardian_id,
                department_id="dermatology",
                doctor_id="chen",
                starts_at=work.now + timedelta(hours=1),
            )
        )

    with desk.read() as session:
        card = family_card(session, guardian_id=guardian_id, at=desk.clock.now())

    assert card is not None
    plain = card.model_dump_json()
    assert (card.guardian.name, card.guardian.phone, card.children[0].name) == ("王**", "138****5678", "王*")
    assert (card.appointments[0].department, card.appointments[0].doctor) == ("皮肤科", "陈静")
    assert not any(secret in plain for secret in (PHONE, ADDRESS, "王小明", "王乐乐"))


def test_an_unknown_guardian_has_no_card(desk: DeskForTests) -> None:
    with desk.read() as session:
        assert family_card(session, guardian_id=new_id(), at=desk.clock.now()) is None


# ---- behind the mask -------------------------------------------------------------------------------------


def test_a_look_shows_the_value_for_some_minutes_and_is_recorded(
    desk: DeskForTests, agent: str, guardian_id: str, conversation_id: str
) -> None:
    shown = look(desk, agent, guardian_id=guardian_id)

    assert (shown.value, shown.until) == (PHONE, desk.clock.now() + timedelta(minutes=5))
    with desk.read() as session:
        [record] = list_reveals(session, guardian_id=guardian_id)
    assert (record.staff_id, record.staff_name, record.field) == (agent, "客服lin", "phone")
    assert (record.reason, record.conversation_id) == ("快递员联系不上家长", conversation_id)


def test_colleagues_see_that_somebody_looked_and_the_visitor_does_not(
    desk: DeskForTests, agent: str, guardian_id: str, conversation_id: str
) -> None:
    seen_by_visitor = len(desk.push.of_type("message.created"))

    look(desk, agent, guardian_id=guardian_id)

    [told] = [e for e in desk.push.of_type("entry.appended") if e.entry.kind == "notice"]
    assert told.conversation_id == conversation_id and told.entry.internal
    assert told.entry.body.code == "revealed"
    assert told.entry.body.fields == {"field": "phone", "name": "客服lin", "reason": "快递员联系不上家长"}
    assert PHONE not in "".join(event.model_dump_json() for event in desk.push.events)
    assert len(desk.push.of_type("message.created")) == seen_by_visitor
    assert desk.push.of_type("conversation.changed")[-1].conversation.head == told.seq


@pytest.mark.parametrize(("field", "value"), [("name", "王小明"), ("child_name", "王乐乐"), ("address", ADDRESS)])
def test_each_field_can_be_looked_at_by_itself(
    desk: DeskForTests, agent: str, guardian_id: str, conversation_id: str, field: str, value: str
) -> None:
    with desk.read() as session:
        card = family_card(session, guardian_id=guardian_id, at=desk.clock.now())
    assert card is not None
    subject = {"child_name": card.children[0].id, "address": card.parcels[0].id}.get(field, "")

    assert look(desk, agent, guardian_id=guardian_id, field=field, subject_id=subject).value == value


def test_the_notice_stands_in_the_conversation_the_agent_has(
    desk: DeskForTests, agent: str, guardian_id: str, queue_id: str, conversation_id: str
) -> None:
    desk.clock.advance(minutes=1)
    visitor_id, mine = conversation_of_family(desk, guardian_id=guardian_id)
    desk.ask_for_person(visitor_id)
    desk.run_jobs()
    assert desk.accept(agent) == mine
    desk.clock.advance(minutes=1)
    conversation_of_family(desk, guardian_id=guardian_id)

    look(desk, agent, guardian_id=guardian_id)

    with desk.read() as session:
        assert list_reveals(session, guardian_id=guardian_id)[0].conversation_id == mine


def refused(desk: DeskForTests, staff_id: str, error: type[CareDeskError], **asked: Any) -> None:
    guardian_id = asked["guardian_id"]
    events = len(desk.push.events)

    with pytest.raises(error):
        look(desk, staff_id, **asked)

    with desk.read() as session:
        assert list_reveals(session, guardian_id=guardian_id) == []
    assert len(desk.push.events) == events


def test_a_family_that_does_not_write_to_the_desk_does_not_exist(
    desk: DeskForTests, agent: str, guardian_id: str
) -> None:
    refused(desk, agent, GuardianNotFound, guardian_id=guardian_id)


def test_a_family_of_another_queue_does_not_exist(desk: DeskForTests, guardian_id: str, conversation_id: str) -> None:
    stranger = desk.add_agent("zhao", queues=[desk.add_queue("other", is_default=False)])

    refused(desk, stranger, GuardianNotFound, guardian_id=guardian_id)
    assert look(desk, stranger, who=desk.as_supervisor(stranger), guardian_id=guardian_id).value == PHONE


def test_a_child_of_another_family_is_not_shown(
    desk: DeskForTests, agent: str, guardian_id: str, conversation_id: str
) -> None:
    foreign = child_of(desk, add_family(desk, name="李雷", child="李小雷", phone="13900001111"))

    refused(desk, agent, NothingToReveal, guardian_id=guardian_id, field="child_name", subject_id=foreign)


def test_an_empty_field_is_nothing_to_reveal(
    desk: DeskForTests, agent: str, guardian_id: str, conversation_id: str
) -> None:
    refused(desk, agent, NothingToReveal, guardian_id=guardian_id, field="id_number")


def test_blanks_are_no_reason(desk: DeskForTests, agent: str, guardian_id: str, conversation_id: str) -> None:
    refused(desk, agent, MessageEmpty, guardian_id=guardian_id, reason="  \u200b ")
