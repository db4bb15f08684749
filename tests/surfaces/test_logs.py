"""The log names what a line belongs to, and holds no word of anybody: neither of patients nor of staff."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from caredesk.application import create_app
from caredesk.core.doing import Doing, current, doing, note, own_id
from caredesk.core.ids import new_id
from caredesk.edge.guards import Guard
from caredesk.edge.meters import Meters
from caredesk.edge.payload import declared_parts
from caredesk.edge.services import HookSecrets, Services
from caredesk.infra.logs import OTHERS, handler_to
from caredesk.infra.statements import watch_statements
from tests.fixtures.calling import ENGINES_SECRET
from tests.fixtures.desk import DeskForTests, with_settings
from tests.fixtures.hostile import valid_payload
from tests.fixtures.records import bearer, sign_in
from tests.fixtures.scene import Scene, make_scene
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import on_stage, surely

pytestmark = pytest.mark.usefixtures("quick_hashing")

MARK = "孩子发烧q7xmarked"
"""Somebody's words; in everything that is sent."""

WORDS = "a-plain-word"
"""What a valid payload has where anything may be written."""


@dataclass
class Log:
    """What the desk has written to its log, line by line."""

    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["message"] == message]


@pytest.fixture
def log() -> Iterator[Log]:
    """Write down what a desk does at its most talkative: `CAREDESK_LOG_LEVEL=DEBUG`."""
    written, levels = Log(io.StringIO()), {"": logging.DEBUG, **OTHERS}
    handler, loggers = handler_to(written.stream), {name: logging.getLogger(name) for name in levels}
    before = {name: logger.level for name, logger in loggers.items()}
    loggers[""].addHandler(handler)
    for name, logger in loggers.items():
        logger.setLevel(levels[name])
    try:
        yield written
    finally:
        loggers[""].removeHandler(handler)
        for name, logger in loggers.items():
            logger.setLevel(before[name])


@pytest.fixture
def services(services: Services) -> Services:
    """A desk that logs every request and every statement."""
    watch_statements(services.store, meters=Meters(), slow_seconds=1e-12)
    told = with_settings(services, log_requests=True)
    return replace(told, fhir_token="a-token-of-the-hospital", hooks=HookSecrets(hotline=ENGINES_SECRET))


# ---- what a line says ------------------------------------------------------------------------------------


def test_a_request_is_logged_with_its_id_its_conversation_and_whose_it_is(
    desk: DeskForTests, client: FlaskClient, log: Log
) -> None:
    _visitor, agent, conversation = desk.served_conversation()
    headers = sign_in(desk, client, staff_id=agent) | {"X-Request-Id": "from-the-proxy-1"}
    response = client.post(f"/api/console/conversations/{conversation}/notes", json={"text": MARK}, headers=headers)
    assert response.headers["X-Request-Id"] == "from-the-proxy-1"
    line = log.of("request")[-1]
    assert (line["request_id"], line["conversation_id"], line["staff_id"]) == ("from-the-proxy-1", conversation, agent)
    assert (line["method"], line["status"]) == ("POST", response.status_code)
    assert line["route"] == "/api/console/conversations/<conversation_id>/notes"
    assert line["seconds"] > 0


def test_a_message_names_the_conversation_that_it_has_opened(desk: DeskForTests, client: FlaskClient, log: Log) -> None:
    body = {"client_key": desk.key(), "body": {"kind": "text", "text": MARK}}
    response = client.post("/api/chat/messages", json=body, headers=bearer(desk.visit().token))
    line = log.of("request")[-1]
    assert line["conversation_id"] == response.json["conversation"]["id"]
    assert line["request_id"] == response.headers["X-Request-Id"]
    assert MARK not in log.text


