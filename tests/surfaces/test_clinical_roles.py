"""Nurses and pharmacists at the doctor's desk: their own day, their own wishes, and nobody else's patients."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from caredesk.clinic.models import Department
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import sign_in
from tests.fixtures.ward import Ward


@pytest.fixture
def ward(desk: DeskForTests, client: FlaskClient) -> Ward:
    return Ward(desk, client)


def come_as(ward: Ward, *roles: str, **values: Any) -> None:
    staff_id = ward.desk.add_staff("-".join(roles), roles=roles, **values)
    ward.headers = sign_in(ward.desk, ward.client, staff_id=staff_id)


def today(ward: Ward) -> Any:
    return ward.client.get("/api/doctor/today")


def kinds(ward: Ward) -> set[str]:
    return {kind["key"] for kind in ward.client.get("/api/doctor/request-types").json["types"]}


def test_a_nurse_sees_the_sessions_of_the_department_with_whose_they_are(ward: Ward) -> None:
    come_as(ward, "nurse", department_id="dermatology")
    day = today(ward).json
    assert (day["role"], day["doctor"]["name"]) == ("nurse", "客服nurse")
    [session] = day["sessions"]
    assert session["doctor"] == "陈静"
    assert [(one["appointment_id"], one["child"]) for one in session["patients"]] == [(ward.visit, "王*")]


def test_a_nurse_calls_a_patient_of_the_department_in_the_doctors_session(ward: Ward) -> None:
    come_as(ward, "nurse", department_id="dermatology")
    request = ward.call()
    assert (request["child"], request["raised_by"]) == ("王*", "客服nurse")
    assert ward.desk.conversation(request["conversation_id"]).priority == 5
    assert ward.client.get(f"/api/doctor/patients/{ward.patient_id}/parcels").status_code == 200


def test_another_departments_patients_do_not_exist_for_a_nurse(ward: Ward) -> None:
    with ward.desk.write() as work:
        work.session.add(Department(id="surgery", name="外科", name_en="Surgery"))
    come_as(ward, "nurse", department_id="surgery")
    assert today(ward).json["sessions"] == []
    refused = ward.ask(appointment_id=ward.visit)
    assert (refused.status_code, refused.json["code"]) == (404, "assist.patient_not_yours")
    assert ward.client.get(f"/api/doctor/patients/{ward.patient_id}/parcels").status_code == 404


def test_a_department_makes_nobody_a_nurse(ward: Ward) -> None:
    come_as(ward, "pharmacist", department_id="dermatology")
    assert ward.ask("session_help", form={"what": "late"}).json["code"] == "assist.type_unknown"
    assert ward.client.get(f"/api/doctor/patients/{ward.patient_id}/parcels").status_code == 404


def test_a_nurse_without_a_department_is_told_so(ward: Ward) -> None:
    come_as(ward, "nurse")
    answer = today(ward)
    assert (answer.status_code, answer.json["code"]) == (404, "auth.no_department")
    assert ward.ask(appointment_id=ward.visit).status_code == 404


def test_a_pharmacist_sees_what_has_not_arrived_masked_and_no_sessions(ward: Ward) -> None:
    come_as(ward, "pharmacist")
    day = today(ward).json
    assert (day["role"], day["sessions"], day["others"]) == ("pharmacist", [], [])
    [line] = ward.client.get("/api/doctor/pharmacy").json["lines"]
    assert (line["child"], line["status"], len(line["parcels"])) == ("王*", "issued", 1)
    assert len(line["parcels"][0]["tail"]) == 4
    assert "王乐乐" not in str(line)


def test_only_pharmacists_see_the_pharmacys_work(ward: Ward) -> None:
    assert ward.client.get("/api/doctor/pharmacy").status_code == 403
    come_as(ward, "nurse", department_id="dermatology")
    assert ward.client.get("/api/doctor/pharmacy").status_code == 403


def test_everybody_is_offered_what_their_role_may_ask_for(ward: Ward) -> None:
    assert {"call_patient", "medicine_enquiry"} <= kinds(ward) and "session_help" not in kinds(ward)
    come_as(ward, "nurse", department_id="dermatology")
    assert {"call_patient", "session_help"} <= kinds(ward) and "parcel_help" not in kinds(ward)
    come_as(ward, "pharmacist")
    assert kinds(ward) == {"system_trouble", "parcel_help", "prescription_query", "free_text"}
    asked = ward.ask("parcel_help", form={"number": "0042", "what": "returned"}).json
    assert (asked["type"], asked["state"], asked["child"]) == ("快递协助", "waiting", "")
