"""Doctors sign in on the hospital's word, by token or by WeCom; nobody else does, nothing twice, all on record."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caredesk.accounts.errors import BadWay, WeComTaken
from caredesk.accounts.models import SignInRecord, StaffSession, UsedToken
from caredesk.actions.staff_ways import Ways, set_ways
from caredesk.application import create_app
from caredesk.edge.identity import AUDIENCE, STAFF_AUDIENCE
from caredesk.edge.services import Services
from caredesk.infra.wecom import WeCom
from tests.fixtures.desk import MONDAY_MORNING, DeskForTests
from tests.fixtures.wecom import CORP, SECRET, WeComService

NOW = int(MONDAY_MORNING.timestamp())
STAFF_SECRET = "what-the-hospital-signs-for-its-staff-with-0123"
TOKEN = "/api/auth/token"
Token = Callable[..., str]


@pytest.fixture
def services(services: Services, wecom_service: WeComService) -> Services:
    door = "https://open.example/authorize"
    wecom = WeCom(wecom_service.url, door, CORP, "1000002", SECRET, services.clock, reach="loopback")
    return replace(services, staff_secret=STAFF_SECRET, work_login=wecom)


@pytest.fixture
def web(services: Services) -> FlaskClient:
    return create_app(services).test_client()


@pytest.fixture
def doctor(desk: DeskForTests) -> str:
    return desk.add_staff("chen", roles=("doctor",), doctor_id="chen-jing", wecom_id="ChenJing")


def token(*, secret: str = STAFF_SECRET, **changes: Any) -> str:
    claims = {"sub": "chen", "aud": STAFF_AUDIENCE, "iat": NOW, "exp": NOW + 120, "jti": "once-0001", **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.PyJWS().encode(json.dumps(claims).encode(), secret, algorithm="HS256")


def come(web: FlaskClient, signed: str) -> TestResponse:
    return web.post(TOKEN, json={"token": signed})


def records(desk: DeskForTests) -> list[tuple[str, str, bool]]:
    with desk.read() as session:
        rows = session.query(SignInRecord).order_by(SignInRecord.id).all()
    return [(row.way, row.outcome, row.staff_id is not None) for row in rows]


def sessions(desk: DeskForTests) -> int:
    with desk.read() as session:
        return session.query(StaffSession).count()


# ---- by the hospital's token -----------------------------------------------------------------------------


def test_a_token_opens_the_session_of_whom_it_names_by_login_or_by_doctor(
    desk: DeskForTests, web: FlaskClient, doctor: str
) -> None:
    by_login = come(web, token(sub=" CHEN "))
    assert (by_login.status_code, by_login.json["staff_id"]) == (200, doctor)
    assert web.get("/api/auth/me").json["login"] == "chen"
    by_doctor = come(web, token(sub="chen-jing", by="doctor", jti="once-0002"))
    assert by_doctor.json["staff_id"] == doctor
    assert records(desk) == [("token", "opened", True)] * 2
    # The session that the browser had has ended with the new one.
    assert sessions(desk) == 1


def test_a_token_is_good_once(desk: DeskForTests, web: FlaskClient, doctor: str) -> None:
    signed = token()
    assert come(web, signed).status_code == 200
    again = come(create_app(desk.services).test_client(), signed)
    assert (again.status_code, again.json["fields"]) == (400, {"reason": "used"})
    assert records(desk) == [("token", "opened", True), ("token", "used", True)]


def test_a_used_token_is_remembered_while_it_could_be_used_and_no_longer(
    desk: DeskForTests, web: FlaskClient, doctor: str
) -> None:
    come(web, token())
    desk.clock.advance(seconds=149)
    assert come(web, token()).json["fields"] == {"reason": "used"}
    desk.clock.advance(seconds=30)
    assert come(web, token()).json["fields"] == {"reason": "expired"}
    come(web, token(jti="once-0002", iat=NOW + 179, exp=NOW + 300))
    with desk.read() as session:
        assert session.query(UsedToken).count() == 1


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (lambda: token(secret="somebody-elses-secret-that-is-long-enough"), "signature"),
        (lambda: token(aud=AUDIENCE), "signature"),
        (lambda: token(jti=None), "signature"),
        (lambda: token(jti="short"), "claims"),
        (lambda: token(jti=["once-0001"]), "signature"),
        (lambda: token(by="wecom"), "claims"),
        (lambda: token(exp=NOW + 601), "times"),
        (lambda: token(iat=NOW - 600, exp=NOW - 31), "expired"),
        (lambda: token(sub="nobody"), "account"),
        (lambda: "no token", "signature"),
    ],
)
def test_any_other_token_is_refused_with_its_reason_and_on_record(
    desk: DeskForTests, web: FlaskClient, doctor: str, signed: Token, reason: str
) -> None:
    answer = come(web, signed())
    assert (answer.status_code, answer.json["code"], answer.json["fields"]) == (
        400,
        "identity.refused",
        {"reason": reason},
    )
    assert [outcome for _, outcome, _ in records(desk)] == [reason]
    assert sessions(desk) == 0
    assert "Set-Cookie" not in answer.headers


def test_a_familys_token_opens_no_console_though_the_secrets_were_the_same(services: Services, doctor: str) -> None:
    web = create_app(replace(services, identity_secret=STAFF_SECRET)).test_client()
    assert come(web, token(aud=AUDIENCE)).json["fields"] == {"reason": "signature"}


@pytest.mark.parametrize("roles", [("agent",), ("doctor", "supervisor"), ("admin",)])
def test_only_people_of_the_doctors_desk_come_this_way(
    desk: DeskForTests, web: FlaskClient, roles: tuple[str, ...]
) -> None:
    desk.add_staff("chen", roles=roles)
    assert come(web, token()).json["fields"] == {"reason": "account"}


def test_a_closed_account_and_a_doctor_of_two_accounts_are_refused(
    desk: DeskForTests, web: FlaskClient, doctor: str
) -> None:
    desk.add_staff("chen2", roles=("doctor",), doctor_id="chen-jing")
    assert come(web, token(sub="chen-jing", by="doctor")).json["fields"] == {"reason": "account"}
    desk.add_staff("gone", roles=("doctor",), active=False)
    assert come(web, token(sub="gone")).json["fields"] == {"reason": "account"}


def test_without_a_secret_nobody_comes(services: Services, doctor: str) -> None:
    web = create_app(replace(services, staff_secret="")).test_client()
    assert come(web, token()).json["fields"] == {"reason": "signature"}


# ---- by WeCom --------------------------------------------------------------------------------------------


def to_the_door(web: FlaskClient) -> dict[str, str]:
    """Go to WeCom's door and return what it is asked."""
    answer = web.get("/api/auth/wecom")
    assert answer.status_code == 302
    at = urlsplit(answer.headers["Location"])
    assert (at.netloc, at.path, at.fragment) == ("open.example", "/authorize", "wechat_redirect")
    return {name: values[0] for name, values in parse_qs(at.query).items()}


