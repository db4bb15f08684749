"""Every route against clients that are broken or mean harm.

The routes and what they read are taken from the application, so that a new one is tested from its first day. Whatever
is sent, the answer is a success whose stored words are clean, or a refusal with a known code that has changed nothing,
repeats nothing of what was sent, and leaves no word of a patient in the logs.
"""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from json import dumps
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caredesk.application import create_app
from caredesk.core.errors import CareDeskError
from caredesk.edge.guards import Guard
from caredesk.edge.payload import Parts, declared_parts
from caredesk.edge.services import HookSecrets
from caredesk.infra.profiles import build_services
from caredesk.settings import Settings
from tests.fixtures import tally
from tests.fixtures.calling import ENGINES_SECRET
from tests.fixtures.desk import DeskForTests
from tests.fixtures.hostile import (
    MARK,
    PAGES,
    STEPS,
    TEXTS,
    TYPES,
    WRONG,
    Twist,
    broken_bodies,
    broken_forms,
    codes_of,
    is_route,
    misleading_headers,
    text_of,
    twists,
    valid_payload,
)
from tests.fixtures.records import bearer, sign_in
from tests.fixtures.scene import Scene, make_scene
from tests.fixtures.stored import AUDIT, State, new_rows, set_back, state_of, unclean_values

# Some walk over all routes, of which there are ever more.
pytestmark = [pytest.mark.usefixtures("quick_hashing"), pytest.mark.timeout(600)]

SHARES = 4
"""Parts into which the longest walk is cut, so that several processes take them."""

HOSPITAL_TOKEN = "a-token-that-only-the-hospital-knows"
OUTSIDE = {"REMOTE_ADDR": "192.0.2.7"}
COUNTED = frozenset({"sign_in_failure", "sign_in_record"}) | AUDIT
"""A refused sign-in is counted or kept on record, on purpose; and what stands in the audit is never taken back."""


@dataclass(frozen=True)
class Route:
    """One way to call the application, with what its view reads."""

    method: str
    rule: str
    guard: Guard
    parts: Parts

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def variables(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.rule)

    def address(self, values: dict[str, str]) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found[1], "none"), self.rule)


