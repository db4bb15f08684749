"""A call as a screen was last told is what it would fetch now; after every step of its course."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from caredesk.actions import calls_desk
from caredesk.application import create_app
from caredesk.edge.services import HookSecrets, Services
from caredesk.telephony.models import Call
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import SECRET, FakeEngine


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, hooks=HookSecrets(hotline=SECRET))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services).test_client()


def test_after_every_step_a_screen_shows_what_it_would_fetch(desk: DeskForTests, client: FlaskClient) -> None:
    engine = FakeEngine(desk, client)
    engine.start()
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    engine.give_phone(agent)
    call_id = engine.call()
    with desk.read() as session:
        talk = session.get_one(Call, call_id).conversation_id
    leg = f"{call_id}-1"

    def hold(*, on: bool) -> None:
        with desk.write() as work:
            calls_desk.hold(work, conversation_id=talk, who=desk.as_agent(agent), on=on)
        engine.tell("call.held" if on else "call.resumed", call_id, leg=leg)

    steps = {
        "arrived": lambda: None,
        "greeted": lambda: engine.played(call_id),
        "offered": lambda: engine.press(call_id, "1"),
        "rings": lambda: engine.tell("leg.ringing", call_id, leg=leg),
        "answered": lambda: engine.answer(call_id),
        "holds": lambda: hold(on=True),
        "talks": lambda: hold(on=False),
        "over": lambda: engine.end(call_id),
    }
    versions = []
    for name, do in steps.items():
        desk.clock.advance(seconds=1)
        do()
        told = desk.push.of_type("call.changed")[-1].call
        with desk.read() as session:
            fetched = calls_desk.view_of(session, conversation_id=talk, who=desk.as_supervisor(agent))
        assert told == fetched, name
        versions.append(told.version)
    assert versions == sorted(versions)
    assert fetched.state == "wrap_up"
