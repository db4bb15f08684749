"""A screen that nobody touches locks: what counts as touching it, what a locked one is answered, and who opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from caredesk.accounts.errors import ScreenLocked
from caredesk.accounts.models import Connection, Presence, Staff, StaffSession
from caredesk.actions import presence
from caredesk.application import create_app
from caredesk.audit import queries as audit_queries
from caredesk.edge import watching
from caredesk.edge.guards import Guard
from caredesk.edge.services import HookSecrets, Services
from caredesk.settings import Settings
from tests.fixtures.calls import talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import SECRET, FakeEngine
from tests.fixtures.passwords import PASSWORD, PASSWORD_HASH
from tests.fixtures.records import sign_in

pytestmark = pytest.mark.usefixtures("quick_hashing")

LOCK = "/api/auth/lock"
MINUTES = 15
LOCKED = (401, "auth.screen_locked")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", idle_lock_minutes=MINUTES)


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, hooks=HookSecrets(hotline=SECRET))


@pytest.fixture
def lin(desk: DeskForTests) -> str:
    """An agent with a password, ready at the console."""
    staff_id = desk.add_agent("lin", queues=[desk.add_queue()])
    with desk.write() as work:
        work.session.get_one(Staff, staff_id).password_hash = PASSWORD_HASH
    return staff_id


@pytest.fixture
def csrf(desk: DeskForTests, client: FlaskClient, lin: str) -> dict[str, str]:
    return sign_in(desk, client, staff_id=lin)


def code_of(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.json["code"]


def open_with(browser: FlaskClient, csrf: dict[str, str], password: str = PASSWORD) -> TestResponse:
    return browser.post(f"{LOCK}/open", json={"password": password}, headers=csrf)


def deeds(desk: DeskForTests) -> list[tuple[str, str]]:
    """Return what the audit says of screens, oldest first."""
    with desk.read() as session:
        return [(one.deed, one.why) for one in audit_queries.stream_entries(session) if one.deed.startswith("screen.")]


def seat_of(services: Services, browser: FlaskClient, csrf: dict[str, str]) -> watching.Seat:
    cookie = browser.get_cookie("caredesk_session")
    assert cookie is not None
    environ = {"HTTP_COOKIE": f"caredesk_session={cookie.value}"}
    return watching.take_seat(services, environ=environ, auth={"kind": "staff", "csrf": csrf["X-CSRF-Token"]})


# ---- what keeps it open ----------------------------------------------------------------------------------


def test_deeds_keep_a_screen_open_and_looking_does_not(
    desk: DeskForTests, client: FlaskClient, csrf: dict[str, str]
) -> None:
    for _ in range(3):
        desk.clock.advance(minutes=MINUTES - 1)
        answered = client.post(f"{LOCK}/deed", json={}, headers=csrf)
        assert (answered.status_code, answered.json["locked"]) == (200, False)
    for _ in range(MINUTES - 1):
        desk.clock.advance(minutes=1)
        assert client.get("/api/console/snapshot").status_code == 200
    desk.clock.advance(minutes=1)
    assert code_of(client.get("/api/console/snapshot")) == LOCKED


def test_what_pages_write_by_themselves_is_no_deed_and_what_a_person_writes_is(
    desk: DeskForTests, client: FlaskClient, lin: str, csrf: dict[str, str]
) -> None:
    desk.waiting_visitor()
    desk.run_jobs()
    conversation_id = desk.accept(lin)
    home = f"/api/console/conversations/{conversation_id}"
    desk.clock.advance(minutes=10)
    assert client.put(f"{home}/draft", json={"text": "您"}, headers=csrf).status_code == 200
    desk.clock.advance(minutes=10)
    assert client.post(f"{home}/seen", json={"up_to": 1}, headers=csrf).status_code == 204
    desk.clock.advance(minutes=5)
    assert code_of(client.get(home)) == LOCKED


def test_deeds_are_written_down_once_a_minute(desk: DeskForTests, client: FlaskClient, csrf: dict[str, str]) -> None:
    def noted() -> Any:
        with desk.read() as session:
            return session.scalars(select(StaffSession.deed_at)).one()

    desk.clock.advance(minutes=1)
    first = desk.clock.now()
    for _ in range(4):
        client.post(f"{LOCK}/deed", json={}, headers=csrf)
        desk.clock.advance(seconds=14)
    assert noted() == first
    desk.clock.advance(seconds=4)
    client.post(f"{LOCK}/deed", json={}, headers=csrf)
    assert noted() == desk.clock.now()


def test_a_call_keeps_a_screen_open_until_long_after_its_end_and_opens_no_locked_one(
    desk: DeskForTests, client: FlaskClient, lin: str, csrf: dict[str, str]
) -> None:
    engine = FakeEngine(desk, client)
    engine.start()
    engine.give_phone(lin)
    desk.clock.advance(minutes=10)
    call_id = talking(engine)
    desk.clock.advance(minutes=30)
    engine.start(call_id)
    assert code_of(client.post(LOCK, json={}, headers=csrf)) == (409, "auth.call_goes_on")
    engine.end(call_id)
    # Locking by hand was a deed, too; what counts here is that the page asks by itself.
    desk.clock.advance(minutes=MINUTES - 1)
    assert client.get(LOCK).json["locked"] is False
    desk.clock.advance(minutes=1)
    assert client.get(LOCK).json["locked"] is True
    talking(engine, caller="13800002222")
    assert client.get(LOCK).json["locked"] is True


# ---- locked ----------------------------------------------------------------------------------------------


def test_a_locked_screen_is_answered_only_how_it_stands_and_how_to_go_on(
    desk: DeskForTests, client: FlaskClient, csrf: dict[str, str]
) -> None:
    app: Flask = client.application
    desk.clock.advance(minutes=MINUTES)
    open_ones, tried = set(), 0
    for rule in app.url_map.iter_rules():
        guard = app.view_functions[rule.endpoint].__guard__  # type: ignore[attr-defined]
        assert isinstance(guard, Guard)
        if guard.kind != "staff":
            continue
        if guard.even_locked:
            open_ones.add(rule.rule)
            continue
        address = rule.rule.replace("<", "").replace(">", "").replace("path:", "")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert code_of(client.open(address, method=method, headers=csrf)) == LOCKED, (method, address)
            tried += 1
    assert open_ones == {
        LOCK,
        f"{LOCK}/open",
        f"{LOCK}/passkey",
        f"{LOCK}/passkey/challenge",
        "/api/auth/sign-out",
    }
    assert tried > 100
    assert deeds(desk) == [("screen.locked", "idle")]


def test_a_locked_screens_sockets_are_let_go_and_not_let_in_and_its_chats_wait_for_somebody_else(
    desk: DeskForTests, services: Services, client: FlaskClient, lin: str, csrf: dict[str, str]
) -> None:
    visitor_id, conversation_id = desk.waiting_visitor()
    desk.run_jobs()
    desk.accept(lin)
    seat = seat_of(services, client, csrf)
    assert not watching.is_shut_out(services, seat=seat)
    desk.clock.advance(minutes=MINUTES)
    desk.push.events.clear()
    assert watching.is_shut_out(services, seat=seat)
    assert [one.staff_id for one in desk.push.of_type("session.ended")] == [lin]
    with pytest.raises(ScreenLocked):
        seat_of(services, client, csrf)
    # What follows from a screen that is gone: the chat goes back to its place, and nothing of it is lost.
    with desk.write() as work:
        for sid in [one.sid for one in _connections(desk)]:
            presence.disconnect(work, sid=sid, grace_seconds=30)
    desk.clock.advance(seconds=30)
    desk.run_jobs()
    desk.clock.advance(seconds=120)
    desk.run_jobs()
    with desk.read() as session:
        assert session.get_one(Presence, lin).state == "offline"
    waiting = desk.conversation(conversation_id)
    assert (waiting.status, waiting.assignee_id, waiting.visitor_id) == ("waiting", None, visitor_id)


def _connections(desk: DeskForTests) -> Sequence[Connection]:
    with desk.read() as session:
        return session.scalars(select(Connection)).all()


# ---- opening ---------------------------------------------------------------------------------------------


def test_the_password_opens_it_and_all_goes_on_with_the_same_session(
    desk: DeskForTests, client: FlaskClient, csrf: dict[str, str]
) -> None:
    assert code_of(open_with(client, csrf)) == (409, "auth.not_locked")
    assert client.post(LOCK, json={}, headers=csrf).status_code == 204
    stands = client.get(LOCK).json
    assert (stands["login"], stands["locked"], stands["csrf_token"]) == ("lin", True, csrf["X-CSRF-Token"])
    assert code_of(client.post(f"{LOCK}/deed", json={}, headers=csrf)) == LOCKED
    assert code_of(client.post(f"{LOCK}/open", json={"password": PASSWORD})) == (403, "auth.csrf")
    assert open_with(client, csrf).status_code == 204
    assert client.get("/api/auth/me").json["csrf_token"] == csrf["X-CSRF-Token"]
    assert deeds(desk) == [("screen.locked", "hand"), ("screen.opened", "")]


def test_wrong_passwords_are_counted_as_at_the_door(
    desk: DeskForTests, client: FlaskClient, settings: Settings, csrf: dict[str, str]
) -> None:
    desk.clock.advance(minutes=MINUTES)
    answers = [code_of(open_with(client, csrf, "guess")) for _ in range(settings.sign_in_attempts)]
    assert answers == [(401, "auth.bad_credentials")] * (settings.sign_in_attempts - 1) + [(403, "auth.locked")]
    assert code_of(open_with(client, csrf)) == (403, "auth.locked")
    door = client.application.test_client().post("/api/auth/sign-in", json={"login": "lin", "password": PASSWORD})
    assert code_of(door) == (403, "auth.locked")
    desk.clock.advance(minutes=settings.sign_in_lock_minutes)
    assert open_with(client, csrf).status_code == 204
    assert [why for deed, why in deeds(desk) if deed == "screen.refused"] == ["wrong"] * 5 + ["locked"]


def test_one_may_leave_a_locked_screen_without_a_password(
    desk: DeskForTests, client: FlaskClient, csrf: dict[str, str]
) -> None:
    client.post(LOCK, json={}, headers=csrf)
    assert client.post("/api/auth/sign-out", json={}, headers=csrf).status_code == 204
    assert code_of(client.get(LOCK)) == (401, "auth.sign_in_needed")


def test_a_desk_that_locks_nothing_says_so(desk: DeskForTests, services: Services, lin: str) -> None:
    never = services.settings.model_copy(update={"idle_lock_minutes": 0})
    browser = create_app(replace(services, settings=never)).test_client()
    sign_in(desk, browser, staff_id=lin)
    desk.clock.advance(minutes=100)
    assert (browser.get(LOCK).json["locked"], browser.get(LOCK).json["locks_at"]) == (False, None)
