"""Every route by its own contract: what the contract allows is asked for, and the answer is what the contract says.

`tests/surfaces/test_hostile.py` knows what harm looks like; here requests are made from the contract alone, the same
ones each time, by one role at a time. A few for each route run always, many by every role with `-m nightly`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from werkzeug.test import TestResponse

from caredesk.accounts.models import Staff
from caredesk.accounts.rules import Role, permissions_of
from caredesk.application import create_app
from caredesk.edge.guards import Guard
from caredesk.edge.services import HookSecrets
from caredesk.queue import queries as queue_queries
from tests.fixtures.calling import ENGINES_SECRET
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import bearer, sign_in
from tests.fixtures.scene import Scene, make_scene

pytestmark = pytest.mark.usefixtures("quick_hashing")

HOSPITAL_TOKEN = "a-token-that-only-the-hospital-knows"
LOSES_ITSELF = ("/api/auth/sign-out", "/api/auth/password", "/api/auth/sessions/", "/api/auth/lock")
"""Whoever asks for these is nobody afterwards; their tests are elsewhere."""
OTHERS = ("visitor", "machine", "engine", "stranger")
ROLES = (*(role.value for role in Role), *OTHERS)
"""Who asks: each role of staff by itself, for what one role is refused another one's answer may hide."""


SAMPLE = 4
"""One of so many routes is also asked at by somebody whom it refuses; the matrix of permissions has them all."""


class Unlimited:
    """Counts nothing: one client asks more in a second than any person."""

    def hit(self, _rule: str, *_parts: str) -> int:
        return 0

    def hit_each(self, _rule: str, whos: Sequence[str]) -> list[int]:
        return [0] * len(whos)


@dataclass
class Asker:
    """Asks as each kind of client, and keeps what answers were wrong."""

    desk: DeskForTests
    browser: FlaskClient
    scene: Scene
    staff: dict[str, str]
    guards: dict[tuple[str, str], Guard]
    faults: list[str] = field(default_factory=list)
    asked: int = 0
    compared: int = 0
    """How many answers had a shape in the contract, and were looked at."""

    def headers(self, role: str) -> dict[str, str]:
        """Return what somebody in this role sends; staff sign in anew."""
        tokens = {"visitor": self.scene.token, "machine": HOSPITAL_TOKEN, "engine": ENGINES_SECRET}
        if role in OTHERS:
            self.browser.delete_cookie("caredesk_session")
            return bearer(tokens[role]) if role in tokens else {}
        return sign_in(self.desk, self.browser, staff_id=self.staff[role])

    def may(self, operation: Any, *, role: str) -> bool:
        """Tell whether the guard of a route lets this role in."""
        guard = self.guards[operation.method.upper(), operation.path]
        kinds = {"visitor": "visitor", "machine": "integration", "engine": "engine"}
        if role in OTHERS:
            return guard.kind in {"open", kinds.get(role, "open")}
        return guard.kind == "open" or (guard.permission is not None and guard.permission in permissions_of([role]))

    def ask(self, case: Case, *, headers: dict[str, str], as_own: bool) -> None:
        """Send one request; with `as_own` to things that are there, else to those that the contract makes up."""
        if as_own:
            case.path_parameters = {**case.path_parameters, **self._own(case)}
        options: dict[str, Any] = {"query_string": case.query or {}, "headers": headers}
        if isinstance(case.body, dict | list | str | int | float | bool) and case.media_type == "application/json":
            options["json"] = case.body
        response = self.browser.open(case.formatted_path, method=case.method, **options)
        self.asked += 1
        self._judge(case, response)

    def _own(self, case: Case) -> dict[str, str]:
        values = self.scene.values
        return {name: values[name] for name in case.path_parameters or {} if name in values}

    def _judge(self, case: Case, response: TestResponse) -> None:
        about = f"{case.method} {case.formatted_path[:100]} {response.status_code}"
        if response.status_code >= 500:
            self.faults.append(f"{about}: {response.get_data()[:200]!r}")
        elif response.status_code < 300 and response.is_json:
            self.compared += 1
            try:
                case.operation.validate_response(response)
            except Exception as fault:
                self.faults.append(f"{about}: {str(fault)[:300]}")


