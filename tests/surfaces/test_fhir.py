"""The hospital's own system brings its schedule as FHIR R4, and reads it back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from caredesk.application import create_app
from caredesk.clinic import queries
from caredesk.clinic.models import Department, Doctor
from caredesk.core.clock import from_clinic
from tests.conventions.source import ROOT
from tests.fixtures.desk import DeskForTests

TOKEN = "a-token-that-only-tests-know-0123456789"
GUIDE = ROOT / "docs" / "fhir.md"


@pytest.fixture
def fhir(desk: DeskForTests) -> FlaskClient:
    """A client of a desk with two departments; it is ten o'clock on Monday 2026-11-23."""
    with desk.write() as work:
        work.session.add_all([Department(id="skin", name="皮肤科"), Department(id="eyes", name="眼科")])
        work.session.flush()
        work.session.add(Doctor(id="zhang-wei", name="张伟", department_id="skin"))
    return create_app(replace(desk.services, fhir_token=TOKEN)).test_client()


def send(client: FlaskClient, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = client.open(path, method=method, json=body, headers=headers)
    assert response.mimetype == "application/fhir+json"
    return response.status_code, response.get_json()


def slot(number: str = "his-1", *, start: str = "2026-11-24T08:00:00+08:00", **over: Any) -> dict[str, Any]:
    return {
        "resourceType": "Slot",
        "identifier": [{"system": "urn:his", "value": number}],
        "schedule": {"reference": "Schedule/skin.zhang-wei"},
        "status": "free",
        "start": start,
        "end": start.replace("T08", "T11").replace("T13", "T16"),
        **over,
    }


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:{number}", "resource": one} for number, one in enumerate(resources)],
    }


def kept(desk: DeskForTests) -> list[tuple[str, str]]:
    with desk.read() as session:
        since = from_clinic(desk.clock.now().replace(day=1))
        lines = queries.list_sessions(session, since=since, until=since.replace(year=2027))
        return [(f"{line.session.starts_at:%d %H:%M}", line.session.status) for line in lines]


# ---- who may -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1]])
def test_nobody_without_the_token_is_let_in(fhir: FlaskClient, token: str) -> None:
    status, told = send(fhir, "GET", "/fhir/Slot", token=token)
    assert (status, told["resourceType"], told["issue"][0]["code"]) == (401, "OperationOutcome", "login")


def test_without_a_token_of_its_own_the_desk_lets_nobody_in(desk: DeskForTests) -> None:
    client = create_app(replace(desk.services, fhir_token="")).test_client()
    assert client.get("/fhir/Slot", headers={"Authorization": "Bearer "}).status_code == 401


# ---- in ------------------------------------------------------------------------------------------------------


def test_a_slot_becomes_a_session_and_sending_it_again_changes_nothing(fhir: FlaskClient, desk: DeskForTests) -> None:
    status, told = send(fhir, "POST", "/fhir/Slot", slot())
    assert (status, told["status"], told["schedule"]["reference"]) == (201, "free", "Schedule/skin.zhang-wei")
    assert send(fhir, "POST", "/fhir/Slot", slot())[0] == 200
    assert kept(desk) == [("24 00:00", "scheduled")]


def test_a_slot_is_moved_and_cancelled_by_its_number(fhir: FlaskClient, desk: DeskForTests) -> None:
    send(fhir, "POST", "/fhir/Slot", slot())
    send(fhir, "POST", "/fhir/Slot", slot(start="2026-11-25T13:00:00+08:00"))
    assert kept(desk) == [("25 05:00", "scheduled")]
    send(fhir, "POST", "/fhir/Slot", slot(start="2026-11-25T13:00:00+08:00", status="busy-unavailable"))
    assert kept(desk) == [("25 05:00", "cancelled")]
    status, told = send(fhir, "GET", "/fhir/Slot/urn:his|his-1")
    assert (status, told["status"]) == (200, "busy-unavailable")


def test_a_bundle_names_its_own_schedules(fhir: FlaskClient, desk: DeskForTests) -> None:
    schedule = {
        "resourceType": "Schedule",
        "id": "s-1",
        "actor": [{"reference": "Practitioner/zhang-wei"}, {"reference": "HealthcareService/skin"}],
    }
    own = slot(schedule={"reference": "Schedule/s-1"})
    other = slot("his-2", schedule={"reference": "Schedule/eyes"})
    status, told = send(fhir, "POST", "/fhir", bundle(schedule, own, other))
    assert (status, told["issue"][0]["diagnostics"]) == (200, "2 added")
    assert len(kept(desk)) == 2


def test_a_session_of_the_same_time_is_taken_over_with_its_number(fhir: FlaskClient, desk: DeskForTests) -> None:
    send(fhir, "POST", "/fhir/Slot", slot())
    send(fhir, "POST", "/fhir/Slot", slot("his-9"))
    assert len(kept(desk)) == 1
    assert send(fhir, "GET", "/fhir/Slot/urn:his|his-9")[0] == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"end": "2026-11-24T07:00:00+08:00"}, "not after the start"),
        ({"schedule": {"reference": "Schedule/bones"}}, "unknown department"),
        ({"schedule": {"reference": "Schedule/skin.nobody"}}, "unknown doctor"),
        ({"identifier": []}, "identifier"),
        ({"status": "whatever"}, "status"),
        ({"start": "2026-11-24"}, "start"),
    ],
)
def test_what_is_wrong_is_said_as_an_operation_outcome_and_nothing_changes(
    fhir: FlaskClient, desk: DeskForTests, wrong: dict[str, Any], said: str
) -> None:
    status, told = send(fhir, "POST", "/fhir", bundle(slot("good", start="2026-11-26T08:00:00+08:00"), slot(**wrong)))
    assert (status in (400, 422), told["resourceType"]) == (True, "OperationOutcome")
    assert any(said in issue["diagnostics"] for issue in told["issue"])
    assert kept(desk) == []


@pytest.mark.parametrize("body", [{}, {"resourceType": "Patient"}, {"resourceType": "Bundle", "type": "collection"}])
def test_other_resources_are_not_taken(fhir: FlaskClient, body: dict[str, Any]) -> None:
    assert send(fhir, "POST", "/fhir", body)[0] == 400


# ---- out -----------------------------------------------------------------------------------------------------


def test_slots_and_schedules_are_read_back(fhir: FlaskClient) -> None:
    send(fhir, "POST", "/fhir/Slot", slot())
    _, slots = send(fhir, "GET", "/fhir/Slot?start=ge2026-11-23&days=7&schedule=Schedule/skin.zhang-wei")
    assert [one["resource"]["identifier"][0]["value"] for one in slots["entry"]] == ["his-1"]
    _, schedules = send(fhir, "GET", "/fhir/Schedule")
    assert {one["resource"]["id"] for one in schedules["entry"]} == {"skin", "eyes", "skin.zhang-wei"}
    assert send(fhir, "GET", "/fhir/Schedule/nothing")[0] == 404
    assert send(fhir, "GET", "/fhir/Slot?start=yesterday")[0] == 400


def test_every_example_of_the_guide_works(fhir: FlaskClient) -> None:
    examples = re.findall(r"```http\n(\w+) (\S+)\n(.*?)```", GUIDE.read_text("utf-8"), flags=re.DOTALL)
    assert len(examples) >= 4
    for method, path, body in examples:
        sent = body.strip()
        status, told = send(fhir, method, path, json.loads(sent) if sent else None)
        assert status in (200, 201), (method, path, told)
