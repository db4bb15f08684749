"""A doctor sees the own day at the clinic: sessions, masked patients, who is online; nobody else's."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from caredesk.clinic.models import ClinicSession, Department, Doctor
from caredesk.core.clock import from_clinic
from caredesk.core.ids import new_id
from caredesk.patients.models import Appointment, Guardianship
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import add_family, sign_in

TODAY = "/api/doctor/today"


def at(hour: int, minute: int = 0, *, day: int = 23) -> datetime:
    return from_clinic(datetime(2026, 11, day, hour, minute))  # noqa: DTZ001 (clinic time)


@pytest.fixture(autouse=True)
def clinic(desk: DeskForTests) -> None:
    with desk.write() as work:
        work.session.add(Department(id="dermatology", name="皮肤科", name_en="Dermatology"))
        work.session.add(Department(id="ent", name="耳鼻喉科", name_en="ENT"))
        work.session.flush()
        for doctor_id, name, department in (("chen", "陈静", "dermatology"), ("zhou", "周明", "ent")):
            work.session.add(
                Doctor(id=doctor_id, name=name, name_en=doctor_id, department_id=department, title="主任医师")
            )


@pytest.fixture
def chen(desk: DeskForTests, client: FlaskClient) -> FlaskClient:
    sign_in(desk, client, staff_id=desk.add_staff("chen", roles=("doctor",), doctor_id="chen"))
    return client


def add_session(
    desk: DeskForTests, starts_at: datetime, ends_at: datetime, *, doctor: str = "chen", status: str = "scheduled"
) -> str:
    department = {"chen": "dermatology", "zhou": "ent"}[doctor]
    with desk.write() as work:
        row = ClinicSession(
            id=new_id(),
            department_id=department,
            doctor_id=doctor,
            day=date(2026, 11, 22 if starts_at < at(0) else 23 if starts_at < at(0, day=24) else 24),
            starts_at=starts_at,
            ends_at=ends_at,
            kind="morning",
            status=status,
        )
        work.session.add(row)
        work.session.flush()
    return row.id


def book(
    desk: DeskForTests,
    guardian_id: str,
    starts_at: datetime,
    *,
    doctor: str = "chen",
    session: str | None = None,
    **values: Any,
) -> None:
    with desk.write() as work:
        child = work.session.query(Guardianship).filter_by(guardian_id=guardian_id).one().patient_id
        work.session.add(
            Appointment(
                id=new_id(),
                patient_id=child,
                guardian_id=guardian_id,
                department_id={"chen": "dermatology", "zhou": "ent"}[doctor],
                doctor_id=doctor,
                clinic_session_id=session,
                starts_at=starts_at,
                **values,
            )
        )


def test_the_day_has_sessions_in_order_with_their_patients(desk: DeskForTests, chen: FlaskClient) -> None:
    afternoon = add_session(desk, at(14), at(17))
    morning = add_session(desk, at(8), at(12))
    family = add_family(desk)
    book(desk, family, at(10, 30), session=morning, number_in_line=7, kind="visit", status="checked_in")
    book(desk, family, at(9, 30), number_in_line=3)

    day = chen.get(TODAY).json

    assert (day["doctor"]["name"], day["doctor"]["title"], day["day"]) == ("陈静", "主任医师", "2026-11-23")
    assert [s["id"] for s in day["sessions"]] == [morning, afternoon]
    assert [s["running"] for s in day["sessions"]] == [True, False]
    assert day["sessions"][0]["department"] == "皮肤科"
    first, second = day["sessions"][0]["patients"]
    assert (first["number_in_line"], second["number_in_line"]) == (3, 7)
    assert (second["kind"], second["status"], second["starts_at"]) == ("visit", "checked_in", "2026-11-23T02:30:00Z")
    assert day["sessions"][1]["patients"] == day["others"] == []


def test_children_are_masked_and_told_by_age(desk: DeskForTests, chen: FlaskClient) -> None:
    book(desk, add_family(desk, child="王乐乐"), at(9))

    answer = chen.get(TODAY)

    [patient] = answer.json["others"]
    assert (patient["child"], patient["age"], patient["age_en"], patient["sex"]) == (
        "王*",
        "4岁6个月",
        "4 y 6 mo",
        "female",
    )
    assert not any(secret in answer.text for secret in ("王乐乐", "王小明", "138"))


def test_a_family_is_online_while_its_page_is_heard_of(desk: DeskForTests, chen: FlaskClient) -> None:
    here, gone, never = (add_family(desk, child=f"{letter}宝宝") for letter in "甲乙丙")
    for guardian_id in (here, gone, never):
        book(desk, guardian_id, at(10, 30))
    desk.visit(external_id=gone)
    desk.clock.advance(seconds=91)
    desk.visit(external_id=here)

    def online() -> dict[str, bool]:
        return {patient["child"]: patient["online"] for patient in chen.get(TODAY).json["others"]}

    assert online() == {"甲*": True, "乙*": False, "丙*": False}
    desk.clock.advance(seconds=90)
    assert online()["甲*"]
    desk.clock.advance(seconds=1)
    assert not any(online().values())
    last_seen = [patient["last_seen_at"] for patient in chen.get(TODAY).json["others"]]
    assert sorted(filter(None, last_seen)) == ["2026-11-23T02:00:00Z", "2026-11-23T02:01:31Z"]
    assert last_seen.count(None) == 1


def test_nobody_elses_patients_are_shown(desk: DeskForTests, chen: FlaskClient) -> None:
    add_session(desk, at(8), at(12), doctor="zhou")
    book(desk, add_family(desk), at(9), doctor="zhou")

    day = chen.get(TODAY).json

    assert day["sessions"] == day["others"] == []


def test_yesterday_and_tomorrow_are_not_today(desk: DeskForTests, chen: FlaskClient) -> None:
    family = add_family(desk)
    for when in (at(23, 59, day=22), at(0, day=24)):
        book(desk, family, when)
    add_session(desk, at(8, day=24), at(12, day=24))

    day = chen.get(TODAY).json

    assert day["sessions"] == day["others"] == []


def test_last_nights_session_is_todays_while_it_runs(desk: DeskForTests, chen: FlaskClient) -> None:
    night = add_session(desk, at(20, day=22), at(2))
    book(desk, add_family(desk), at(23, day=22), session=night)
    desk.clock.set(at(1))

    during = chen.get(TODAY).json
    desk.clock.set(at(2))
    after = chen.get(TODAY).json

    assert [(s["id"], s["running"], len(s["patients"])) for s in during["sessions"]] == [(night, True, 1)]
    assert after["sessions"] == []


def test_a_cancelled_session_stays_visible_with_who_had_booked(desk: DeskForTests, chen: FlaskClient) -> None:
    cancelled = add_session(desk, at(8), at(12), status="cancelled")
    book(desk, add_family(desk), at(9), session=cancelled)

    [session] = chen.get(TODAY).json["sessions"]

    assert (session["status"], session["running"], len(session["patients"])) == ("cancelled", False, 1)


def test_the_desk_shown_is_the_one_of_the_doctors_departments(desk: DeskForTests, chen: FlaskClient) -> None:
    desk.add_queue("general")
    skin = desk.add_queue("skin", is_default=False)
    assert [queue["key"] for queue in chen.get(TODAY).json["desk"]] == ["general"]

    with desk.write() as work:
        queue_queries.set_departments(work.session, queue_id=skin, department_ids=["dermatology"])

    assert [(queue["key"], queue["open"]) for queue in chen.get(TODAY).json["desk"]] == [("skin", True)]


def test_an_account_without_a_doctor_behind_it_has_no_day(desk: DeskForTests, client: FlaskClient) -> None:
    for login, doctor_id in (("nobody", None), ("stale", "left-last-year")):
        sign_in(desk, client, staff_id=desk.add_staff(login, roles=("doctor",), doctor_id=doctor_id))
        answer = client.get(TODAY)
        assert (answer.status_code, answer.json["code"]) == (404, "auth.no_doctor")


def test_only_doctors_have_a_day(desk: DeskForTests, client: FlaskClient) -> None:
    assert client.get(TODAY).status_code == 401
    sign_in(
        desk,
        client,
        staff_id=desk.add_staff("boss", roles=("supervisor", "agent", "editor", "admin"), doctor_id="chen"),
    )

    assert client.get(TODAY).status_code == 403