def back(web: FlaskClient, *, code: str, state: str) -> str:
    """Come back from WeCom and return where that leads."""
    answer = web.get("/api/auth/wecom/callback", query_string={"code": code, "state": state})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_a_member_signs_in_by_wecom(
    desk: DeskForTests, web: FlaskClient, wecom_service: WeComService, doctor: str
) -> None:
    asked = to_the_door(web)
    assert (asked["appid"], asked["agentid"], asked["scope"]) == (CORP, "1000002", "snsapi_base")
    assert asked["redirect_uri"] == "http://localhost/api/auth/wecom/callback"
    wecom_service.codes["code-1"] = {"userid": "ChenJing", "user_ticket": "not kept"}
    assert back(web, code="code-1", state=asked["state"]) == "/doctor"
    assert web.get("/api/auth/me").json["staff_id"] == doctor
    assert records(desk) == [("wecom", "opened", True)]


def test_whoever_brings_back_another_state_is_not_let_in_and_no_code_is_spent(
    desk: DeskForTests, web: FlaskClient, wecom_service: WeComService, doctor: str
) -> None:
    wecom_service.codes["code-1"] = {"userid": "ChenJing"}
    assert back(web, code="code-1", state="") == "/doctor#sign_in=state"
    asked = to_the_door(web)
    assert back(web, code="code-1", state=asked["state"] + "x") == "/doctor#sign_in=state"
    # A word is good for one way back, also when that failed.
    assert back(web, code="code-1", state=asked["state"]) == "/doctor#sign_in=state"
    assert wecom_service.asked == [] and sessions(desk) == 0
    assert [outcome for _, outcome, _ in records(desk)] == ["state"] * 3


