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
    seen = engine.fetch()
    for asked in (f"after={seen[-1]['n']}", f"known={seen[-1]['n']}"):
        path = f"/hooks/hotline/commands?engine={NAME}&wait=0.05&{asked}"
        assert engine.client.get(path, headers=engine.headers).get_json()["commands"] == seen


def test_a_command_whose_number_is_lower_than_one_that_was_seen_is_news_all_the_same(
    desk: DeskForTests, engine: FakeEngine, services: Services
) -> None:
    """Of two transactions the one with the earlier number may be seen later; the engine must not wait for a third."""
    with desk.write() as work:
        call_engines.prompts_changed(work)
        call_engines.phones_changed(work)
    early, late = engine.fetch()
    path = f"/hooks/hotline/commands?engine={NAME}&wait=25&known={late['n']}"
    with ThreadPoolExecutor(1) as pool:
        own = create_app(services).test_client()
        answered = pool.submit(lambda: own.get(path, headers=engine.headers).get_json()["commands"])
        assert answered.result(timeout=20) == [early, late]


def test_a_change_while_the_engine_fetches_the_last_one_is_told_too(desk: DeskForTests, engine: FakeEngine) -> None:
    with desk.write() as work:
        call_engines.phones_changed(work)
    engine.fetch()
    with desk.write() as work:
        call_engines.phones_changed(work)
    assert [one["verb"] for one in engine.fetch()] == ["phones_changed", "phones_changed"]


def test_an_engine_that_is_away_is_told_of_many_changes_once(desk: DeskForTests, engine: FakeEngine) -> None:
    desk.clock.advance(seconds=2 * call_engines.DOWN_AFTER.total_seconds())
    for _ in range(3):
        with desk.write() as work:
            call_engines.prompts_changed(work)
    assert [one["verb"] for one in engine.fetch()] == ["prompts_changed"]


def test_one_engine_never_hears_what_another_is_to_do(desk: DeskForTests, engine: FakeEngine) -> None:
    with desk.write() as work:
        call_engines.prompts_changed(work)
    other = engine.client.get("/hooks/hotline/commands?engine=freeswitch", headers=engine.headers)
    assert other.get_json()["commands"] == []


@pytest.mark.parametrize("query", ["", "engine=", "engine=A", "engine=embedded&wait=26", "engine=embedded&wait=x",
    "engine=embedded&known=1,", "engine=embedded&known=x"])  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(engine: FakeEngine, query: str) -> None:
    assert engine.client.get(f"/hooks/hotline/commands?{query}", headers=engine.headers).status_code == 422


def test_a_batch_that_is_too_large_is_refused_whole(engine: FakeEngine) -> None:
    facts = [engine.fact("engine.calls", calls=[]) for _ in range(201)]
    engine.post(*facts, status=422)