@pytest.mark.parametrize("strange", ["", "short", "x" * 65, "id with blanks", "<script>alert(1)</script>"])
def test_a_strange_id_is_replaced_by_one_of_our_own(client: FlaskClient, log: Log, strange: str) -> None:
    response = client.get("/healthz", headers={"X-Request-Id": strange})
    assert re.fullmatch(r"[0-9a-f-]{36}", response.headers["X-Request-Id"])
    assert log.of("request")[-1]["request_id"] == response.headers["X-Request-Id"]


def test_a_job_that_fails_is_logged_with_its_conversation(desk: DeskForTests, log: Log) -> None:
    conversation = new_id()
    with desk.write() as work:
        work.enqueue("answer_message", {"conversation_id": conversation})
    desk.run_jobs()
    line = log.of("job_failed")[-1]
    assert (line["deed"], line["conversation_id"]) == ("answer_message", conversation)


def test_nothing_of_a_request_stays_with_its_thread(client: FlaskClient) -> None:
    client.get("/healthz")
    assert current() == Doing()


def test_only_ids_of_our_own_are_told(client: FlaskClient, log: Log) -> None:
    client.get(f"/api/chat/conversations/{MARK}/events")
    assert "conversation_id" not in log.of("request")[-1]
    assert own_id(MARK) == own_id(None) == own_id(7) == ""
    assert own_id(id := new_id()) == id


def test_what_is_noted_first_stays_and_nothing_is_noted_where_nothing_is_done() -> None:
    first, second = new_id(), new_id()
    note(conversation_id=first)
    assert current() == Doing()
    with doing("job", "match_queue"):
        note(conversation_id=first, staff_id=first)
        note(conversation_id=second)
        assert (current().conversation_id, current().staff_id) == (first, first)
    assert current() == Doing()


# ---- what it does not say --------------------------------------------------------------------------------


def marked(payload: Any) -> Any:
    """Return a payload with somebody's words wherever anything may be written."""
    if isinstance(payload, dict):
        return {name: marked(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [marked(value) for value in payload]
    return MARK if payload in (WORDS, "您好") else payload


def payloads(app: Flask, *, scene: Scene) -> Iterator[tuple[str, str, Guard, Any]]:
    """Yield every route that reads something, with a payload full of words."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        view = app.view_functions[rule.endpoint]
        body = declared_parts(view).get("body")
        address = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: scene.values.get(found[1], MARK), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            payload = marked(valid_payload(body, known=scene.known)) if body else None
            yield method, address, view.__guard__, payload  # type: ignore[attr-defined]


def test_words_sent_to_every_route_are_in_no_line(desk: DeskForTests, services: Services, log: Log) -> None:
    app = create_app(services)
    browser, scene = app.test_client(), make_scene(desk, rule="/api/chat/messages")
    tokens = {"visitor": scene.token, "integration": services.fhir_token, "engine": ENGINES_SECRET}
    answered = []
    for method, address, guard, payload in payloads(app, scene=scene):
        headers = bearer(tokens[guard.kind]) if guard.kind in tokens else None
        headers = headers or sign_in(desk, browser, staff_id=scene.staff_id)
        response = browser.open(f"{address}?q={MARK}", method=method, json=payload, headers=headers)
        answered.append(response.status_code // 100)
        assert MARK not in log.text, f"{method} {address}"
    desk.run_jobs()
    assert len(log.of("request")) == len(answered) and {2, 4} <= set(answered)
    assert len(log.of("slow_statement")) > len(answered)
    assert MARK not in log.text and "q7xmarked" not in log.text


def test_a_talk_over_real_sockets_leaves_no_word_in_the_log(live: LiveDesk, log: Log) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, heard, agent, _heard = await stage.served()
            await visitor.send(f"{MARK} 退款多久到账")
            await agent.reply(str(visitor.conversation_id), f"{MARK} 您好")
            await surely(lambda: len(heard.of_type("message.created")) >= 2)
            for event in ("watch", "typing", "unwatch", MARK):
                await visitor.screen.socket.call(event, {"conversation_id": MARK, MARK: MARK})

    play(scene())
    assert "q7xmarked" not in log.text