def test_a_code_that_was_used_and_a_stranger_are_told_apart(
    desk: DeskForTests, web: FlaskClient, wecom_service: WeComService, doctor: str
) -> None:
    for code, known, leads in (
        ("spent", None, "code"),
        ("guest", {"openid": "o-1"}, "outsider"),
        ("colleague", {"userid": "SomebodyElse"}, "account"),
    ):
        if known:
            wecom_service.codes[code] = known
        assert back(web, code=code, state=to_the_door(web)["state"]) == f"/doctor#sign_in={leads}"
    assert sessions(desk) == 0


def test_the_applications_token_is_kept_and_renewed_once_when_it_is_spent(
    web: FlaskClient, wecom_service: WeComService, doctor: str
) -> None:
    for code in ("code-1", "code-2", "code-3"):
        wecom_service.codes[code] = {"userid": "ChenJing"}
    assert back(web, code="code-1", state=to_the_door(web)["state"]) == "/doctor"
    assert back(web, code="code-2", state=to_the_door(web)["state"]) == "/doctor"
    assert wecom_service.given == 1
    wecom_service.tokens.clear()
    assert back(web, code="code-3", state=to_the_door(web)["state"]) == "/doctor"
    assert wecom_service.given == 2


def test_a_provider_in_trouble_is_no_refusal_of_the_person(
    web: FlaskClient, wecom_service: WeComService, doctor: str
) -> None:
    wecom_service.is_down = True
    assert back(web, code="code-1", state=to_the_door(web)["state"]) == "/doctor#sign_in=provider"


def test_without_wecom_there_is_no_such_way(services: Services) -> None:
    web = create_app(replace(services, work_login=None)).test_client()
    assert web.get("/api/auth/ways").json["wecom"] is False
    for path in ("/api/auth/wecom", "/api/auth/wecom/callback"):
        assert web.get(path).json["code"] == "auth.no_wecom"


# ---- whose id is whose -----------------------------------------------------------------------------------


def test_ways_are_set_one_by_one_and_taken_away(desk: DeskForTests, doctor: str) -> None:
    with desk.write() as work:
        set_ways(work, login="chen", ways=Ways(phone="138 0000 1234", department_id="skin"))
        staff = set_ways(work, login="chen", ways=Ways(wecom_id=""))
    assert (staff.phone, staff.department_id, staff.wecom_id, staff.doctor_id) == (
        "138 0000 1234",
        "skin",
        None,
        "chen-jing",
    )


def test_a_members_id_belongs_to_one_account_and_a_number_must_be_one(desk: DeskForTests, doctor: str) -> None:
    desk.add_staff("zhou", roles=("doctor",))
    with pytest.raises(WeComTaken), desk.write() as work:
        set_ways(work, login="zhou", ways=Ways(wecom_id="ChenJing"))
    for bad in (Ways(phone="010-12345678"), Ways(phone="12"), Ways(wechat_id="o" * 81)):
        with pytest.raises(BadWay), desk.write() as work:
            set_ways(work, login="zhou", ways=bad)
