"""Signing in as a browser does it: cookie, CSRF token, lock-out, other sites' pages."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caredesk.accounts.schemas import NewStaff
from caredesk.actions.accounts import add_staff
from caredesk.application import create_app
from caredesk.core.clock import FixedClock
from caredesk.edge.limits import Rate
from caredesk.edge.services import Services
from caredesk.infra.limits import MemoryLimits
from caredesk.settings import Settings
from tests.fixtures.desk import DeskForTests, with_settings
from tests.fixtures.passwords import NEW_PASSWORD, PASSWORD, PASSWORD_HASH

pytestmark = pytest.mark.usefixtures("quick_hashing")

SIGN_IN = "/api/auth/sign-in"
COOKIE = "caredesk_session"


@pytest.fixture(autouse=True)
def lina(quick_hashing: None, desk: DeskForTests) -> None:
    new = NewStaff(
        login="lina", name="李娜", name_en="Li Na", roles=("supervisor", "agent"), password_hash=PASSWORD_HASH
    )
    with desk.write() as work:
        add_staff(work, new=new)


@pytest.fixture
def another_browser(services: Services) -> FlaskClient:
    return create_app(services).test_client()


def sign_in(browser: FlaskClient, *, password: str = PASSWORD, login: str = "lina", **options: Any) -> TestResponse:
    return browser.post(SIGN_IN, json={"login": login, "password": password}, **options)


def csrf_of(browser: FlaskClient) -> dict[str, str]:
    """Sign in and return the header that writes must carry."""
    return {"X-CSRF-Token": sign_in(browser).json["csrf_token"]}


def code_of(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.json["code"]


def cookie_of(response: TestResponse) -> Morsel[str]:
    [header] = response.headers.getlist("Set-Cookie")
    [morsel] = SimpleCookie(header).values()
    return morsel


# ---- signing in ------------------------------------------------------------------------------------------


def test_signing_in_tells_who_one_is_and_what_one_may(client: FlaskClient) -> None:
    response = sign_in(client)
    me = response.json
    assert response.status_code == 200
    assert (me["login"], me["name"], me["name_en"]) == ("lina", "李娜", "Li Na")
    assert me["roles"] == ["agent", "supervisor"]
    assert {"work", "see_floor", "signed_in"} <= set(me["permissions"])
    assert client.get("/api/auth/me").json == me


def test_the_answer_holds_neither_token_nor_password(client: FlaskClient) -> None:
    response = sign_in(client)
    token = client.get_cookie(COOKIE)
    assert token is not None
    assert token.value not in response.text
    assert "argon2" not in response.text


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: FlaskClient) -> None:
    cookie = cookie_of(sign_in(client))
    assert cookie.key == COOKIE
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["domain"] == ""
    assert not cookie["secure"]


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(services: Services) -> None:
    browser = create_app(with_settings(services, secure_cookies=True)).test_client()
    cookie = cookie_of(sign_in(browser, base_url="https://desk.example"))
    assert cookie.key == "__Host-caredesk_session"
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert browser.get("/api/auth/me", base_url="https://desk.example").status_code == 200


def test_nobody_is_signed_in_without_a_cookie(client: FlaskClient) -> None:
    assert code_of(client.get("/api/auth/me")) == (401, "auth.sign_in_needed")


@pytest.mark.parametrize("token", ["", "x", "\x7f\x7f", "a" * 4000, "令牌"])
def test_a_made_up_cookie_signs_nobody_in(client: FlaskClient, token: str) -> None:
    client.set_cookie(COOKIE, token)
    assert code_of(client.get("/api/auth/me")) == (401, "auth.sign_in_needed")


def test_a_second_sign_in_of_a_browser_ends_its_first_session(
    client: FlaskClient, another_browser: FlaskClient
) -> None:
    sign_in(client)
    first = client.get_cookie(COOKIE)
    assert first is not None
    sign_in(client)
    another_browser.set_cookie(COOKIE, first.value)
    assert another_browser.get("/api/auth/me").status_code == 401
    assert client.get("/api/auth/me").status_code == 200


# ---- refusals --------------------------------------------------------------------------------------------


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(client: FlaskClient) -> None:
    wrong, unknown = sign_in(client, password="wrong password"), sign_in(client, login="nobody")
    assert code_of(wrong) == code_of(unknown) == (401, "auth.bad_credentials")
    assert wrong.json["fields"] == unknown.json["fields"] == {}
    assert not wrong.headers.getlist("Set-Cookie")


@pytest.mark.parametrize("login", ["lina", "nobody"])
def test_failures_lock_the_login_and_survive_the_refusal(
    client: FlaskClient, clock: FixedClock, settings: Settings, login: str
) -> None:
    codes = [
        sign_in(client, login=login, password="wrong password").json["code"] for _ in range(settings.sign_in_attempts)
    ]
    assert codes == ["auth.bad_credentials"] * (settings.sign_in_attempts - 1) + ["auth.locked"]
    locked = sign_in(client, login=login)
    until = (clock.now() + timedelta(minutes=settings.sign_in_lock_minutes)).isoformat()
    assert (locked.status_code, locked.json["fields"]) == (403, {"until": until})


def test_after_the_lock_the_right_password_signs_in(client: FlaskClient, clock: FixedClock, settings: Settings) -> None:
    for _ in range(settings.sign_in_attempts):
        sign_in(client, password="wrong password")
    assert sign_in(client).status_code == 403
    clock.advance(minutes=settings.sign_in_lock_minutes)
    assert sign_in(client).status_code == 200


def test_an_address_that_tries_too_often_has_to_wait(services: Services, client: FlaskClient) -> None:
    assert isinstance(services.limits, MemoryLimits)
    services.limits._rules = {**services.limits._rules, "sign_in": Rate(2, 60)}
    statuses = [sign_in(client, login=f"made-up-{number}").status_code for number in range(3)]
    assert statuses == [401, 401, 429]
    refused = sign_in(client)
    assert code_of(refused) == (429, "rate.limited")
    assert 0 < refused.json["fields"]["retry_after"] <= 60
    assert sign_in(client, environ_overrides={"REMOTE_ADDR": "192.0.2.9"}).status_code == 200


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"login": "lina"},
        {"login": "", "password": "x"},
        {"login": "l" * 61, "password": PASSWORD},
        {"login": "lina", "password": "x" * 201},
        {"login": "lina", "password": ["x"]},
        {"login": "lina", "password": PASSWORD, "roles": ["admin"]},
        {"login": "li\x00na", "password": PASSWORD},
    ],
)
def test_a_malformed_sign_in_changes_nothing(client: FlaskClient, payload: dict[str, object]) -> None:
    assert code_of(client.post(SIGN_IN, json=payload)) == (422, "input.malformed")
    assert client.get("/api/auth/me").status_code == 401


def test_a_form_of_another_site_cannot_sign_anyone_in(client: FlaskClient) -> None:
    posted = client.post(SIGN_IN, data={"login": "lina", "password": PASSWORD})
    assert code_of(posted) == (415, "input.media_type")


# ---- whose page wrote it ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:8443"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_writes_of_other_sites_pages_are_refused_even_with_the_token(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    csrf = csrf_of(client)
    response = client.post("/api/auth/sign-out", headers={**csrf, **headers})
    assert code_of(response) == (403, "auth.foreign_site")
    assert code_of(sign_in(client, headers=headers)) == (403, "auth.foreign_site")
    assert client.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_our_own_pages_and_programs_may_write(client: FlaskClient, headers: dict[str, str]) -> None:
    csrf = csrf_of(client)
    assert client.post("/api/auth/sign-out", headers={**csrf, **headers}).status_code == 204


def test_behind_a_proxy_that_changes_the_host_the_public_address_counts_as_ours(services: Services) -> None:
    browser = create_app(with_settings(services, public_url="https://desk.hospital.example")).test_client()
    csrf = csrf_of(browser)
    ours = {**csrf, "Origin": "https://desk.hospital.example"}
    assert browser.post("/api/auth/sign-out", headers=ours).status_code == 204


@pytest.mark.parametrize("token", [None, "", "x", "é", "a" * 43])
def test_a_write_without_the_csrf_token_is_refused(client: FlaskClient, token: str | None) -> None:
    sign_in(client)
    headers = {} if token is None else {"X-CSRF-Token": token}
    assert code_of(client.post("/api/auth/sign-out", headers=headers)) == (403, "auth.csrf")
    assert client.get("/api/auth/me").status_code == 200


def test_the_csrf_token_of_another_session_does_not_count(client: FlaskClient, another_browser: FlaskClient) -> None:
    foreign = csrf_of(another_browser)
    sign_in(client)
    assert code_of(client.post("/api/auth/sign-out", headers=foreign)) == (403, "auth.csrf")


# ---- the life of a session -------------------------------------------------------------------------------


def test_signing_out_ends_the_session_and_takes_the_cookie_back(
    client: FlaskClient, another_browser: FlaskClient
) -> None:
    csrf = csrf_of(client)
    kept = client.get_cookie(COOKIE)
    assert kept is not None
    response = client.post("/api/auth/sign-out", headers=csrf)
    assert response.status_code == 204
    assert client.get_cookie(COOKIE) is None
    another_browser.set_cookie(COOKIE, kept.value)
    assert another_browser.get("/api/auth/me").status_code == 401


def test_a_session_in_use_lives_on_and_one_left_alone_ends(
    client: FlaskClient, clock: FixedClock, settings: Settings
) -> None:
    sign_in(client)
    for _ in range(3):
        clock.advance(minutes=settings.session_idle_minutes - 1)
        assert client.get("/api/auth/me").status_code == 200
    clock.advance(minutes=settings.session_idle_minutes)
    assert client.get("/api/auth/me").status_code == 401


def test_a_session_in_use_ends_when_it_is_old(client: FlaskClient, clock: FixedClock, settings: Settings) -> None:
    sign_in(client)
    for _ in range(settings.session_hours * 2 - 1):
        clock.advance(minutes=30)
        assert client.get("/api/auth/me").status_code == 200
    clock.advance(minutes=30)
    assert client.get("/api/auth/me").status_code == 401


# ---- changing the password -------------------------------------------------------------------------------


def change(browser: FlaskClient, *, csrf: dict[str, str], current: str = PASSWORD, new: str) -> TestResponse:
    return browser.post("/api/auth/password", json={"current": current, "new": new}, headers=csrf)


def test_a_changed_password_is_the_one_that_counts_and_ends_other_sessions(
    client: FlaskClient, another_browser: FlaskClient
) -> None:
    sign_in(another_browser)
    csrf = csrf_of(client)
    assert change(client, csrf=csrf, new=NEW_PASSWORD).status_code == 204
    assert client.get("/api/auth/me").status_code == 200
    assert another_browser.get("/api/auth/me").status_code == 401
    assert sign_in(another_browser).status_code == 401
    assert sign_in(another_browser, password=NEW_PASSWORD).status_code == 200


def test_a_wrong_current_password_changes_nothing(client: FlaskClient) -> None:
    csrf = csrf_of(client)
    refused = change(client, csrf=csrf, current="wrong password", new=NEW_PASSWORD)
    assert code_of(refused) == (400, "auth.wrong_password")
    assert sign_in(client).status_code == 200


def test_a_weak_new_password_is_told_its_faults(client: FlaskClient) -> None:
    refused = change(client, csrf=csrf_of(client), new="lina123")
    assert code_of(refused) == (400, "auth.weak_password")
    assert refused.json["fields"] == {"faults": ["too_short", "contains_login", "contains_name", "too_common"]}


def test_guessing_the_current_password_has_an_end(client: FlaskClient) -> None:
    csrf = csrf_of(client)
    statuses = [change(client, csrf=csrf, current="wrong password", new=NEW_PASSWORD).status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]
