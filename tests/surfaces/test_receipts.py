"""What comes back from providers and from the hospital: signed, once, and without telling strangers anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caredesk.application import create_app
from caredesk.edge.signatures import post_signature, push_signature
from caredesk.infra.messages.loopback import Loopback, Reports
from tests.fixtures.called import HOOKS, Called, called_family
from tests.fixtures.desk import DeskForTests
from tests.fixtures.provider import SECRET


@pytest.fixture
def provider(desk: DeskForTests) -> Iterator[tuple[Loopback, str]]:
    made = Loopback(desk.clock, SECRET)
    yield made, made.start()
    made.stop()


@pytest.fixture
def called(desk: DeskForTests, provider: tuple[Loopback, str]) -> Called:
    return called_family(desk, provider[0], url=provider[1])


@pytest.fixture
def web(called: Called) -> FlaskClient:
    return create_app(called.desk.services).test_client()


@pytest.fixture
def reports(desk: DeskForTests) -> Reports:
    return Reports("http://unused", "/hooks/sms/x", HOOKS.wechat, desk.clock)


def state(called: Called, request_id: str, channel: str) -> tuple[str, str]:
    [leg] = [leg for leg in called.legs(request_id) if leg.channel == channel]
    return leg.state, leg.reason


def sms(web: FlaskClient, entries: Any, *, secret: str = HOOKS.sms) -> TestResponse:
    return web.post(f"/hooks/sms/{secret}", json=entries)


# ---- SMS -------------------------------------------------------------------------------------------------


def test_an_sms_receipt_is_taken_and_answered_in_the_services_own_shape(
    called: Called, web: FlaskClient, reports: Reports
) -> None:
    called.allow("sms")
    request_id = called.call()
    called.desk.run_jobs()
    entry = reports.sms_report(called.provider.taken[0], delivered=True)
    for _ in range(2):
        answer = sms(web, [entry, {**entry, "biz_id": "unknown", "out_id": "unknown"}])
        assert (answer.status_code, answer.json) == (200, {"code": 0, "msg": "OK"})
    assert state(called, request_id, "sms") == ("delivered", "")


def test_a_failed_sms_brings_its_code_and_never_the_providers_words(
    called: Called, web: FlaskClient, reports: Reports
) -> None:
    called.allow("sms")
    request_id = called.call()
    called.desk.run_jobs()
    entry = reports.sms_report(called.provider.taken[0], delivered=False)
    sms(web, [{**entry, "err_code": "<script>"}])
    assert state(called, request_id, "sms") == ("failed", "not_delivered")


@pytest.mark.parametrize("secret", ["", "x", "sms-secret-pat", "é" * 20, HOOKS.sms + " "])
def test_without_the_secret_address_nobody_learns_anything(called: Called, web: FlaskClient, secret: str) -> None:
    answer = web.post(f"/hooks/sms/{secret or 'none'}", data=b"not even json")
    assert answer.status_code == 401 and answer.json is not None and answer.json["code"] == "schedule.token"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"[1]", b'[{"success": "perhaps"}]', b"[" * 5000, b'[{"biz_id": 5, "success": true}]']
)
def test_what_is_no_receipt_is_refused(called: Called, web: FlaskClient, body: bytes) -> None:
    answer = web.post(f"/hooks/sms/{HOOKS.sms}", data=body, content_type="application/json")
    assert answer.status_code == 422


def test_more_receipts_than_a_provider_sends_at_once_are_refused(called: Called, web: FlaskClient) -> None:
    assert sms(web, [{"success": True}] * 501).status_code == 422


# ---- WeChat ----------------------------------------------------------------------------------------------


def push(web: FlaskClient, body: str, *, at: int, token: str = HOOKS.wechat, method: str = "POST") -> TestResponse:
    signature = push_signature(token, timestamp=str(at), nonce="n-1")
    address = f"/hooks/wechat?signature={signature}&timestamp={at}&nonce=n-1&echostr=hello123"
    return web.open(address, method=method, data=body.encode())


def test_a_wechat_receipt_is_taken_once(called: Called, web: FlaskClient, reports: Reports) -> None:
    called.allow("wechat")
    request_id = called.call()
    called.desk.run_jobs()
    now = int(called.desk.clock.now().timestamp())
    [taken] = called.provider.taken
    failed = reports.wechat_report(taken, delivered=False)
    assert push(web, reports.wechat_report(taken, delivered=True), at=now).data == b"success"
    assert push(web, failed, at=now).data == b"success"
    assert state(called, request_id, "wechat") == ("delivered", "")


def test_who_has_blocked_the_account_is_told_as_that(called: Called, web: FlaskClient, reports: Reports) -> None:
    called.allow("wechat")
    request_id = called.call()
    called.desk.run_jobs()
    body = reports.wechat_report(called.provider.taken[0], delivered=False)
    push(web, body, at=int(called.desk.clock.now().timestamp()))
    assert state(called, request_id, "wechat") == ("failed", "user_block")


def test_wechats_question_for_the_address_is_answered_when_it_is_signed(called: Called, web: FlaskClient) -> None:
    now = int(called.desk.clock.now().timestamp())
    assert push(web, "", at=now, method="GET").data == b"hello123"
    assert push(web, "", at=now, method="GET", token="another").status_code == 401


def test_a_push_with_a_wrong_signature_or_an_old_one_is_refused(called: Called, web: FlaskClient) -> None:
    now = int(called.desk.clock.now().timestamp())
    assert push(web, "<xml/>", at=now, token="another").status_code == 401
    assert push(web, "<xml/>", at=now - 301).status_code == 401
    assert push(web, "<xml/>", at=now + 301).status_code == 401
    assert web.post("/hooks/wechat", data=b"<xml/>").status_code == 401


@pytest.mark.parametrize(
    "body",
    ["", "<xml>", "<!DOCTYPE x [<!ENTITY a 'b'>]><xml>&a;</xml>", "\x00", "<Event>subscribe</Event>", "x" * 100_000],
)
def test_any_other_push_is_thanked_for_and_let_be(called: Called, web: FlaskClient, body: str) -> None:
    assert push(web, body, at=int(called.desk.clock.now().timestamp())).data == b"success"


# ---- the hospital's word ---------------------------------------------------------------------------------


def enter(
    called: Called, web: FlaskClient, body: Any, *, post_id: str = "post-1", secret: str = HOOKS.entered, age: int = 0
) -> TestResponse:
    raw = json.dumps(body).encode()
    stamp = str(int(called.desk.clock.now().timestamp()) - age)
    headers = {
        "webhook-id": post_id,
        "webhook-timestamp": stamp,
        "webhook-signature": post_signature(secret, post_id=post_id, timestamp=stamp, body=raw),
    }
    return web.post("/hooks/entered", data=raw, headers=headers)


@pytest.mark.parametrize("body", [{"appointment": "A-1"}, {"patient": "C-1"}])
def test_the_hospitals_word_ends_the_call_up_and_is_recorded(called: Called, web: FlaskClient, body: Any) -> None:
    request_id = called.call()
    assert enter(called, web, body).status_code == 204
    run = called.run_of(request_id)
    assert (run.state, run.arrived_by) == ("arrived", "webhook")


def test_the_same_post_again_ends_no_later_call_up(called: Called, web: FlaskClient) -> None:
    first = called.call()
    enter(called, web, {"patient": "C-1"})
    second = called.call()
    assert second != first
    assert enter(called, web, {"patient": "C-1"}).status_code == 204
    assert called.run_of(second).state == "running"
    enter(called, web, {"patient": "C-1"}, post_id="post-2")
    assert called.run_of(second).state == "arrived"


def test_who_nobody_waits_for_or_knows_is_answered_alike(called: Called, web: FlaskClient) -> None:
    assert enter(called, web, {"patient": "C-1"}, post_id="a").status_code == 204
    assert enter(called, web, {"patient": "nobody"}, post_id="b").status_code == 204
    assert enter(called, web, {"appointment": "nothing"}, post_id="c").status_code == 204


def test_a_wrong_signature_an_old_one_and_none_are_refused_and_nothing_happens(
    called: Called, web: FlaskClient
) -> None:
    request_id = called.call()
    assert enter(called, web, {"patient": "C-1"}, secret="another").status_code == 401
    assert enter(called, web, {"patient": "C-1"}, age=301).status_code == 401
    assert enter(called, web, {"patient": "C-1"}, age=-301).status_code == 401
    assert enter(called, web, {"patient": "C-1"}, post_id="../../x").status_code == 401
    assert web.post("/hooks/entered", json={"patient": "C-1"}).status_code == 401
    assert called.run_of(request_id).state == "running"


@pytest.mark.parametrize("body", [{}, [], None, {"patient": ""}, {"patient": 5}, {"appointment": "x" * 81}])
def test_signed_nonsense_is_refused_as_such(called: Called, web: FlaskClient, body: Any) -> None:
    assert enter(called, web, body).status_code == 422


def test_a_desk_without_secrets_lets_nobody_in(desk: DeskForTests) -> None:
    web = create_app(desk.services).test_client()
    assert web.post("/hooks/sms/x", json=[]).status_code == 401
    assert web.get("/hooks/wechat").status_code == 401
    assert web.post("/hooks/entered", json={}).status_code == 401
