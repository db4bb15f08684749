"""Every route by its own contract: what the contract allows is asked for, and the answer is what the contract says.

`tests/surfaces/test_hostile.py` knows what harm looks like; here requests are made from the contract alone, the same
ones each time. A few for each route run always, many with `-m nightly`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from werkzeug.test import TestResponse

from caredesk.application import create_app
from caredesk.edge.services import HookSecrets
from tests.fixtures.calling import ENGINES_SECRET
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import bearer, sign_in
from tests.fixtures.scene import Scene, make_scene

pytestmark = pytest.mark.usefixtures("quick_hashing")

HOSPITAL_TOKEN = "a-token-that-only-the-hospital-knows"
LOSES_ITSELF = ("/api/auth/sign-out", "/api/auth/password", "/api/auth/sessions/", "/api/auth/lock")
"""Whoever asks for these is nobody afterwards; their tests are elsewhere."""
ROLES = ("staff", "visitor", "machine", "stranger")


class Unlimited:
    """Counts nothing: one client asks more in a second than any person."""

    def hit(self, _rule: str, *_parts: str) -> int:
        return 0


@dataclass
class Asker:
    """Asks as each kind of client, and keeps what answers were wrong."""

    desk: DeskForTests
    browser: FlaskClient
    scene: Scene
    faults: list[str] = field(default_factory=list)
    asked: int = 0
    compared: int = 0
    """How many answers had a shape in the contract, and were looked at."""

    def headers(self, role: str) -> dict[str, str]:
        if role == "staff":
            return sign_in(self.desk, self.browser, staff_id=self.scene.staff_id)
        tokens = {"visitor": self.scene.token, "machine": HOSPITAL_TOKEN}
        return bearer(tokens[role]) if role in tokens else {}

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
    return Asker(desk, create_app(services).test_client(), make_scene(desk, rule="/api/console/snapshot"))


def operations(browser: FlaskClient) -> Iterator[Any]:
    contract = schemathesis.openapi.from_dict(browser.get("/api/openapi.json").json)
    for found in contract.get_all_operations():
        assert isinstance(found, Ok), found
        if not found.ok().path.startswith(LOSES_ITSELF):
            yield found.ok()


def ask_everywhere(asker: Asker, *, examples: int) -> None:
    for role in ROLES:
        headers = asker.headers(role)
        for number, operation in enumerate(operations(asker.browser)):
            if role == "staff" and asker.browser.get("/api/auth/me").status_code != 200:
                headers = asker.headers(role)
            # Somebody who is let in nowhere needs no more than a sample of all that they could say.
            if role == "staff" or number % 7 == 0:
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
    ask_everywhere(asker, examples=2)
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
    ask_everywhere(asker, examples=60)
