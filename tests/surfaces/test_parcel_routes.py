"""Parcels over HTTP: signed pushes in the service's own shape, and what staff do; refusals change nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from caredesk.application import create_app
from caredesk.core.clock import FixedClock
from caredesk.edge.parcel_jobs import PUSH_PATH
from caredesk.edge.services import Services
from caredesk.infra.parcels import protocol
from caredesk.infra.parcels.kuaidi100 import Kuaidi100
from caredesk.infra.parcels.loopback import CUSTOMER, Leg, Loopback
from caredesk.patients.models import Guardianship, Parcel, Prescription
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import add_family, conversation_of_family, put_into_queue, sign_in

SALT = "a-salt-that-only-tests-know"


@pytest.fixture
def carrier(clock: FixedClock) -> Iterator[Loopback]:
    found = Loopback(clock, key="a-key-that-only-tests-know")
    yield found
    found.stop()


@pytest.fixture
def services(services: Services, carrier: Loopback) -> Services:
    client = Kuaidi100(carrier.start(), CUSTOMER, carrier.key, SALT, seconds=2, reach="loopback")
    return replace(services, parcels=client)


@pytest.fixture
def parcel(desk: DeskForTests, carrier: Loopback) -> Parcel:
    """A parcel of a family, of which the carrier says that it is being delivered."""
    add_family(desk)
    with desk.write() as work:
        found = work.session.scalars(select(Parcel)).one()
        found.number, found.carrier, found.carrier_code = "SF1020304050", "顺丰速运", "shunfeng"
        found.moved_at = work.now
        legs = [Leg(work.now - timedelta(hours=3), "0", "到达"), Leg(work.now - timedelta(hours=1), "5", "派送中")]
    carrier.ship("SF1020304050", carrier_code="shunfeng", legs=legs)
    return found


def kept(desk: DeskForTests) -> dict[str, Any]:
    with desk.read() as session:
        row = session.scalars(select(Parcel).where(Parcel.number == "SF1020304050")).one()
        return {column.key: getattr(row, column.key) for column in Parcel.__table__.columns}


# ---- pushes ----------------------------------------------------------------------------------------------


def test_a_signed_push_is_taken_and_answered_in_the_services_shape(
    client: FlaskClient, desk: DeskForTests, carrier: Loopback, parcel: Parcel
) -> None:
    response = client.post(PUSH_PATH, data=carrier.pushed_form(parcel.number, salt=SALT))
    assert (response.status_code, response.json) == (200, {"result": True, "returnCode": "200", "message": "learned"})
    assert kept(desk)["status"] == "out_for_delivery"


def test_a_replayed_push_is_taken_and_changes_nothing(
    client: FlaskClient, desk: DeskForTests, carrier: Loopback, parcel: Parcel
) -> None:
    form = carrier.pushed_form(parcel.number, salt=SALT)
    client.post(PUSH_PATH, data=form)
    before, events = kept(desk), len(desk.push.events)
    desk.clock.advance(hours=1)
    for _ in range(3):
        response = client.post(PUSH_PATH, data=form)
        assert response.json == {"result": True, "returnCode": "200", "message": "known"}
    assert (kept(desk), len(desk.push.events)) == (before, events)


def twisted(form: dict[str, str], **changes: str) -> dict[str, str]:
    return {**form, **changes}


def signed(push: object) -> dict[str, str]:
    param = push if isinstance(push, str) else json.dumps(push)
    return {"param": param, "sign": protocol.signature(param, SALT)}


def last(**values: Any) -> dict[str, Any]:
    return {"status": "polling", "lastResult": {"nu": "SF1020304050", "com": "shunfeng", "state": "3", **values}}


ODD: list[tuple[str, dict[str, str], int]] = [
    ("no sign", {"param": "{}"}, 422),
    ("no param", {"sign": "X"}, 422),
    ("a sign of nobody's", {"param": json.dumps(last()), "sign": "0" * 32}, 401),
    ("a sign without the salt", {"param": "{}", "sign": protocol.signature("{}")}, 401),
    ("a sign in other letters", {"param": "{}", "sign": "é" * 32}, 401),
    ("no json", signed("<xml>"), 400),
    ("a list", signed([1]), 400),
    ("no parcel", signed({"status": "abort", "message": "3天查询无记录"}), 400),
    ("an unknown parcel", signed(last(nu="SF9999999999")), 404),
    ("an odd number", signed(last(nu="'; drop table parcel")), 404),
    ("another carrier", signed(last(com="yunda")), 404),
    ("a time of no day", signed(last(data=[{"context": "x", "time": "2026-02-30 10:00:00"}])), 400),
    ("a step that is none", signed(last(data=["x"])), 400),
    ("deep", signed("[" * 5000), 400),
]


@pytest.mark.parametrize(("name", "form", "status"), ODD, ids=[odd[0] for odd in ODD])
def test_an_odd_push_is_refused_in_the_services_shape_and_changes_nothing(
    client: FlaskClient, desk: DeskForTests, parcel: Parcel, name: str, form: dict[str, str], status: int
) -> None:
    before = kept(desk)
    response = client.post(PUSH_PATH, data=form)
    assert response.status_code == status, name
    if status != 422:
        assert response.json is not None and set(response.json) == {"result", "returnCode", "message"}
        assert (response.json["result"], response.json["returnCode"]) == (False, str(status))
        assert response.json["message"].startswith("parcel.")
    assert kept(desk) == before


def test_a_push_whose_words_were_changed_on_the_way_is_refused(
    client: FlaskClient, desk: DeskForTests, carrier: Loopback, parcel: Parcel
) -> None:
    form = carrier.pushed_form(parcel.number, salt=SALT)
    response = client.post(PUSH_PATH, data=twisted(form, param=form["param"].replace("派送中", "已签收")))
    assert response.status_code == 401 and kept(desk)["trace"] == []


def test_a_subscribed_parcel_is_pushed_over_the_wire(
    services: Services, desk: DeskForTests, carrier: Loopback, parcel: Parcel
) -> None:
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tracker = replace(services.parcels, callback_url=f"http://127.0.0.1:{server.server_port}{PUSH_PATH}")
    try:
        assert tracker.subscribe(carrier_code="shunfeng", number=parcel.number, phone_tail="") == ""
        assert tracker.subscribe(carrier_code="shunfeng", number=parcel.number, phone_tail="") == ""
        answers = [carrier.push(parcel.number)["message"] for _ in range(2)]
    finally:
        server.shutdown()
        server.server_close()
    assert (answers, kept(desk)["status"]) == (["learned", "known"], "out_for_delivery")


def test_without_a_service_nobody_may_push(services: Services, carrier: Loopback, parcel: Parcel) -> None:
    closed = create_app(replace(services, parcels=None)).test_client()
    response = closed.post(PUSH_PATH, data=carrier.pushed_form(parcel.number, salt=SALT))
    assert (response.status_code, response.json["message"]) == (409, "parcel.no_service")


# ---- what staff do ---------------------------------------------------------------------------------------


@pytest.fixture
def at_work(client: FlaskClient, desk: DeskForTests, parcel: Parcel) -> tuple[str, dict[str, str]]:
    """Somebody who deals with the family: the family's address at the console, and the headers of a write."""
    queue_id = desk.add_queue()
    staff_id = desk.add_agent("lin", queues=[queue_id])
    guardian_id = family_of(desk)
    _, conversation_id = conversation_of_family(desk, guardian_id=guardian_id)
    put_into_queue(desk, conversation_id, queue_id=queue_id)
    return f"/api/console/families/{guardian_id}/parcels", sign_in(desk, client, staff_id=staff_id)


