"""A parcel that stands still becomes work once, and settles itself when it moves."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from caredesk.actions import families, parcels
from caredesk.assistance.models import AssistRequest
from caredesk.conversations.models import Conversation
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.infra.parcels.loopback import Loopback
from caredesk.infra.runner import Runner
from caredesk.patients.models import Parcel
from tests.fixtures.desk import DeskForTests
from tests.fixtures.parcels import SALT, follow, parcel_of, ship, take


def requests(desk: DeskForTests) -> list[AssistRequest]:
    with desk.read() as session:
        return list(session.scalars(select(AssistRequest).order_by(AssistRequest.raised_at)))


def test_a_parcel_that_stands_still_becomes_work_once_and_settles_itself_when_it_moves(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    desk.add_queue("assistants", kind="assistant", is_default=False)
    ship(desk, carrier, guardian_id, (-3, "0", "到达"), (100, "5", "派送中"))
    follow(desk)
    for _ in range(12):
        desk.clock.advance(hours=7)
        desk.run_jobs()
    [request] = requests(desk)
    assert (request.type_key, request.guardian_id, request.ended_at) == ("parcel_stuck", guardian_id, None)
    assert request.form == {"parcel": parcel_of(desk, guardian_id).number[-4:], "days": "3"}
    with desk.read() as session:
        card = families.family_card(session, guardian_id=guardian_id, at=desk.clock.now())
        assert card is not None and card.parcels[0].looked_after
    for _ in range(4):
        desk.clock.advance(hours=7)
        desk.run_jobs()
    [request] = requests(desk)
    assert request.outcome == "moved" and parcel_of(desk, guardian_id).stuck_key == ""
    with desk.read() as session:
        assert session.get_one(Conversation, request.conversation_id).status == "closed"


def test_whoever_has_taken_the_question_up_is_told_that_it_moves_and_ends_it_themselves(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    queue_id = desk.add_queue("assistants", kind="assistant", is_default=False)
    assistant = desk.add_agent("ma", queues=[queue_id])
    ship(desk, carrier, guardian_id, (-3, "0", "到达"), (80, "3", "签收"))
    follow(desk)
    desk.clock.advance(hours=72)
    desk.run_jobs()
    taken = desk.accept(assistant)
    number = parcel_of(desk, guardian_id).number
    desk.clock.advance(hours=9)
    take(desk, carrier.pushed_form(number, salt=SALT))
    desk.run_jobs()
    [request] = requests(desk)
    assert request.conversation_id == taken and request.ended_at is None
    assert (desk.conversation(taken).status, parcel_of(desk, guardian_id).stuck_key) == ("active", "")
    told = [e.entry.body for e in desk.push.of_type("entry.appended") if e.entry.kind == "notice"]
    assert (told[-1].code, told[-1].fields) == ("parcel.moved", {"tail": number[-4:], "status": "delivered"})


def test_a_parcel_that_stands_still_twice_is_asked_about_twice(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    desk.add_queue("assistants", kind="assistant", is_default=False)
    ship(desk, carrier, guardian_id, (-3, "0", "到达"), (80, "0", "又到一处"))
    follow(desk)
    for _ in range(30):
        desk.clock.advance(hours=7)
        desk.run_jobs()
    assert [request.outcome for request in requests(desk)] == ["moved", ""]


def test_what_nobody_reports_and_nobody_can_ask_about_is_not_called_stuck(desk: DeskForTests, guardian_id: str) -> None:
    desk.add_queue("assistants", kind="assistant", is_default=False)
    unasked = replace(desk, runner=Runner(replace(desk.services, parcels=None), kinds=JOB_KINDS))
    follow(unasked)
    desk.clock.advance(days=5)
    unasked.run_jobs()
    assert requests(desk) == []
    with desk.write() as work:
        parcel = work.session.scalars(select(Parcel)).one()
        parcels.note(work, parcel, status="in_transit", text="到达")
    desk.clock.advance(days=5)
    unasked.run_jobs()
    assert [request.type_key for request in requests(desk)] == ["parcel_stuck"]


def test_without_assistants_nothing_is_raised_and_nothing_breaks(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    ship(desk, carrier, guardian_id, (-3, "0", "到达"))
    follow(desk)
    desk.clock.advance(days=4)
    desk.run_jobs()
    assert requests(desk) == [] and parcel_of(desk, guardian_id).stuck_key == ""
