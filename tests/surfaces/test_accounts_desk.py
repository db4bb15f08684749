"""Accounts and rights as the officers' browsers ask for them: who may do what to whom, and nobody all of it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from caredesk.accounts import queries
from caredesk.accounts.models import Staff
from caredesk.accounts.rules import sign_in_policy
from caredesk.actions.accounts import SignInOpened, check_password
from caredesk.actions.accounts import sign_in as open_session
from caredesk.application import create_app
from caredesk.audit import queries as audit_queries
from caredesk.edge.services import Services
from tests.fixtures.desk import DeskForTests
from tests.fixtures.passwords import PASSWORD, PASSWORD_HASH
from tests.fixtures.records import sign_in

pytestmark = pytest.mark.usefixtures("quick_hashing")

ACCOUNTS = "/api/console/accounts"


@dataclass
class Officer:
    """Somebody with a browser of their own."""

    browser: FlaskClient
    headers: dict[str, str]
    id: str

    def get(self, path: str = "") -> Any:
        return self.browser.get(ACCOUNTS + path).json

    def send(self, method: str, path: str = "", **body: object) -> Any:
        response = self.browser.open(ACCOUNTS + path, method=method, json=body, headers=self.headers)
        return response.json if response.is_json else response.status_code

    def account(self, staff_id: str) -> dict[str, Any]:
        found = next(one for one in self.get()["accounts"] if one["id"] == staff_id)
        assert isinstance(found, dict)
        return found


Hire = Callable[[str], Officer]


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def hire(desk: DeskForTests, app: Flask) -> Hire:
    """Gives somebody of a role a browser."""

    def hired(role: str) -> Officer:
        browser = app.test_client()
        staff_id = desk.add_staff(f"the-{role}", roles=(role,))
        return Officer(browser, sign_in(desk, browser, staff_id=staff_id), staff_id)

    return hired


def deeds_of(desk: DeskForTests, actor: Officer) -> list[tuple[str, str, str]]:
    with desk.read() as session:
        entries = list(audit_queries.stream_entries(session))
    return [(one.deed, one.subject, one.why) for one in entries if one.actor_id == actor.id]


# ---- two people, not one ---------------------------------------------------------------------------------


def test_an_account_is_opened_by_one_and_given_roles_by_another(desk: DeskForTests, hire: Hire) -> None:
    admin, security = hire("admin"), hire("security")
    told = admin.send("POST", login="Chen.Yu", name="陈宇")
    new = next(one for one in admin.get()["accounts"] if one["login"] == "chen.yu")
    assert new["roles"] == []
    assert admin.send("PUT", f"/{new['id']}/roles", roles=["agent"])["code"] == "auth.not_permitted"
    assert security.send("PUT", f"/{new['id']}/roles", roles=["agent"]) == 204
    assert security.account(new["id"])["roles"] == ["agent"]
    with desk.read() as session:
        assert check_password(session, login="chen.yu", password=told["password"]).staff_id == new["id"]
    assert deeds_of(desk, admin) == [("staff.added", f"staff:{new['id']}", "")]
    assert deeds_of(desk, security) == [("staff.roles_given", f"staff:{new['id']}", "agent")]


def test_an_account_without_roles_may_do_nothing(desk: DeskForTests, hire: Hire, app: Flask) -> None:
    admin = hire("admin")
    admin.send("POST", login="chen", name="陈宇")
    new = next(one for one in admin.get()["accounts"] if one["login"] == "chen")
    browser = app.test_client()
    sign_in(desk, browser, staff_id=new["id"])
    assert browser.get("/api/auth/me").json["code"] == "auth.not_permitted"


@pytest.mark.parametrize(
    "roles", [["admin", "security"], ["auditor", "admin"], ["auditor", "agent"], ["security", "doctor"]]
)
def test_roles_that_one_person_must_not_have_together_are_refused(
    desk: DeskForTests, hire: Hire, roles: list[str]
) -> None:
    lin = desk.add_staff("lin", roles=("agent",))
    security = hire("security")
    assert security.send("PUT", f"/{lin}/roles", roles=roles)["code"] == "auth.roles_clash"
    assert security.account(lin)["roles"] == ["agent"]


def test_nobody_gives_themselves_a_role(hire: Hire) -> None:
    security = hire("security")
    assert security.send("PUT", f"/{security.id}/roles", roles=["supervisor"])["code"] == "auth.own_account"


def test_who_manages_accounts_has_no_power_over_the_other_officers(hire: Hire) -> None:
    admin, security, auditor = hire("admin"), hire("security"), hire("auditor")
    for officer in (security, auditor):
        for method, path in (("POST", "password"), ("POST", "sign-out"), ("PUT", "active")):
            answer = admin.send(method, f"/{officer.id}/{path}", **({"active": False} if path == "active" else {}))
            assert answer["code"] == "auth.officers_account"
    assert admin.send("PUT", f"/{admin.id}/active", active=False)["code"] == "auth.own_account"


def test_the_auditor_sees_accounts_and_changes_none(desk: DeskForTests, hire: Hire) -> None:
    lin = desk.add_staff("lin")
    auditor = hire("auditor")
    assert auditor.account(lin)["roles"] == ["agent"]
    assert auditor.send("PUT", f"/{lin}/roles", roles=["editor"])["code"] == "auth.not_permitted"
    assert auditor.send("POST", f"/{lin}/sign-out")["code"] == "auth.not_permitted"


def test_the_table_of_rights_is_what_the_guards_ask(hire: Hire) -> None:
    rights = {row["role"]: set(row["permissions"]) for row in hire("security").get()["rights"]}
    assert "give_roles" in rights["security"] and "give_roles" not in rights["admin"]
    assert "manage_accounts" in rights["admin"] and "work" not in rights["admin"]
    assert "read_audit" in rights["auditor"]
    assert not {"work", "see_floor", "search_records", "reveal"} & (rights["admin"] | rights["auditor"])


def test_an_account_whose_roles_clash_already_is_pointed_out(desk: DeskForTests, hire: Hire) -> None:
    both = desk.add_staff("both", roles=("admin", "supervisor"))
    assert hire("security").account(both)["clashes"] is True


# ---- sessions --------------------------------------------------------------------------------------------


def test_somebody_is_signed_out_everywhere(desk: DeskForTests, hire: Hire, app: Flask) -> None:
    admin, lin = hire("admin"), desk.add_staff("lin")
    browsers = [app.test_client(), app.test_client()]
    for browser in browsers:
        sign_in(desk, browser, staff_id=lin)
    assert admin.account(lin)["sessions"] == 2
    assert admin.send("POST", f"/{lin}/sign-out") == 204
    assert [browser.get("/api/auth/me").status_code for browser in browsers] == [401, 401]
    assert desk.push.of_type("session.ended")[-1].staff_id == lin
    assert deeds_of(desk, admin) == [("staff.signed_out", f"staff:{lin}", "")]


def test_new_roles_end_the_sessions_that_showed_what_the_old_ones_did(
    desk: DeskForTests, hire: Hire, app: Flask
) -> None:
    security, lin = hire("security"), desk.add_staff("lin")
    browser = app.test_client()
    sign_in(desk, browser, staff_id=lin)
    security.send("PUT", f"/{lin}/roles", roles=["editor"])
    assert browser.get("/api/auth/me").status_code == 401


def test_a_new_password_is_told_once_and_the_old_one_opens_nothing(desk: DeskForTests, hire: Hire) -> None:
    admin, lin = hire("admin"), desk.add_staff("lin")
    told = admin.send("POST", f"/{lin}/password")
    with desk.read() as session:
        assert check_password(session, login="lin", password=told["password"]).staff_id == lin
        assert check_password(session, login="lin", password=PASSWORD).staff_id is None


def test_a_closed_account_is_opened_again(desk: DeskForTests, hire: Hire) -> None:
    admin, lin = hire("admin"), desk.add_staff("lin")
    assert admin.send("PUT", f"/{lin}/active", active=False) == 204
    with desk.read() as session:
        staff = session.get(Staff, lin)
        assert staff is not None and not staff.active
    assert admin.send("PUT", f"/{lin}/active", active=True) == 204
    assert admin.account(lin)["active"] is True


def test_ones_own_sessions_are_listed_masked_and_ended_one_by_one(desk: DeskForTests, app: Flask) -> None:
    lin = desk.add_staff("lin")
    with desk.write() as work:
        queries.lock_staff(work.session, staff_id=lin).password_hash = PASSWORD_HASH
    opened = [signed_in_from(desk, agent) for agent in (EDGE_ON_WINDOWS, SAFARI_ON_IPHONE)]
    browser = app.test_client()
    browser.set_cookie("caredesk_session", opened[0].token)
    headers = {"X-CSRF-Token": opened[0].signed_in.csrf_token}
    listed = browser.get("/api/auth/sessions").json["sessions"]
    told = {(one["browser"], one["system"], one["address"], one["here"]) for one in listed}
    assert told == {("edge", "windows", "203.0.*.*", True), ("safari", "ios", "203.0.*.*", False)}
    other = next(one["id"] for one in listed if not one["here"])
    assert browser.post(f"/api/auth/sessions/{other}/end", headers=headers).status_code == 204
    assert browser.post(f"/api/auth/sessions/{other}/end", headers=headers).json["code"] == "auth.session_not_found"
    assert [one["here"] for one in browser.get("/api/auth/sessions").json["sessions"]] == [True]
    assert desk.push.of_type("session.ended")[-1].staff_id == lin


def test_somebody_elses_session_cannot_be_ended(desk: DeskForTests, app: Flask) -> None:
    lin, wang = desk.add_staff("lin"), desk.add_staff("wang")
    mine, theirs = app.test_client(), app.test_client()
    headers = sign_in(desk, mine, staff_id=lin)
    sign_in(desk, theirs, staff_id=wang)
    session_id = theirs.get("/api/auth/sessions").json["sessions"][0]["id"]
    assert mine.post(f"/api/auth/sessions/{session_id}/end", headers=headers).json["code"] == "auth.session_not_found"
    assert theirs.get("/api/auth/me").status_code == 200


def test_a_session_that_is_over_is_not_listed(desk: DeskForTests, app: Flask) -> None:
    lin = desk.add_staff("lin")
    old, new = app.test_client(), app.test_client()
    sign_in(desk, old, staff_id=lin)
    desk.clock.advance(hours=11)
    sign_in(desk, new, staff_id=lin)
    assert len(new.get("/api/auth/sessions").json["sessions"]) == 1


EDGE_ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
SAFARI_ON_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1"


def signed_in_from(desk: DeskForTests, user_agent: str) -> SignInOpened:
    with desk.read() as session:
        check = check_password(session, login="lin", password=PASSWORD)
    with desk.write() as work:
        policy = sign_in_policy(desk.services.settings)
        opened = open_session(work, check=check, address="203.0.113.7", user_agent=user_agent, policy=policy)
    assert isinstance(opened, SignInOpened)
    return opened
