"""Passkeys as browsers bring them: adding one, signing in without a password, and every answer that must be refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from caredesk.accounts.models import PasskeyChallenge, Staff
from caredesk.accounts.passkeys import party_at
from caredesk.application import create_app
from caredesk.audit import queries as audit_queries
from caredesk.core.ids import new_token
from caredesk.edge.services import Services
from tests.fixtures.authenticator import ORIGIN, USED, Authenticator, Key
from tests.fixtures.desk import DeskForTests, with_settings
from tests.fixtures.passwords import NEW_PASSWORD, PASSWORD, PASSWORD_HASH
from tests.fixtures.records import sign_in as give_session

pytestmark = pytest.mark.usefixtures("quick_hashing")

KEYS, DOOR, LOCK = "/api/auth/passkeys", "/api/auth/sign-in/passkey", "/api/auth/lock/passkey"
REFUSED = (401, "auth.passkey_refused")


@dataclass
class Person:
    """Somebody with a browser and a device."""

    desk: DeskForTests
    app: Flask
    id: str
    device: Authenticator = field(default_factory=Authenticator)
    csrf: str = ""

    def __post_init__(self) -> None:
        self.browser = self.app.test_client()

    def send(self, path: str, body: object = None) -> TestResponse:
        return self.browser.post(path, json=body or {}, headers={"X-CSRF-Token": self.csrf})

    def signs_in(self) -> None:
        self.csrf = give_session(self.desk, self.browser, staff_id=self.id)["X-CSRF-Token"]

    def is_asked(self) -> dict[str, Any]:
        return dict(self.send(f"{KEYS}/challenge", {"password": PASSWORD}).json)

    def adds(self, **otherwise: Any) -> TestResponse:
        return self.send(KEYS, self.device.make(self.is_asked(), **otherwise))

    def comes(self, **otherwise: Any) -> TestResponse:
        """Come to the door of a fresh browser with the device alone."""
        self.browser = self.app.test_client()
        return self.send(DOOR, self.device.use(self.send(f"{DOOR}/challenge").json, **otherwise))


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(with_settings(services, public_url=ORIGIN))


def hire(desk: DeskForTests, app: Flask, login: str, *, roles: tuple[str, ...] = ("agent",)) -> Person:
    staff_id = desk.add_staff(login, roles=roles)
    with desk.write() as work:
        work.session.get_one(Staff, staff_id).password_hash = PASSWORD_HASH
    person = Person(desk, app, staff_id)
    person.signs_in()
    return person


@pytest.fixture
def lina(desk: DeskForTests, app: Flask) -> Person:
    """Somebody with a passkey."""
    person = hire(desk, app, "lina")
    added = person.adds(name="我的手机")
    assert added.status_code == 200, added.json
    return person


def code_of(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.json["code"]


def deeds(desk: DeskForTests) -> list[tuple[str, str, str]]:
    with desk.read() as session:
        return [(one.deed, one.subject, one.why) for one in audit_queries.stream_entries(session)]


# ---- one's own -------------------------------------------------------------------------------------------


def test_a_passkey_is_added_on_the_password_named_and_removed_by_its_owner_alone(
    lina: Person, desk: DeskForTests, app: Flask
) -> None:
    assert code_of(lina.send(f"{KEYS}/challenge", {"password": "guess"})) == (400, "auth.wrong_password")
    [shown] = lina.browser.get(KEYS).json["passkeys"]
    assert (shown["name"], shown["used_at"]) == ("我的手机", None)
    stranger, home = hire(desk, app, "stranger"), f"{KEYS}/{shown['id']}"
    named = lina.browser.put(home, json={"name": "工位的电脑"}, headers={"X-CSRF-Token": lina.csrf})
    assert named.status_code == 204
    assert code_of(stranger.send(f"{home}/remove")) == (404, "auth.passkey_not_found")
    assert lina.comes().status_code == 200
    lina.signs_in()
    assert lina.send(f"{home}/remove").status_code == 204
    assert lina.browser.get(KEYS).json == {"offered": True, "passkeys": []}
    assert lina.comes().status_code == 401
    said = [deed for deed, subject, _ in deeds(desk) if deed.startswith("passkey.") and subject == f"staff:{lina.id}"]
    assert said == ["passkey.added", "passkey.removed"]


@pytest.mark.parametrize(
    "otherwise",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": USED},
        {"challenge": new_token()},
        {"type": "webauthn.get"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_key_that_was_not_made_as_asked_is_not_kept(lina: Person, otherwise: dict[str, Any]) -> None:
    assert code_of(lina.adds(**otherwise)) == (400, "auth.bad_passkey")
    assert len(lina.browser.get(KEYS).json["passkeys"]) == 1


def test_what_a_device_was_asked_to_make_is_good_once_for_minutes_and_for_that_session(
    lina: Person, desk: DeskForTests, app: Flask
) -> None:
    asked = lina.is_asked()
    stranger = hire(desk, app, "stranger")
    assert code_of(stranger.send(KEYS, stranger.device.make(asked))) == (400, "auth.bad_passkey")
    made = lina.device.make(asked)
    assert lina.send(KEYS, made).status_code == 200
    assert code_of(lina.send(KEYS, made)) == (400, "auth.bad_passkey")
    asked = lina.is_asked()
    desk.clock.advance(minutes=5)
    assert code_of(lina.send(KEYS, lina.device.make(asked))) == (400, "auth.bad_passkey")
    posing = {**lina.device.make(lina.is_asked()), "id": made["id"]}
    assert code_of(lina.send(KEYS, posing)) == (400, "auth.bad_passkey")
    assert code_of(stranger.adds(id=lina.device.keys[0].id)) == (409, "auth.passkey_taken")


# ---- signing in ------------------------------------------------------------------------------------------


def test_a_passkey_signs_in_without_a_password_and_counts_as_both_factors(
    lina: Person, desk: DeskForTests, app: Flask
) -> None:
    security = hire(desk, app, "the-security", roles=("security",))
    demands = {"demands": [{"role": "agent", "grace_days": 0}]}
    headers = {"X-CSRF-Token": security.csrf}
    security.browser.put("/api/console/accounts/demands", json=demands, headers=headers)
    me = lina.comes()
    assert (me.status_code, me.json["login"]) == (200, "lina")
    assert lina.browser.get("/api/auth/me").status_code == 200
    assert lina.browser.get(KEYS).json["passkeys"][0]["used_at"] is not None
    assert ("staff.signed_in", f"staff:{lina.id}", "") in deeds(desk)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"origin": "https://evil.example"},
        {"origin": f"{ORIGIN}:8443"},
        {"rp_id": "evil.example"},
        {"flags": USED},
        {"flags": 0},
        {"challenge": new_token()},
        {"type": "webauthn.create"},
        {"user_id": "c29tZWJvZHktZWxzZQ"},
        {"signer": Key("")},
    ],
    ids=lambda one: next(iter(one)),
)
def test_what_a_device_signed_otherwise_than_asked_opens_nothing(
    lina: Person, desk: DeskForTests, otherwise: dict[str, Any]
) -> None:
    assert code_of(lina.comes(**otherwise)) == REFUSED
    assert lina.browser.get("/api/auth/me").status_code == 401
    assert [why for deed, _, why in deeds(desk) if deed == "sign_in.refused"] == ["passkey"]
    assert lina.comes().status_code == 200


def test_an_answer_opens_once_and_only_in_time_and_for_what_it_was_asked(lina: Person, desk: DeskForTests) -> None:
    signed = lina.device.use(lina.send(f"{DOOR}/challenge").json)
    assert lina.send(DOOR, signed).status_code == 200
    assert code_of(lina.send(DOOR, signed)) == REFUSED
    late = lina.send(f"{DOOR}/challenge").json
    desk.clock.advance(minutes=5)
    assert code_of(lina.send(DOOR, lina.device.use(late))) == REFUSED
    # Asked for to open a screen, shown at the door.
    lina.signs_in()
    elsewhere = lina.send(f"{LOCK}/challenge").json
    assert code_of(lina.send(DOOR, lina.device.use(elsewhere))) == REFUSED
    # A wrong answer uses its challenge up, too.
    asked = lina.send(f"{DOOR}/challenge").json
    assert code_of(lina.send(DOOR, lina.device.use(asked, flags=USED))) == REFUSED
    assert code_of(lina.send(DOOR, lina.device.use(asked))) == REFUSED
    with desk.read() as session:
        left = session.scalars(select(PasskeyChallenge.expires_at)).all()
    assert all(one <= desk.clock.now() + timedelta(minutes=5) for one in left)


def test_a_count_that_goes_back_is_a_copy_and_is_told(lina: Person, desk: DeskForTests) -> None:
    assert lina.comes(signed=7).status_code == 200
    for signed in (7, 6, 0):
        assert code_of(lina.comes(signed=signed)) == REFUSED
    # A signature that is none raises no alarm, whatever it counts.
    assert code_of(lina.comes(signed=1, signer=Key(""))) == REFUSED
    assert [subject for deed, subject, _ in deeds(desk) if deed == "passkey.copied"] == [f"staff:{lina.id}"] * 3
    assert lina.comes(signed=8).status_code == 200


def test_a_device_that_does_not_count_signs_in_again_and_again(lina: Person) -> None:
    assert [lina.comes(signed=0).status_code for _ in range(3)] == [200] * 3


def test_a_closed_account_has_no_way_in_and_a_password_that_others_know_is_changed_first(
    lina: Person, desk: DeskForTests
) -> None:
    with desk.write() as work:
        work.session.get_one(Staff, lina.id).must_change = True
    half = lina.comes()
    assert (half.status_code, half.json["step"]) == (202, "password")
    chosen = lina.send("/api/auth/sign-in/password", {"ticket": half.json["ticket"], "new": NEW_PASSWORD})
    assert chosen.status_code == 200
    with desk.write() as work:
        work.session.get_one(Staff, lina.id).active = False
    assert code_of(lina.comes()) == REFUSED


def test_who_manages_accounts_takes_lost_passkeys_away(lina: Person, desk: DeskForTests, app: Flask) -> None:
    admin = hire(desk, app, "boss", roles=("admin",))
    shown = {one["id"]: one["passkeys"] for one in admin.browser.get("/api/console/accounts").json["accounts"]}
    assert (shown[lina.id], shown[admin.id]) == (1, 0)
    assert admin.send(f"/api/console/accounts/{lina.id}/reset-factor").status_code == 204
    assert code_of(lina.comes()) == REFUSED
    assert ("factor.reset", f"staff:{lina.id}", "") in deeds(desk)


# ---- a locked screen -------------------------------------------------------------------------------------


def test_a_locked_screen_opens_with_ones_own_passkey_and_nobody_elses(
    lina: Person, desk: DeskForTests, app: Flask
) -> None:
    stranger = hire(desk, app, "stranger")
    assert stranger.adds().status_code == 200
    lina.send("/api/auth/lock")
    foreign = stranger.device.use(lina.send(f"{LOCK}/challenge").json)
    assert code_of(lina.send(LOCK, foreign)) == REFUSED
    assert code_of(lina.browser.get("/api/auth/me")) == (401, "auth.screen_locked")
    assert lina.send(LOCK, lina.device.use(lina.send(f"{LOCK}/challenge").json)).status_code == 204
    assert lina.browser.get("/api/auth/me").status_code == 200
    said = [(deed, why) for deed, subject, why in deeds(desk) if deed.startswith("screen.")]
    assert said == [("screen.locked", "hand"), ("screen.refused", "passkey"), ("screen.opened", "")]


# ---- where there are none --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "id"),
    [
        ("https://desk.hospital.example/", "desk.hospital.example"),
        ("https://desk.hospital.example:8443", "desk.hospital.example"),
        ("http://localhost:5000", "localhost"),
        ("http://desk.hospital.example", None),
        ("https://10.0.0.8", None),
        ("https://[::1]:8000", None),
        ("https://intranet", None),
        ("", None),
    ],
)
def test_browsers_make_keys_for_names_over_https_only(address: str, id: str | None) -> None:
    party = party_at(address)
    assert (party.id if party else None) == id


def test_a_desk_that_has_no_such_name_says_that_it_takes_none(desk: DeskForTests, services: Services) -> None:
    app = create_app(with_settings(services, public_url="http://10.0.0.8:5000"))
    person = hire(desk, app, "lina")
    assert app.test_client().get("/api/auth/ways").json["passkey"] is False
    assert person.browser.get(KEYS).json == {"offered": False, "passkeys": []}
    assert code_of(person.send(f"{DOOR}/challenge")) == (404, "auth.passkeys_off")
