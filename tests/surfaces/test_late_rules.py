"""Routes compile what builds addresses only when asked; it builds what the library's own routes build."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import BuildError, Map, Rule

from caredesk.application import create_app
from caredesk.edge.routes import LateRule
from caredesk.edge.services import Services

PATH = "/api/console/conversations/<conversation_id>/replies"


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


def test_every_route_of_the_application_is_a_late_one(app: Flask) -> None:
    assert {type(rule) for rule in app.url_map.iter_rules()} == {LateRule}


@pytest.mark.parametrize("values", [{"conversation_id": "c 1/ä"}, {"conversation_id": "c1", "after": "7"}])
def test_an_address_is_built_as_the_library_builds_it(values: dict[str, str]) -> None:
    late, usual = (
        Map([rule(PATH, endpoint="reply")]).bind("desk.hospital.example").build("reply", values)
        for rule in (LateRule, Rule)
    )
    assert late == usual


def test_an_address_that_lacks_a_value_is_refused() -> None:
    with pytest.raises(BuildError):
        Map([LateRule(PATH, endpoint="reply")]).bind("desk.hospital.example").build("reply", {})
