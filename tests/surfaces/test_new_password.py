"""Passwords that must be changed: given by somebody else, or too old; and those that are not taken again."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caredesk.accounts.models import Staff
from caredesk.application import create_app
from caredesk.edge.services import Services
from tests.fixtures.desk import DeskForTests, with_settings
from tests.fixtures.passwords import PASSWORD, PASSWORD_HASH
from tests.fixtures.records import sign_in as give_session

pytestmark = pytest.mark.usefixtures("quick_hashing")

SENTENCES = [f"第{number}句足够长的话 {number}{number}" for number in range(8)]


@pytest.fixture
def lina(desk: DeskForTests) -> str:
    staff_id = desk.add_staff("lina")
    with desk.write() as work:
        work.session.get_one(Staff, staff_id).password_hash = PASSWORD_HASH
    return staff_id


def show(browser: FlaskClient, *, password: str = PASSWORD) -> TestResponse:
    return browser.post("/api/auth/sign-in", json={"login": "lina", "password": password})


def choose(browser: FlaskClient, *, ticket: str, new: str) -> TestResponse:
    return browser.post("/api/auth/sign-in/password", json={"ticket": ticket, "new": new})


def faults_of(response: TestResponse) -> Any:
    assert (response.status_code, response.json["code"]) == (400, "auth.weak_password")
    return response.json["fields"]["faults"]


def test_a_password_that_an_administrator_knows_is_changed_before_anything_opens(
    desk: DeskForTests, services: Services, client: FlaskClient, lina: str
) -> None:
    admin = create_app(services).test_client()
    headers = give_session(desk, admin, staff_id=desk.add_staff("boss", roles=("admin",)))
    given = admin.post(f"/api/console/accounts/{lina}/password", json={}, headers=headers).json["password"]
    half = show(client, password=given)
    assert (half.status_code, half.json["step"]) == (202, "password")
    assert client.get("/api/auth/me").status_code == 401
    assert faults_of(choose(client, ticket=half.json["ticket"], new=given)) == ["unchanged"]
    assert faults_of(choose(client, ticket=half.json["ticket"], new=PASSWORD)) == ["used_before"]
    assert faults_of(choose(client, ticket=half.json["ticket"], new="mima 2026")) == ["too_short", "too_common"]
    me = choose(client, ticket=half.json["ticket"], new=SENTENCES[0])
    assert (me.status_code, me.json["login"]) == (200, "lina")
    assert choose(client, ticket=half.json["ticket"], new=SENTENCES[1]).json["code"] == "auth.sign_in_over"
    assert show(client, password=SENTENCES[0]).status_code == 200


def test_the_last_five_passwords_are_not_taken_again_and_the_sixth_is(client: FlaskClient, lina: str) -> None:
    csrf = show(client).json["csrf_token"]
    current = PASSWORD

    def change(new: str) -> TestResponse:
        body = {"current": current, "new": new}
        return client.post("/api/auth/password", json=body, headers={"X-CSRF-Token": csrf})

    for sentence in SENTENCES[:5]:
        assert change(sentence).status_code == 204
        current = sentence
    assert faults_of(change(PASSWORD)) == ["used_before"]
    assert faults_of(change(SENTENCES[4])) == ["unchanged"]
    assert change(SENTENCES[5]).status_code == 204
    current = SENTENCES[5]
    assert faults_of(change(SENTENCES[0])) == ["used_before"]
    assert change(PASSWORD).status_code == 204


def test_passwords_grow_old_only_where_that_is_set(services: Services, desk: DeskForTests, lina: str) -> None:
    strict = create_app(with_settings(services, password_days=90)).test_client()
    assert show(strict).status_code == 200
    desk.clock.advance(days=90)
    half = show(strict)
    assert half.json["step"] == "password"
    assert choose(strict, ticket=half.json["ticket"], new=SENTENCES[0]).status_code == 200
    assert show(strict, password=SENTENCES[0]).status_code == 200
    desk.clock.advance(days=4000)
    assert show(create_app(services).test_client(), password=SENTENCES[0]).status_code == 200