def family_of(desk: DeskForTests) -> str:
    with desk.read() as session:
        return session.scalars(select(Guardianship.guardian_id)).one()


def code_of(response: TestResponse) -> str:
    return str(response.json["code"])  # type: ignore[index]


def test_an_agent_has_the_carrier_asked_and_every_screen_hears_what_it_says(
    client: FlaskClient, desk: DeskForTests, at_work: tuple[str, dict[str, str]], parcel: Parcel
) -> None:
    address, headers = at_work
    first = client.post(f"{address}/{parcel.id}/refresh", headers=headers)
    assert first.json["asked"] is True
    desk.run_jobs()
    assert kept(desk)["status"] == "out_for_delivery" and desk.push.of_type("parcel.changed")
    again = client.post(f"{address}/{parcel.id}/refresh", headers=headers)
    assert (again.json["asked"], again.json["next_at"]) == (
        False,
        (desk.clock.now() + timedelta(minutes=30)).isoformat().replace("+00:00", "Z"),
    )


def test_an_agent_enters_a_number_and_colleagues_see_it(
    client: FlaskClient, desk: DeskForTests, at_work: tuple[str, dict[str, str]], parcel: Parcel
) -> None:
    address, headers = at_work
    new = {"prescription_id": parcel.prescription_id, "carrier_code": "jd", "number": " jd 0012 3456 7890 "}
    assert client.post(address, json=new, headers=headers).status_code == 204
    with desk.read() as session:
        entered = session.scalars(select(Parcel).where(Parcel.number == "JD001234567890")).one()
    assert (entered.carrier, entered.status) == ("京东物流", "shipped")
    [told] = [e.entry for e in desk.push.of_type("entry.appended") if e.entry.body.kind == "notice"]
    assert (told.body.code, told.body.fields["tail"], told.internal) == ("parcel.noted", "7890", True)
    again = client.post(address, json=new, headers=headers)
    assert (again.status_code, code_of(again)) == (409, "parcel.taken")


