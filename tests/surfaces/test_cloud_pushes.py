"""Pushes of cloud call centres over HTTP: who may push, what is kept before the answer, what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from caredesk.application import create_app
from caredesk.core.outbox import JobRow
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.services import HookSecrets
from caredesk.infra.runner import Runner
from caredesk.telephony.cloud_models import CloudPush
from tests.fixtures.call_centre import CallCentreDouble
from tests.fixtures.desk import DeskForTests, with_settings
from tests.fixtures.records import sign_in
from tests.fixtures.vendor import CALLER, CLASSIC, V7, cdr

SECRET = "what-the-call-centre-was-given"
RECORDS = "/hooks/calls/tccc?action=cdr&version=1"


def web_for(desk: DeskForTests, provider: str, *, secret: str = SECRET) -> FlaskClient:
    services = replace(with_settings(desk.services, cloud_calls=provider), hooks=HookSecrets(cloud=secret))
    return create_app(services).test_client()


def kept(desk: DeskForTests) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(CloudPush)) or 0


def jobs(desk: DeskForTests) -> set[str]:
    with desk.read() as session:
        return set(session.scalars(select(JobRow.name)))


def post_record(web: FlaskClient, body: Any, *, password: str = SECRET, push_id: str = "push-1") -> TestResponse:
    return web.post(RECORDS, json=body, auth=("caredesk", password), headers={"X-TCCC-PUSH-UUID": push_id})


def test_a_record_is_kept_before_it_is_answered_in_the_vendors_shape(desk: DeskForTests) -> None:
    web = web_for(desk, "tccc")
    for _ in range(2):
        answer = post_record(web, cdr())
        assert (answer.status_code, answer.json) == (200, {"ErrCode": 0, "ErrMsg": "ok"})
    assert (kept(desk), jobs(desk)) == (1, {"settle_cloud_call"})


@pytest.mark.parametrize("bodies", [CLASSIC, V7])
def test_live_events_come_to_the_address_that_is_the_secret(desk: DeskForTests, bodies: tuple[dict[str, Any]]) -> None:
    web = web_for(desk, "seven_moor")
    for index, body in enumerate(bodies):
        how = {"json": body} if index % 2 else {"data": body}
        assert web.post(f"/hooks/calls/seven_moor/{SECRET}", **how).status_code == 200
    assert kept(desk) == len(bodies)


@pytest.mark.parametrize("password", ["", "x", SECRET[:-1], SECRET + " ", "é"])
def test_without_the_password_nothing_is_kept_and_nothing_learned(desk: DeskForTests, password: str) -> None:
    answer = post_record(web_for(desk, "tccc"), cdr(), password=password)
    assert (answer.status_code, kept(desk)) == (401, 0)
    assert CALLER not in answer.text
    assert web_for(desk, "tccc").post(RECORDS, json=cdr()).status_code == 401
    assert web_for(desk, "seven_moor").post(f"/hooks/calls/seven_moor/{password or 'no'}").status_code == 401


@pytest.mark.parametrize("provider", ["", "seven_moor"])
def test_only_the_call_centre_that_was_chosen_may_push(desk: DeskForTests, provider: str) -> None:
    assert post_record(web_for(desk, provider), cdr()).status_code == 401
    assert web_for(desk, provider).post(f"/hooks/calls/elsewhere/{SECRET}", json={}).status_code == 401


def test_while_no_secret_is_known_nobody_is_let_in(desk: DeskForTests) -> None:
    assert post_record(web_for(desk, "tccc", secret=""), cdr(), password="").status_code == 401


def test_what_is_signed_but_not_understood_is_kept_and_thanked_for(desk: DeskForTests) -> None:
    web = web_for(desk, "tccc")
    assert post_record(web, {"SessionId": "s-1"}).status_code == 200
    assert (kept(desk), jobs(desk)) == (1, set())


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"[" * 5000, b'"text"'])
def test_what_are_no_fields_is_refused(desk: DeskForTests, body: bytes) -> None:
    web = web_for(desk, "tccc")
    answer = web.post(RECORDS, data=body, content_type="application/json", auth=("caredesk", SECRET))
    assert (answer.status_code, kept(desk)) == (422, 0)


def test_a_push_that_no_call_centre_sends_is_refused_for_its_size(desk: DeskForTests) -> None:
    answer = post_record(web_for(desk, "tccc"), cdr(UserRemark="x" * 100_001))
    assert (answer.status_code, kept(desk)) == (413, 0)


def test_a_push_of_another_kind_than_fields_is_refused(desk: DeskForTests) -> None:
    web = web_for(desk, "seven_moor")
    answer = web.post(f"/hooks/calls/seven_moor/{SECRET}", data=b"<xml/>", content_type="text/xml")
    assert (answer.status_code, kept(desk)) == (415, 0)


# ---- calls that are asked for here ---------------------------------------------------------------------------


@pytest.mark.usefixtures("quick_hashing")
def test_the_button_of_the_console_asks_the_call_centre_when_there_is_one(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    centre = CallCentreDouble("tccc", desk.clock)
    centre.start()
    services = replace(desk.services, call_centre=centre.client)
    web = create_app(services).test_client()
    headers = sign_in(desk, web, staff_id=agent)
    assert web.get("/api/desk/phone", headers=headers).json["calls_by"] == "call_centre"  # type: ignore[index]
    answer = web.post("/api/desk/calls", json={"number": CALLER}, headers=headers)
    assert answer.json is not None and (answer.json["state"], answer.json["direction"]) == ("ringing", "out")
    Runner(services, kinds=JOB_KINDS).run_due()
    assert len(centre.asked) == 1
    centre.stop()
