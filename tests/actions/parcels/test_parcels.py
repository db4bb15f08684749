"""Parcels: asked about through the real client, pushed, entered by hand; told alike to all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from caredesk.actions import families, parcel_asking, parcels
from caredesk.actions.live_family import tell_parcels
from caredesk.actions.live_parts import LiveQuestion
from caredesk.chatbot.live_words import Voice
from caredesk.chatbot.slots import Slots
from caredesk.core.ids import new_id
from caredesk.edge.parcel_jobs import ask_carrier, manner_of
from caredesk.infra.parcels.kuaidi100 import Kuaidi100
from caredesk.infra.parcels.loopback import CUSTOMER, Loopback
from caredesk.patients.models import Appointment, Guardianship, Parcel
from caredesk.patients.parcel_rules import ParcelStatus
from caredesk.widget.families import known_family
from tests.fixtures.desk import DeskForTests
from tests.fixtures.parcels import SALT, follow, parcel_of, ship, take
from tests.fixtures.records import conversation_of_family

# ---- asking ----------------------------------------------------------------------------------------------


def test_the_carrier_is_asked_and_what_it_says_is_kept(desk: DeskForTests, carrier: Loopback, guardian_id: str) -> None:
    ship(desk, carrier, guardian_id, (-8, "1", "已揽收"), (-3, "0", "到达 北京中转场"))
    follow(desk)
    kept = parcel_of(desk, guardian_id)
    assert (kept.status, [step["text"] for step in kept.trace]) == ("in_transit", ["已揽收", "到达 北京中转场"])
    assert {step["source"] for step in kept.trace} == {"carrier"}
    assert (kept.heard_at, kept.fault) == (desk.clock.now(), "")
    assert kept.moved_at == desk.clock.now() - timedelta(hours=3)


def test_no_parcel_is_asked_about_more_often_than_the_pause_whoever_wants_it(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    ship(desk, carrier, guardian_id, (-3, "0", "到达"))
    parcel = parcel_of(desk, guardian_id)
    follow(desk)
    for _ in range(5):
        with desk.write() as work:
            work.enqueue("ask_parcel", {"parcel_id": parcel.id})
        desk.run_jobs()
    assert carrier.asked == {parcel.number: 1}
    desk.clock.advance(minutes=31)
    with desk.write() as work:
        asking = parcel_asking.ask_soon(
            work, parcel_id=parcel.id, guardian_id=guardian_id, manner=manner_of(desk.services)
        )
    desk.run_jobs()
    assert asking.soon and carrier.asked == {parcel.number: 2}


def test_a_process_that_ends_between_asking_and_keeping_costs_one_pause_and_no_second_question(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    ship(desk, carrier, guardian_id, (-3, "0", "到达"))
    parcel = parcel_of(desk, guardian_id)
    ask_carrier(desk.services, {"parcel_id": parcel.id})
    follow(desk)
    assert carrier.asked == {parcel.number: 1} and parcel_of(desk, guardian_id).trace == []
    desk.clock.advance(minutes=45)
    desk.run_jobs()
    assert carrier.asked == {parcel.number: 2} and len(parcel_of(desk, guardian_id).trace) == 1


@pytest.mark.parametrize(
    ("code", "fault"),
    [("502", "service_busy"), ("503", "sign_refused"), ("601", "key_expired"), ("999", "refused_999")],
)
def test_a_refusal_is_kept_and_changes_nothing_of_what_is_known(
    desk: DeskForTests, carrier: Loopback, guardian_id: str, code: str, fault: str
) -> None:
    ship(desk, carrier, guardian_id, (-3, "0", "到达"))
    carrier.next_fault = code
    follow(desk)
    kept = parcel_of(desk, guardian_id)
    assert (kept.fault, kept.trace, kept.heard_at) == (fault, [], None)
    # What may be over soon is tried again after the pause, the rest with the next round: each question costs money.
    desk.clock.advance(minutes=45)
    desk.run_jobs()
    assert (parcel_of(desk, guardian_id).fault == "") == (code == "502")
    desk.clock.advance(hours=6)
    desk.run_jobs()
    assert (parcel_of(desk, guardian_id).fault, len(parcel_of(desk, guardian_id).trace)) == ("", 1)


def test_an_unknown_number_and_a_silent_service_are_faults_with_a_name(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    follow(desk)
    assert parcel_of(desk, guardian_id).fault == "nothing_found"
    carrier.stop()
    client = Kuaidi100("http://127.0.0.1:9", CUSTOMER, carrier.key, SALT, seconds=1, reach="loopback")
    assert client.ask(carrier_code="shunfeng", number="SF12345678", phone_tail="").error == "unreachable"
    assert Kuaidi100("http://example.org", "", "", "").ask(
        carrier_code="ems", number="SF12345678", phone_tail=""
    ).error == "scheme_refused"  # fmt: skip


def test_a_parcel_is_subscribed_once(desk: DeskForTests, carrier: Loopback, guardian_id: str) -> None:
    ship(desk, carrier, guardian_id, (-3, "0", "到达"))
    follow(desk)
    number = parcel_of(desk, guardian_id).number
    assert carrier.subscribed == {number: ("http://127.0.0.1:9/hooks", SALT)}
    assert parcel_of(desk, guardian_id).subscribed_at == desk.clock.now()


def test_only_the_end_of_the_familys_number_leaves_the_house(desk: DeskForTests, guardian_id: str) -> None:
    parcel = parcel_of(desk, guardian_id)
    with desk.write() as work:
        question = parcel_asking.claim_question(work, parcel_id=parcel.id, manner=manner_of(desk.services))
    assert question == parcel_asking.ParcelQuestion(parcel.id, "shunfeng", parcel.number, "5678", is_subscribed=False)


def test_what_has_arrived_is_not_asked_about_again(desk: DeskForTests, carrier: Loopback, guardian_id: str) -> None:
    ship(desk, carrier, guardian_id, (-3, "3", "已签收"))
    follow(desk)
    for _ in range(4):
        desk.clock.advance(hours=8)
        desk.run_jobs()
    assert carrier.asked == {parcel_of(desk, guardian_id).number: 1}


# ---- one answer for all ----------------------------------------------------------------------------------


SCENES: list[tuple[str, list[tuple[float, str, str]], float, str]] = [
    ("fresh", [(-8, "1", "已揽收"), (-3, "0", "到达 北京中转场")], 0, "fresh"),
    ("arrived", [(-8, "1", "已揽收"), (-3, "3", "已签收")], 0, "fresh"),
    ("held up", [(-3, "2", "地址不详")], 0, "fresh"),
    ("silent", [(-3, "0", "到达 北京中转场")], 90, "stale"),
    ("nothing known", [], 0, "unknown"),
]


@pytest.mark.parametrize(("name", "legs", "later", "knowledge"), SCENES, ids=[scene[0] for scene in SCENES])
def test_bot_console_doctor_and_parent_are_told_the_same(
    desk: DeskForTests, carrier: Loopback, guardian_id: str, name: str, legs: Any, later: float, knowledge: str
) -> None:
    if legs:
        ship(desk, carrier, guardian_id, *legs)
        follow(desk)
    desk.clock.advance(hours=later)
    now = desk.clock.now()
    expected = parcels.parcel_status(parcel_of(desk, guardian_id), now=now)
    assert expected.knowledge == knowledge

    assert told_on_the_card(desk, guardian_id, now=now) == expected
    assert told_to_the_doctor(desk, guardian_id, now=now) == expected
    if expected.status != "delivered":
        assert told_to_the_parent(desk, guardian_id, now=now) == expected
    said = told_by_the_bot(desk, guardian_id, now=now)
    if knowledge == "fresh":
        assert expected.last_text in said
        assert Voice(language="zh", now=now).say(f"status_{expected.status}") in said
    else:
        assert not expected.last_text or expected.last_text not in said
        assert ("没有更新" if knowledge == "stale" else "还没有物流信息") in said


def status_from(view: Any) -> ParcelStatus:
    return ParcelStatus(**{name: getattr(view, name) for name in ParcelStatus.__dataclass_fields__})


def told_on_the_card(desk: DeskForTests, guardian_id: str, *, now: datetime) -> ParcelStatus:
    with desk.read() as session:
        card = families.family_card(session, guardian_id=guardian_id, at=now)
    assert card is not None
    return status_from(card.parcels[0])


def told_to_the_parent(desk: DeskForTests, guardian_id: str, *, now: datetime) -> ParcelStatus:
    with desk.read() as session:
        family = known_family(session, guardian_id=guardian_id, at=now)
    assert family is not None
    return status_from(family.parcels[0])


def told_to_the_doctor(desk: DeskForTests, guardian_id: str, *, now: datetime) -> ParcelStatus:
    with desk.write() as work:
        patient_id = work.session.scalars(
            select(Guardianship.patient_id).where(Guardianship.guardian_id == guardian_id)
        ).one()
        work.session.add(
            Appointment(
                id=new_id(), patient_id=patient_id, guardian_id=guardian_id, department_id="skin", doctor_id="wu",
                starts_at=now,
            )
        )  # fmt: skip
    with desk.read() as session:
        [found] = parcels.parcels_for_doctor(session, doctor_id="wu", patient_id=patient_id, now=now)
    return found.standing


def told_by_the_bot(desk: DeskForTests, guardian_id: str | None, *, now: datetime) -> str:
    question = LiveQuestion("parcel", Slots(), "我的药还没到", guardian_id, "zh", now)
    with desk.read() as session:
        return tell_parcels(session, question).text


def test_who_is_not_known_is_asked_to_sign_in_and_told_nothing(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    ship(desk, carrier, guardian_id, (-3, "0", "到达 北京中转场"))
    follow(desk)
    said = told_by_the_bot(desk, None, now=desk.clock.now())
    assert "登录" in said and "北京" not in said and "顺丰" not in said


def test_a_carrier_that_cannot_be_asked_for_a_day_makes_the_place_unsure(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    ship(desk, carrier, guardian_id, (-3, "0", "到达 北京中转场"))
    follow(desk)
    for _ in range(5):
        carrier.next_fault = "502"
        desk.clock.advance(hours=7)
        desk.run_jobs()
    told = parcels.parcel_status(parcel_of(desk, guardian_id), now=desk.clock.now())
    assert (told.knowledge, told.silent_days) == ("stale", 1)
    said = told_by_the_bot(desk, guardian_id, now=desk.clock.now())
    assert "没能从快递公司查到新的信息" in said and "到达 北京中转场" not in said


# ---- pushes ----------------------------------------------------------------------------------------------


def test_a_push_moves_a_parcel_on_and_its_replay_changes_nothing(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    _, conversation_id = conversation_of_family(desk, guardian_id=guardian_id)
    ship(desk, carrier, guardian_id, (-3, "0", "到达"), (2, "5", "派送中"))
    number = parcel_of(desk, guardian_id).number
    early = carrier.pushed_form(number, salt=SALT)
    desk.clock.advance(hours=3)
    late = carrier.pushed_form(number, salt=SALT)
    assert take(desk, late) == "learned"
    before, events = parcel_of(desk, guardian_id), len(desk.push.events)
    assert [event.conversation_id for event in desk.push.of_type("parcel.changed")] == [conversation_id]
    desk.clock.advance(hours=3)
    assert [take(desk, form) for form in (late, early, early, late)] == ["known"] * 4
    after = parcel_of(desk, guardian_id)
    columns = [column.key for column in Parcel.__table__.columns]
    assert [getattr(after, key) for key in columns] == [getattr(before, key) for key in columns]
    assert len(desk.push.events) == events


def test_a_push_that_names_another_carrier_is_not_this_parcels(
    desk: DeskForTests, carrier: Loopback, guardian_id: str
) -> None:
    ship(desk, carrier, guardian_id, (-3, "3", "签收"))
    number = parcel_of(desk, guardian_id).number
    carrier.ship(number, carrier_code="yunda", legs=carrier.parcels[number][1])
    with pytest.raises(parcels.ParcelNotFound):
        take(desk, carrier.pushed_form(number, salt=SALT))
    assert parcel_of(desk, guardian_id).trace == []