def routes_of(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(method, rule.rule, view.__guard__, declared_parts(view))  # type: ignore[attr-defined]


def all_routes() -> list[Route]:
    with tempfile.TemporaryDirectory() as folder:
        return sorted(routes_of(create_app(build_services(Settings(data_dir=Path(folder))))), key=str)


ROUTES = all_routes()
CODES = codes_of(CareDeskError)
API = [route for route in ROUTES if route.rule.startswith("/api/")]


def those(*, reading: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("route", [route for route in ROUTES if reading in route.parts], ids=str)


Request = Callable[[], dict[str, Any]]
"""Makes the options of a request at the last moment, for the scene that is then set."""


class Unlimited:
    """Counts nothing: one hostile client sends more in a second than any person."""

    def hit(self, _rule: str, *_parts: str) -> int:
        return 0

    def hit_each(self, _rule: str, whos: Sequence[str]) -> list[int]:
        return [0] * len(whos)


@dataclass
class Attacker:
    """Sends request after request to one route and judges every answer."""

    desk: DeskForTests
    browser: FlaskClient
    log: pytest.LogCaptureFixture
    route: Route
    scene: Scene
    headers: dict[str, str] = field(default_factory=dict)
    seen: State | None = None

    def __post_init__(self) -> None:
        self.headers = self.as_allowed()

    def as_allowed(self) -> dict[str, str]:
        """Return the headers of somebody whom the route lets in."""
        if self.route.guard.kind == "visitor":
            return bearer(self.scene.token)
        if self.route.guard.kind == "integration":
            return bearer(HOSPITAL_TOKEN)
        if self.route.guard.kind == "engine":
            return bearer(ENGINES_SECRET)
        return sign_in(self.desk, self.browser, staff_id=self.scene.staff_id)

    def at(self, route: Route) -> Attacker:
        """Go on to another route in the same scene."""
        return replace(self, route=route)

    def valid_json(self) -> Any:
        body = self.route.parts.get("body")
        return valid_payload(body, known=self.scene.known) if body else None

    def send(self, *, values: dict[str, str] | None = None, query: str = "", **options: Any) -> TestResponse:
        address = self.route.address({**self.scene.values, **(values or {})})
        headers = {**self.headers, **options.pop("headers", {})}
        options = {"method": self.route.method, **options}
        return self.browser.open(address + query, headers=headers, environ_overrides=OUTSIDE, **options)

    def try_all(self, requests: Iterable[tuple[str, Request]]) -> dict[str, int]:
        """Send every request and judge every answer; return the status of each.

        All refusals together must have changed nothing. What a success has stored must be clean, and is taken back.
        """
        statuses: dict[str, int] = {}
        before = self._state()
        for name, request in requests:
            response = self.send(**request())
            statuses[name] = response.status_code
            tally.note_status(response.status_code)
            about = f"{self.route}: {name}: {response.status_code} {text_of(response)[:300]}"
            self._judge(response, about=about)
            if response.status_code < 400:
                self._after_success(before, about=about)
        assert new_rows(before, self._state()) == {}, f"{self.route}: {statuses}"
        return statuses

    def _after_success(self, before: State, *, about: str) -> None:
        """Look at what was stored, and set the scene back in which the next request is sent."""
        now = self._state()
        assert unclean_values(new_rows(before, now)) == [], about
        if now != before:
            assert self.writes, about
            with self.desk.write() as work:
                set_back(work.session, to=before, now=now)

    @property
    def writes(self) -> bool:
        """Tell whether a success may leave something behind: an export is noted on the timeline."""
        return self.route.method != "GET" or "/export." in self.route.rule or "/evidence." in self.route.rule

    def _state(self) -> State:
        with self.desk.read() as session:
            self.seen = state_of(session, without=COUNTED, like=self.seen)
        return self.seen

    def _judge(self, response: TestResponse, *, about: str) -> None:
        text = text_of(response)
        assert response.status_code < 500 or self.route.rule in PAGES, about
        assert "Traceback" not in text, about
        assert misleading_headers(response, rule=self.route.rule) == [], about
        logged = " ".join(str(record.__dict__) for record in self.log.records)
        assert MARK not in logged, f"{about}: in the logs"
        self.log.clear()
        if response.status_code >= 400:
            assert MARK not in text, f"{about}: repeated"
            if self.route.rule.startswith("/api/"):
                assert set(response.json) == {"code", "fields", "request_id"}, about
                assert response.json["code"] in CODES, about


@pytest.fixture
def attack(desk: DeskForTests, caplog: pytest.LogCaptureFixture) -> Callable[[Route], Attacker]:
    """Begin an attack on a route, in a scene in which it could succeed."""
    caplog.set_level(logging.INFO)
    hooks = HookSecrets(hotline=ENGINES_SECRET)
    services = replace(desk.services, limits=Unlimited(), fhir_token=HOSPITAL_TOKEN, hooks=hooks)
    browser = create_app(services).test_client()
    return lambda route: Attacker(desk, browser, caplog, route, make_scene(desk, rule=route.rule))


# ---- addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", range(SHARES))
def test_hostile_addresses_are_refused(attack: Callable[[Route], Attacker], share: int) -> None:
    for attacker in each(ROUTES[share::SHARES], attack=attack):
        steps = [(f"{name}={step[:40]}", {name: step}) for name in attacker.route.variables for step in STEPS]
        json = attacker.valid_json()
        statuses = attacker.try_all((name, asking(values=values, json=json)) for name, values in steps)
        if attacker.route.rule.startswith("/api/"):
            assert [name for name, status in statuses.items() if status < 400] == [], attacker.route


def test_what_belongs_to_others_does_not_exist(attack: Callable[[Route], Attacker]) -> None:
    routes = [route for route in API if set(route.variables) & Scene.foreign_names()]
    assert len(routes) > 20
    for attacker in each(routes, attack=attack):
        if attacker.route.guard.kind == "staff":
            staff_id = attacker.scene.narrow_staff_id
            attacker.headers = sign_in(attacker.desk, attacker.browser, staff_id=staff_id)
        json, foreign = attacker.valid_json(), attacker.scene.foreign
        names = [name for name in attacker.route.variables if name in foreign]
        query = "?before=5&q=x&after=1&purpose=service" if "query" in attacker.route.parts else ""
        requests = [(name, asking(values={name: foreign[name]}, json=json, query=query)) for name in names]
        statuses = attacker.try_all(requests)
        assert set(statuses.values()) <= {403, 404, 409}, f"{attacker.route} {statuses}"


def test_other_methods_are_refused(attack: Callable[[Route], Attacker]) -> None:
    for attacker in each(ROUTES, attack=attack):
        allowed = {route.method for route in ROUTES if route.rule == attacker.route.rule}
        others = sorted({"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - allowed)
        statuses = attacker.try_all((method, asking(method=method, json={"text": MARK})) for method in others)
        # What follows an id may be another one, and then what is sent along is what is wrong.
        address = attacker.route.address(attacker.scene.values)
        wider = {method for method in others if is_route(attacker.browser, address=address, method=method)}
        assert {statuses.pop(method) for method in wider} <= {404, 422}, attacker.route
        assert set(statuses.values()) <= {404, 405}, attacker.route


# ---- who asks --------------------------------------------------------------------------------------------


def test_nobody_gets_in_with_invented_credentials(attack: Callable[[Route], Attacker]) -> None:
    tries: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {MARK}"},
        {"Authorization": "Bearer " + "x" * 5_000},
        {"Authorization": f"Basic {MARK}"},
        {"Authorization": "Bearer \u00e9\u00ff"},
        {"Cookie": f"caredesk_session={MARK}", "X-CSRF-Token": "x"},
        {"Cookie": f"caredesk_session={MARK}; caredesk_session=\u00ff", "X-CSRF-Token": "\u00ff"},
        {"Cookie": "=;;;=" + "x" * 5_000},
    ]
    for attacker in each([route for route in API if route.guard.kind != "open"], attack=attack):
        attacker.headers = {}
        attacker.browser.delete_cookie("caredesk_session")
        statuses = attacker.try_all((str(headers), asking(headers=headers)) for headers in tries)
        assert set(statuses.values()) == {401}, attacker.route


def test_staff_write_nothing_with_a_wrong_csrf_token_or_from_another_site(attack: Callable[[Route], Attacker]) -> None:
    tries = [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": MARK},
        {"X-CSRF-Token": "\u00ff\u00fe"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ]
    writes = [route for route in API if route.guard.kind == "staff" and route.method != "GET"]
    for attacker in each(writes, attack=attack):
        statuses = attacker.try_all((str(headers), asking(headers=headers)) for headers in tries)
        assert set(statuses.values()) == {403}, attacker.route


def each(routes: list[Route], *, attack: Callable[[Route], Attacker]) -> Iterator[Attacker]:
    """Yield an attacker at each of these routes; all in one scene, for none of them is to succeed."""
    assert routes
    attacker = attack(routes[0])
    for route in routes:
        attacker = attacker.at(route)
        attacker.headers = attacker.as_allowed()
        yield attacker


# ---- what is sent ----------------------------------------------------------------------------------------


@those(reading="body")
def test_hostile_payloads_are_refused_or_stored_clean(attack: Callable[[Route], Attacker], route: Route) -> None:
    attacker = attack(route)

    def twisted_by(twist: Twist) -> Request:
        return lambda: {"data": twist(attacker.valid_json()), "content_type": "application/json"}

    good = [(name, twisted_by(twist)) for name, twist in twists(attacker.valid_json())]
    broken = [(name, asking(data=body, content_type="application/json")) for name, body in broken_bodies()]
    statuses = attacker.try_all([*good, *broken])
    assert statuses["no json"] == statuses["broken utf-8"] == statuses["deep lists"] == 422
    assert statuses["too large"] == 413


@those(reading="body")
def test_what_the_hostile_payloads_are_made_from_is_accepted(attack: Callable[[Route], Attacker], route: Route) -> None:
    attacker = attack(route)
    response = attacker.send(json=attacker.valid_json())
    assert response.status_code == ANSWERED_OTHERWISE.get(str(route), 200 if response.data else 204), response.data


ANSWERED_OTHERWISE = {
    # The standard tells of what was made by its status.
    "POST /fhir/Slot": 201,
    "PUT /fhir/Slot/<resource_id>": 201,
    # Nobody has this password; the rest of the payload is in order.
    "POST /api/auth/sign-in": 401,
    # Nor has anybody signed this token.
    "POST /api/auth/token": 400,
    "POST /api/auth/password": 400,
    # Nor was anybody given this ticket, or offered a second factor, or has one.
    "POST /api/auth/sign-in/code": 409,
    "POST /api/auth/sign-in/password": 409,
    "POST /api/auth/sign-in/factor": 409,
    "POST /api/auth/lock/open": 409,
    # No device has made or signed this, and nobody has this passkey.
    "POST /api/auth/passkeys/challenge": 400,
    "POST /api/auth/passkeys": 400,
    "PUT /api/auth/passkeys/<passkey_id>": 404,
    "POST /api/auth/sign-in/passkey": 401,
    "POST /api/auth/lock/passkey": 409,
    "POST /api/auth/sign-in/factor/confirm": 409,
    "POST /api/auth/second-factor": 400,
    "POST /api/auth/second-factor/confirm": 409,
    "POST /api/auth/second-factor/codes": 400,
    "POST /api/auth/second-factor/remove": 400,
    # No hospital has these departments and sessions, and nobody was shown this difference.
    "POST /api/console/schedule/edits": 400,
    "POST /api/console/schedule/edits/check": 400,
    # A scenario is a document of its own, and an empty one plays nothing; its tests are with the sandbox.
    "POST /api/console/sandbox/runs": 400,
}


def test_json_under_another_name_is_refused(attack: Callable[[Route], Attacker]) -> None:
    for attacker in each([route for route in API if "body" in route.parts], attack=attack):
        body = dumps(attacker.valid_json())
        requests = [(kind or "none", asking(data=body, headers={"Content-Type": kind})) for kind in TYPES]
        assert set(attacker.try_all(requests).values()) == {415}, attacker.route


@those(reading="form")
def test_hostile_forms_are_refused(attack: Callable[[Route], Attacker], route: Route) -> None:
    forms = [(name, asking(data=body, content_type=kind)) for name, body, kind in broken_forms()]
    statuses = attack(route).try_all(forms)
    assert [name for name, status in statuses.items() if status < 400] == []


@those(reading="query")
def test_hostile_queries_are_refused_or_harmless(attack: Callable[[Route], Attacker], route: Route) -> None:
    values = [*TEXTS.items(), *((name, str(value)) for name, value in WRONG.items())]
    values += [("first day", "0001-01-01"), ("last day", "9999-12-31"), ("a cursor", "MjAyNi0xMS0yM1QwMjowMDowMHx4")]
    fields = route.parts["query"].model_fields
    statuses = attack(route).try_all(
        (f"{name}={kind}", query(name, value)) for name in fields for kind, value in values
    )
    assert len(statuses) >= len(values)


def test_unknown_queries_change_nothing(attack: Callable[[Route], Attacker]) -> None:
    for attacker in each([route for route in API if route.method == "GET"], attack=attack):
        attacker.try_all((name, query(MARK, text[:2_000])) for name, text in TEXTS.items())


def query(field: str, value: str) -> Request:
    return asking(query=f"?{field}={quote(value[:100_000], errors='surrogatepass')}")


def asking(**options: Any) -> Request:
    return lambda: dict(options)
