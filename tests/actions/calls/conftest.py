"""A desk with a telephone engine that tests play, and an agent who can be rung."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from caredesk.application import create_app
from caredesk.edge.services import HookSecrets, Services
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import SECRET, FakeEngine


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, hooks=HookSecrets(hotline=SECRET))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services).test_client()


@pytest.fixture
def engine(desk: DeskForTests, client: FlaskClient) -> FakeEngine:
    started = FakeEngine(desk, client)
    started.start()
    return started


@pytest.fixture
def agent(desk: DeskForTests, engine: FakeEngine) -> str:
    """A ready agent with a browser phone, and what closing asks for."""
    staff_id = desk.add_agent("lin", queues=[desk.add_queue()])
    engine.give_phone(staff_id)
    desk.add_option("close_category", "other")
    desk.add_option("close_outcome", "solved", parent="other")
    return staff_id
