"""The second factor as browsers meet it: adding one, signing in in two steps, losing it, and whose role demands one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from caredesk.accounts.models import RecoveryCode, SecondFactor, Staff
from caredesk.actions.second_factors import proves
from caredesk.application import create_app
from caredesk.audit import queries as audit_queries
from caredesk.core.errors import SignInNeeded
from caredesk.core.sealed import as_stored
from caredesk.core.sealing import is_sealed
from caredesk.edge.guards import Guard
from caredesk.edge.services import Services
from caredesk.edge.watching import take_seat
from tests.fixtures.desk import DeskForTests
from tests.fixtures.passwords import PASSWORD, PASSWORD_HASH
from tests.fixtures.records import sign_in as give_session

pytestmark = pytest.mark.usefixtures("quick_hashing")

FACTOR = "/api/auth/second-factor"
SIGN_IN = "/api/auth/sign-in"


@dataclass
class Person:
    """Somebody with a password, a browser, and perhaps an authenticator."""

    desk: DeskForTests
    app: Flask
    login: str
    id: str
    secret: str = ""
    codes: list[str] = field(default_factory=list)
    csrf: str = ""

    def __post_init__(self) -> None:
        self.browser = self.app.test_client()

    def send(self, path: str, **body: object) -> TestResponse:
        return self.browser.post(path, json=body, headers={"X-CSRF-Token": self.csrf})

    def shows_password(self, password: str = PASSWORD) -> TestResponse:
        return self.send(SIGN_IN, login=self.login, password=password)

    def shows_code(self, ticket: str, code: str | None = None) -> TestResponse:
        return self.send(f"{SIGN_IN}/code", ticket=ticket, code=self.code() if code is None else code)

    def ticket(self) -> str:
        response = self.shows_password()
        assert (response.status_code, response.json["step"]) == (202, "code"), response.json
        return str(response.json["ticket"])

    def code(self, *, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(self.desk.clock.now() + timedelta(seconds=30 * steps))

    def signs_in(self) -> None:
        response = self.shows_password()
        assert response.status_code == 200, response.json
        self.csrf = response.json["csrf_token"]

    def adds_factor(self) -> None:
        self.secret = self.send(FACTOR, password=PASSWORD).json["secret"]
        self.codes = self.send(f"{FACTOR}/confirm", code=self.code()).json["codes"]
        # The first code is used up.
        self.desk.clock.advance(seconds=30)


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


def hire(desk: DeskForTests, app: Flask, login: str = "lina", *, roles: tuple[str, ...] = ("agent",)) -> Person:
    staff_id = desk.add_staff(login, roles=roles)
    with desk.write() as work:
        work.session.get_one(Staff, staff_id).password_hash = PASSWORD_HASH
    return Person(desk, app, login, staff_id)


@pytest.fixture
def lina(desk: DeskForTests, app: Flask) -> Person:
    return hire(desk, app)


@pytest.fixture
def enrolled(lina: Person) -> Person:
    lina.signs_in()
    lina.adds_factor()
    return lina


def code_of(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.json["code"]


def deeds(desk: DeskForTests) -> list[tuple[str, str, str]]:
    with desk.read() as session:
        return [(one.deed, one.subject, one.why) for one in audit_queries.stream_entries(session)]


# ---- adding one ------------------------------------------------------------------------------------------


def test_a_factor_is_added_on_the_password_and_counts_from_its_first_code_on(lina: Person, desk: DeskForTests) -> None:
    lina.signs_in()
    assert code_of(lina.send(FACTOR, password="not my password")) == (400, "auth.wrong_password")
    offered = lina.send(FACTOR, password=PASSWORD).json
    assert offered["address"].startswith("otpauth://totp/") and offered["secret"] in offered["address"]
    assert offered["qr_path"].startswith("M") and offered["qr_size"] > 20
    lina.secret = offered["secret"]
    assert code_of(lina.send(f"{FACTOR}/confirm", code="000000x")) == (400, "auth.bad_code")
    assert lina.shows_password().status_code == 200
    lina.csrf = lina.browser.get("/api/auth/me").json["csrf_token"]
    codes = lina.send(f"{FACTOR}/confirm", code=f" {lina.code()[:3]} {lina.code()[3:]}").json["codes"]
    assert len(set(codes)) == 10
    own = lina.browser.get(FACTOR).json
    assert (own["codes_left"], own["due_at"], own["added_at"] is not None) == (10, None, True)
    assert ("factor.added", f"staff:{lina.id}", "") in deeds(desk)


def test_the_database_holds_the_secret_sealed_and_recovery_codes_as_hashes(
    enrolled: Person, desk: DeskForTests
) -> None:
    with desk.read() as session:
        [stored] = session.scalars(select(as_stored(SecondFactor.secret)))
        hashes = session.scalars(select(RecoveryCode.code_hash)).all()
    assert is_sealed(stored) and enrolled.secret not in stored
    assert len(hashes) == 10 and not set(hashes) & set(enrolled.codes)


def test_another_telephone_takes_over_on_a_code_of_the_old_one(enrolled: Person) -> None:
    assert code_of(enrolled.send(FACTOR, password=PASSWORD)) == (400, "auth.bad_code")
    new = enrolled.send(FACTOR, code=enrolled.code()).json["secret"]
    assert new != enrolled.secret
    enrolled.desk.clock.advance(seconds=30)
    assert enrolled.shows_code(enrolled.ticket()).status_code == 200
    enrolled.csrf = enrolled.browser.get("/api/auth/me").json["csrf_token"]
    enrolled.secret = new
    assert enrolled.send(f"{FACTOR}/confirm", code=enrolled.code()).status_code == 200
    enrolled.desk.clock.advance(seconds=30)
    assert enrolled.shows_code(enrolled.ticket()).status_code == 200


def test_a_factor_is_given_up_on_a_code_of_it(enrolled: Person) -> None:
    assert code_of(enrolled.send(f"{FACTOR}/remove", code="123")) == (400, "auth.bad_code")
    assert enrolled.send(f"{FACTOR}/remove", code=enrolled.code()).status_code == 204
    assert enrolled.shows_password().status_code == 200


# ---- signing in in two steps -----------------------------------------------------------------------------


def test_the_password_opens_half_and_the_code_the_rest(enrolled: Person) -> None:
    response = enrolled.shows_password()
    assert "Set-Cookie" not in response.headers
    me = enrolled.shows_code(response.json["ticket"])
    assert (me.status_code, me.json["login"]) == (200, "lina")
    assert code_of(enrolled.shows_code(response.json["ticket"])) == (409, "auth.sign_in_over")


def test_the_ticket_opens_no_other_route_and_no_socket(enrolled: Person, services: Services, app: Flask) -> None:
    ticket = enrolled.ticket()
    stranger = app.test_client()
    stranger.set_cookie("caredesk_session", ticket)
    headers = {"X-CSRF-Token": ticket, "Authorization": f"Bearer {ticket}"}
    tried = 0
    for rule in app.url_map.iter_rules():
        guard = app.view_functions[rule.endpoint].__guard__  # type: ignore[attr-defined]
        assert isinstance(guard, Guard)
        if guard.kind == "open":
            continue
        address = rule.rule.replace("<", "").replace(">", "").replace("path:", "")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = stranger.open(
                address, method=method, headers=headers, environ_overrides={"REMOTE_ADDR": "192.0.2.9"}
            )
            assert answer.status_code in (401, 404), (method, address, answer.status_code)
            tried += 1
    assert tried > 100
    with pytest.raises(SignInNeeded):
        take_seat(
            services, environ={"HTTP_COOKIE": f"caredesk_session={ticket}"}, auth={"kind": "staff", "csrf": ticket}
        )


def test_a_code_opens_once(enrolled: Person) -> None:
    code = enrolled.code()
    assert enrolled.shows_code(enrolled.ticket(), code).status_code == 200
    assert code_of(enrolled.shows_code(enrolled.ticket(), code)) == (400, "auth.bad_code")


def test_of_many_who_show_one_code_at_once_one_is_let_in(enrolled: Person, desk: DeskForTests) -> None:
    code = enrolled.code()

    def shows(_number: int) -> bool:
        with desk.write() as work:
            return proves(work, staff_id=enrolled.id, code=code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(shows, range(4))) == [False, False, False, True]


def test_a_recovery_code_opens_once_however_it_is_typed(enrolled: Person, desk: DeskForTests) -> None:
    typed = enrolled.codes[3].upper().replace("-", " ")
    assert enrolled.shows_code(enrolled.ticket(), typed).status_code == 200
    assert enrolled.browser.get(FACTOR).json["codes_left"] == 9
    assert code_of(enrolled.shows_code(enrolled.ticket(), typed)) == (400, "auth.bad_code")
    assert ("factor.recovered", f"staff:{enrolled.id}", "") in deeds(desk)


def test_new_recovery_codes_take_the_place_of_the_old_ones(enrolled: Person) -> None:
    old = enrolled.codes[0]
    fresh = enrolled.send(f"{FACTOR}/codes", code=enrolled.code()).json["codes"]
    assert code_of(enrolled.shows_code(enrolled.ticket(), old)) == (400, "auth.bad_code")
    assert enrolled.shows_code(enrolled.ticket(), fresh[0]).status_code == 200


def test_guessing_codes_ends_the_sign_in_and_locks_the_codes_for_a_while(enrolled: Person, desk: DeskForTests) -> None:
    ticket = enrolled.ticket()
    answers = [code_of(enrolled.shows_code(ticket, f"guess{number}")) for number in range(6)]
    assert answers == [(400, "auth.bad_code")] * 4 + [(403, "auth.locked"), (409, "auth.sign_in_over")]
    assert code_of(enrolled.shows_code(enrolled.ticket())) == (403, "auth.locked")
    desk.clock.advance(minutes=desk.services.settings.sign_in_lock_minutes)
    assert enrolled.shows_code(enrolled.ticket()).status_code == 200
    assert [deed for deed, *_ in deeds(desk)].count("factor.refused") == 5


def test_a_ticket_is_good_for_ten_minutes_and_not_after_a_new_password(enrolled: Person, desk: DeskForTests) -> None:
    ticket = enrolled.ticket()
    desk.clock.advance(minutes=10)
    assert code_of(enrolled.shows_code(ticket)) == (409, "auth.sign_in_over")
    ticket = enrolled.ticket()
    admin = hire(desk, enrolled.app, "boss", roles=("admin",))
    admin.csrf = give_session(desk, admin.browser, staff_id=admin.id)["X-CSRF-Token"]
    admin.send(f"/api/console/accounts/{enrolled.id}/password")
    assert code_of(enrolled.shows_code(ticket)) == (409, "auth.sign_in_over")


# ---- lost, and demanded ----------------------------------------------------------------------------------


def officer(desk: DeskForTests, app: Flask, role: str) -> Person:
    person = hire(desk, app, f"the-{role}", roles=(role,))
    person.csrf = give_session(desk, person.browser, staff_id=person.id)["X-CSRF-Token"]
    return person


def demand(person: Person, *demands: dict[str, Any]) -> int:
    headers = {"X-CSRF-Token": person.csrf}
    answer = person.browser.put("/api/console/accounts/demands", json={"demands": list(demands)}, headers=headers)
    return answer.status_code


def test_who_has_lost_it_gets_it_taken_away_by_who_manages_accounts(enrolled: Person, desk: DeskForTests) -> None:
    admin = officer(desk, enrolled.app, "admin")
    shown = {one["id"]: one["second_factor"] for one in admin.browser.get("/api/console/accounts").json["accounts"]}
    assert (shown[enrolled.id], shown[admin.id]) == (True, False)
    assert admin.send(f"/api/console/accounts/{enrolled.id}/reset-factor").status_code == 204
    assert enrolled.browser.get("/api/auth/me").status_code == 401
    assert enrolled.shows_password().status_code == 200
    assert ("factor.reset", f"staff:{enrolled.id}", "") in deeds(desk)
    security = officer(desk, enrolled.app, "security")
    refused = admin.send(f"/api/console/accounts/{security.id}/reset-factor")
    assert code_of(refused) == (403, "auth.officers_account")


def test_a_role_that_demands_one_leaves_days_of_grace_and_then_asks_at_the_door(
    lina: Person, desk: DeskForTests, app: Flask
) -> None:
    assert demand(officer(desk, app, "security"), {"role": "agent", "grace_days": 7}) == 204
    lina.signs_in()
    assert lina.browser.get(FACTOR).json["due_at"] is not None
    desk.clock.advance(days=7)
    half = lina.shows_password()
    assert (half.status_code, half.json["step"]) == (202, "enrol")
    ticket = half.json["ticket"]
    assert code_of(lina.shows_code(ticket, "123456")) == (409, "auth.sign_in_over")
    lina.secret = lina.send(f"{SIGN_IN}/factor", ticket=ticket).json["secret"]
    assert code_of(lina.send(f"{SIGN_IN}/factor/confirm", ticket=ticket, code="1")) == (400, "auth.bad_code")
    enrolled = lina.send(f"{SIGN_IN}/factor/confirm", ticket=ticket, code=lina.code()).json
    assert (enrolled["me"]["login"], enrolled["half"], len(enrolled["codes"])) == ("lina", None, 10)
    lina.csrf = enrolled["me"]["csrf_token"]
    refused = lina.send(f"{FACTOR}/remove", code=enrolled["codes"][0])
    assert code_of(refused) == (403, "auth.factor_demanded")


def test_what_is_demanded_is_kept_by_role_and_stands_in_the_audit(desk: DeskForTests, app: Flask) -> None:
    security = officer(desk, app, "security")
    demand(security, {"role": "agent", "grace_days": 7}, {"role": "admin", "grace_days": 0})
    begun = desk.clock.now()
    desk.clock.advance(hours=1)
    demand(security, {"role": "agent", "grace_days": 3})
    roles = {one["role"]: one for one in security.browser.get("/api/console/accounts/demands").json["roles"]}
    assert (roles["agent"]["grace_days"], roles["admin"]["grace_days"]) == (3, None)
    assert roles["agent"]["since"].startswith(begun.isoformat()[:19])
    said = [(deed, why) for deed, _, why in deeds(desk) if deed.startswith("factor.")]
    assert said == [
        ("factor.demanded", "admin"),
        ("factor.demanded", "agent"),
        ("factor.let_go", "admin"),
        ("factor.demanded", "agent"),
    ]