def test_what_an_agent_learned_counts_until_the_carrier_says_something_newer(
    client: FlaskClient, desk: DeskForTests, carrier: Loopback, at_work: tuple[str, dict[str, str]], parcel: Parcel
) -> None:
    address, headers = at_work
    said = {"status": "trouble", "text": "快递员说地址不详，已重新派送"}
    assert client.post(f"{address}/{parcel.id}/notes", json=said, headers=headers).status_code == 204
    assert (kept(desk)["status"], kept(desk)["trace"][-1]["source"]) == ("trouble", "staff")
    client.post(PUSH_PATH, data=carrier.pushed_form(parcel.number, salt=SALT))
    assert kept(desk)["status"] == "trouble"
    code, legs = carrier.parcels[parcel.number]
    carrier.ship(
        parcel.number, carrier_code=code, legs=[*legs, Leg(desk.clock.now() + timedelta(hours=1), "3", "签收")]
    )
    desk.clock.advance(hours=2)
    client.post(PUSH_PATH, data=carrier.pushed_form(parcel.number, salt=SALT))
    assert kept(desk)["status"] == "delivered"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"number": "12345"}, 400, "parcel.number_odd"),
        ({"number": "SF\u202e1234567"}, 400, "parcel.number_odd"),
        ({"carrier_code": "feige"}, 400, "parcel.carrier_unknown"),
        ({"prescription_id": "none"}, 404, "parcel.no_prescription"),
        ({"number": "sf1020304050"}, 409, "parcel.taken"),
        ({"number": ""}, 422, "input.malformed"),
    ],
)
def test_an_odd_entry_is_refused_and_nothing_is_kept(
    client: FlaskClient, desk: DeskForTests, at_work: tuple[str, dict[str, str]], parcel: Parcel,
    change: dict[str, str], status: int, code: str,
) -> None:  # fmt: skip
    address, headers = at_work
    new = {"prescription_id": parcel.prescription_id, "carrier_code": "jd", "number": "JD123456789", **change}
    response = client.post(address, json=new, headers=headers)
    assert (response.status_code, code_of(response)) == (status, code)
    with desk.read() as session:
        assert len(session.scalars(select(Parcel)).all()) == 1


def test_a_family_that_nobody_deals_with_has_no_parcels_here(
    client: FlaskClient, desk: DeskForTests, at_work: tuple[str, dict[str, str]], parcel: Parcel
) -> None:
    stranger = desk.add_agent("zhao", queues=[desk.add_queue("other", is_default=False)])
    headers = sign_in(desk, client, staff_id=stranger)
    address, _ = at_work
    said = {"status": "delivered", "text": "x"}
    for path, body in ((f"/{parcel.id}/refresh", None), (f"/{parcel.id}/notes", said)):
        response = client.post(address + path, json=body, headers=headers)
        assert (response.status_code, code_of(response)) == (404, "guardian.not_found")


def test_what_has_arrived_is_not_asked_about(
    client: FlaskClient, desk: DeskForTests, at_work: tuple[str, dict[str, str]], parcel: Parcel
) -> None:
    address, headers = at_work
    client.post(f"{address}/{parcel.id}/notes", json={"status": "delivered", "text": "家人已收到"}, headers=headers)
    response = client.post(f"{address}/{parcel.id}/refresh", headers=headers)
    assert (response.status_code, code_of(response)) == (409, "parcel.over")


def test_a_doctor_is_told_of_no_other_doctors_patient(client: FlaskClient, desk: DeskForTests, parcel: Parcel) -> None:
    doctor = desk.add_staff("wu", roles=["doctor"], doctor_id="wu")
    sign_in(desk, client, staff_id=doctor)
    with desk.read() as session:
        patient_id = session.get_one(Prescription, parcel.prescription_id).patient_id
    response = client.get(f"/api/doctor/patients/{patient_id}/parcels")
    assert (response.status_code, code_of(response)) == (404, "parcel.not_found")
