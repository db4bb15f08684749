"""The wire as an engine sees it: a request that waits is answered when there is something to do, and never blocks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from caredesk.actions import call_engines
from caredesk.application import create_app
from caredesk.edge.services import HookSecrets, Services
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import NAME, SECRET, FakeEngine


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


def test_a_request_that_waits_is_answered_by_the_commit_that_brings_a_command(
    desk: DeskForTests, engine: FakeEngine, services: Services
) -> None:
    def ask() -> list[str]:
        own = create_app(services).test_client()
        answered = own.get(f"/hooks/hotline/commands?engine={NAME}&wait=25", headers=engine.headers)
        return [one["verb"] for one in answered.get_json()["commands"]]

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask)
        with desk.write() as work:
            call_engines.prompts_changed(work)
        assert waiting.result(timeout=20) == ["prompts_changed"]


def test_what_was_seen_is_no_reason_to_answer_at_once_but_is_told_again(desk: DeskForTests, engine: FakeEngine) -> None:
    with desk.write() as work:
        call_engines.prompts_changed(work)
        call_engines.prompts_changed(work)
    seen = engine.fetch()
    assert [one["verb"] for one in seen] == ["prompts_changed"], "asked for twice, told once"
    path = f"/hooks/hotline/commands?engine={NAME}&wait=0.05&after={seen[-1]['n']}"
    again = engine.client.get(path, headers=engine.headers).get_json()["commands"]
    assert again == seen


def test_one_engine_never_hears_what_another_is_to_do(desk: DeskForTests, engine: FakeEngine) -> None:
    with desk.write() as work:
        call_engines.prompts_changed(work)
    other = engine.client.get("/hooks/hotline/commands?engine=freeswitch", headers=engine.headers)
    assert other.get_json()["commands"] == []


@pytest.mark.parametrize("query", ["", "engine=", "engine=A", "engine=embedded&wait=26", "engine=embedded&wait=x"])
def test_a_question_that_makes_no_sense_is_refused(engine: FakeEngine, query: str) -> None:
    assert engine.client.get(f"/hooks/hotline/commands?{query}", headers=engine.headers).status_code == 422


def test_a_batch_that_is_too_large_is_refused_whole(engine: FakeEngine) -> None:
    facts = [engine.fact("engine.calls", calls=[]) for _ in range(201)]
    engine.post(*facts, status=422)
