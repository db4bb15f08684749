"""Every route has a guard, and a route that is open says why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_openapi3 import OpenAPI

from caredesk.application import create_app
from caredesk.edge.guards import Guard, open_to_all
from caredesk.edge.services import Services


def guards_of(app: Flask) -> Iterator[tuple[str, Guard | None]]:
    """Yield every route of an application with its guard, if it has one."""
    for rule in app.url_map.iter_rules():
        yield rule.rule, getattr(app.view_functions[rule.endpoint], "__guard__", None)


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


def test_every_route_has_a_guard(app: Flask) -> None:
    routes = dict(guards_of(app))
    assert len(routes) > 30
    assert [route for route, guard in routes.items() if not isinstance(guard, Guard)] == []


def test_an_open_route_says_why(app: Flask) -> None:
    reasons = {route: guard.reason for route, guard in guards_of(app) if guard and guard.kind == "open"}
    assert reasons
    assert [route for route, reason in reasons.items() if len(reason.split()) < 4] == []


def test_a_staff_route_names_a_permission(app: Flask) -> None:
    staff = [guard for _, guard in guards_of(app) if guard and guard.kind.startswith("staff")]
    assert staff
    assert [guard for guard in staff if guard.permission is None] == []


def test_the_console_and_the_doctors_desk_are_for_staff_and_the_chat_is_not(app: Flask) -> None:
    for route, guard in guards_of(app):
        kind = guard.kind if guard else ""
        if route.startswith(("/api/console/", "/api/doctor/")):
            assert kind == "staff", route
        if route.startswith("/api/chat/"):
            assert kind in ("visitor", "open"), route


def test_the_rule_sees_a_route_without_a_guard() -> None:
    app = OpenAPI("example", doc_ui=False, static_folder=None)

    @app.get("/guarded")
    @open_to_all(reason="an example")
    def guarded() -> str:
        return ""

    @app.get("/bare")
    def bare() -> str:
        return ""

    assert {route: guard is not None for route, guard in guards_of(app)} == {"/guarded": True, "/bare": False}