@pytest.fixture
def asker(desk: DeskForTests) -> Asker:
    hooks = HookSecrets(hotline=ENGINES_SECRET)
    services = replace(desk.services, limits=Unlimited(), fhir_token=HOSPITAL_TOKEN, hooks=hooks)
    app, scene = create_app(services), make_scene(desk, rule="/api/console/snapshot")
    return Asker(desk, app.test_client(), scene, hire_all(desk), guards_of(app))


def hire_all(desk: DeskForTests) -> dict[str, str]:
    """Hire one person for each role, skilled for every queue; return their ids by role."""
    hired = {role.value: desk.add_staff(f"only-{role.value}", roles=[role.value]) for role in Role}
    with desk.write() as work:
        work.session.get_one(Staff, hired[Role.DOCTOR]).doctor_id = "d-1"
    with desk.write() as work:
        for role in (Role.AGENT, Role.ASSISTANT, Role.SUPERVISOR):
            for queue in queue_queries.list_queues(work.session):
                queue_queries.set_skill(work.session, staff_id=hired[role.value], queue_id=queue.id, level=1)
    return hired


def guards_of(app: Flask) -> dict[tuple[str, str], Guard]:
    """Return the guard of every route by its method and its path as the contract writes it."""
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)): app.view_functions[rule.endpoint].__guard__  # type: ignore[attr-defined]
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def operations(browser: FlaskClient) -> Iterator[Any]:
    contract = schemathesis.openapi.from_dict(browser.get("/api/openapi.json").json)
    for found in contract.get_all_operations():
        assert isinstance(found, Ok), found
        if not found.ok().path.startswith(LOSES_ITSELF):
            yield found.ok()


def ask_everywhere(asker: Asker, *, examples: int, of_roles: int) -> None:
    """Ask at every route as so many of the roles that it lets in, in turn, and at some as one that it refuses."""
    asked_by: dict[str, list[Any]] = {role: [] for role in ROLES}
    for number, operation in enumerate(operations(asker.browser)):
        let_in = [role for role in ROLES if asker.may(operation, role=role)]
        for step in range(min(of_roles, len(let_in))):
            asked_by[let_in[(number + step) % len(let_in)]].append(operation)
        refused = [role for role in ROLES if role not in let_in]
        if refused and number % SAMPLE == 0:
            asked_by[refused[number // SAMPLE % len(refused)]].append(operation)
    for role, chosen in asked_by.items():
        headers = asker.headers(role)
        for operation in chosen:
            # Some routes end the sessions of whoever has their roles changed.
            if role not in OTHERS and asker.browser.get("/api/auth/me").status_code != 200:
                headers = asker.headers(role)
            _ask_at(asker, operation, headers=headers, examples=examples)
    assert asker.faults == []


def _ask_at(asker: Asker, operation: Any, *, headers: dict[str, str], examples: int) -> None:
    """Ask at one route with requests that are the same in each run."""
    calm = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @calm
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        asker.ask(case, headers=headers, as_own=asker.asked % 2 == 0)

    ask()


@pytest.mark.timeout(600)
def test_every_route_answers_as_its_contract_says(asker: Asker) -> None:
    ask_everywhere(asker, examples=2, of_roles=1)
    # Most of what a contract makes up is about things that are not there.
    assert asker.asked > 400 and asker.compared > 100, (asker.asked, asker.compared)


def test_an_answer_that_is_not_the_contracts_is_seen(asker: Asker) -> None:
    health = next(one for one in operations(asker.browser) if one.path == "/healthz")
    wrong = asker.browser.get("/healthz")
    wrong.set_data(b'{"ok": "perhaps"}')
    asker._judge(health.Case(), wrong)
    assert len(asker.faults) == 1


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_every_route_answers_as_its_contract_says_however_often_it_is_asked(asker: Asker) -> None:
    ask_everywhere(asker, examples=15, of_roles=len(ROLES))
