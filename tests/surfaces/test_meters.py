"""What a desk counts and times while it works, and what `/metrics` shows of it."""

from __future__ import annotations

import logging
import socket
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from caredesk.application import create_app
from caredesk.conversations.errors import NotRatable
from caredesk.core.clock import FixedClock
from caredesk.core.doing import doing
from caredesk.core.ports import Handed, OutgoingMessage
from caredesk.edge.call_up_jobs import hand_to
from caredesk.edge.meters import Meters
from caredesk.edge.services import HookSecrets, Services
from caredesk.infra.engine import open_store
from caredesk.infra.metrics_door import open_metrics_door
from caredesk.infra.statements import LONGEST_STATEMENT, plain, watch_statements
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import NAME, SECRET, FakeEngine
from tests.fixtures.records import bearer

Reading = Callable[..., float]


@dataclass
class Provider:
    """A provider of messages that answers as it is told."""

    fate: str = "taken"
    is_play: bool = False
    sent: list[OutgoingMessage] = field(default_factory=list)

    def hand_over(self, message: OutgoingMessage) -> Handed:
        self.sent.append(message)
        return Handed("taken" if self.fate == "taken" else "later")


@pytest.fixture
def shown(client: FlaskClient) -> Reading:
    """Return what `/metrics` shows of a metric with these labels; 0 when it does not stand there."""

    def read(metric: str, /, **labels: str) -> float:
        families = text_string_to_metric_families(client.get("/metrics").text)
        found = [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == metric and labels.items() <= sample.labels.items()
        ]
        return sum(found)

    return read


# ---- requests --------------------------------------------------------------------------------------------


def test_requests_are_counted_by_template_and_status_and_timed(client: FlaskClient, shown: Reading) -> None:
    for conversation in ("one", "another"):
        client.post(f"/api/chat/conversations/{conversation}/rating", json={"score": 1})
    route = "/api/chat/conversations/<conversation_id>/rating"
    assert shown("caredesk_http_requests_total", route=route, method="POST", status="401") == 2
    assert shown("caredesk_http_request_duration_seconds_count", route=route) == 2
    assert shown("caredesk_http_request_duration_seconds_sum", route=route) > 0


def test_addresses_and_methods_that_a_client_makes_up_are_one_series(client: FlaskClient, shown: Reading) -> None:
    for number in range(5):
        client.get(f"/api/made-up/{number}")
        client.open("/healthz", method=f"MADE{number}UP")
    assert shown("caredesk_http_requests_total", route="(none)", status="404") == 5
    assert shown("caredesk_http_requests_total", method="OTHER", status="405") == 5


def test_the_figures_of_the_process_stand_beside(client: FlaskClient) -> None:
    told = client.get("/metrics").text
    assert "process_resident_memory_bytes" in told and "python_info" in told
    assert "_created" not in told


# ---- actions ---------------------------------------------------------------------------------------------


def test_an_action_is_counted_by_its_view_with_its_commit(
    desk: DeskForTests, client: FlaskClient, shown: Reading
) -> None:
    token = desk.visit().token
    assert token is not None
    body = {"client_key": desk.key(), "body": {"kind": "text", "text": "您好"}}
    assert client.post("/api/chat/messages", json=body, headers=bearer(token)).status_code == 200
    assert shown("caredesk_actions_total", kind="http", action="chat.post_message", outcome="done") == 1
    assert shown("caredesk_commit_duration_seconds_count", kind="http") == 1
    assert shown("caredesk_action_duration_seconds_sum", kind="http") > 0
    assert shown("caredesk_writer_wait_seconds_count") >= 1
    assert shown("caredesk_events_pushed_total", type="message.created") == 1


def test_a_refusal_is_no_failure_and_neither_commits(desk: DeskForTests, shown: Reading) -> None:
    with pytest.raises(NotRatable), doing("job", "rate"), desk.write():
        raise NotRatable
    with pytest.raises(ZeroDivisionError), doing("job", "rate"), desk.write():
        raise ZeroDivisionError
    assert shown("caredesk_actions_total", kind="job", action="rate", outcome="refused") == 1
    assert shown("caredesk_actions_total", kind="job", action="rate", outcome="failed") == 1
    assert shown("caredesk_commit_duration_seconds_count", kind="job") == 0


# ---- jobs, bot, post, hotline ----------------------------------------------------------------------------


def test_jobs_are_counted_timed_and_known_to_be_late(desk: DeskForTests, clock: FixedClock, shown: Reading) -> None:
    desk.say(desk.visit().visitor.id)
    clock.advance(seconds=7)
    desk.run_jobs()
    assert shown("caredesk_jobs_total", name="answer_message", outcome="done") == 1
    assert shown("caredesk_job_duration_seconds_count", name="answer_message") == 1
    assert shown("caredesk_job_lateness_seconds_sum", name="answer_message") == 7
    assert shown("caredesk_bot_turns_total") == 1
    assert shown("caredesk_bot_turn_duration_seconds_count") == 1


def test_a_job_that_fails_until_it_is_given_up_is_counted_as_both(
    desk: DeskForTests, clock: FixedClock, shown: Reading
) -> None:
    with desk.write() as work:
        work.enqueue("answer_message", {"broken": True})
    while desk.run_jobs():
        clock.advance(minutes=10)
    assert shown("caredesk_jobs_total", name="answer_message", outcome="failed") == 7
    assert shown("caredesk_jobs_total", name="answer_message", outcome="dead") == 1
    assert shown("caredesk_jobs_dead") == 1


@pytest.mark.parametrize("fate", ["taken", "later"])
def test_post_is_counted_by_what_became_of_it(services: Services, fate: str) -> None:
    desk = replace(services, sms=Provider(fate))
    message = OutgoingMessage("r-1", "13800001111", "call_up", {})
    assert hand_to(desk, "sms", message=message, is_demo=False).fate == fate
    count = desk.meters.registry.get_sample_value
    assert count("caredesk_posts_total", {"channel": "sms", "fate": fate}) == 1
    assert count("caredesk_post_duration_seconds_count", {"channel": "sms"}) == 1


def test_what_engines_tell_is_counted_by_its_kind(desk: DeskForTests, services: Services) -> None:
    client = create_app(replace(services, hooks=HookSecrets(hotline=SECRET))).test_client()
    FakeEngine(desk, client).start()
    count = services.meters.registry.get_sample_value
    assert count("caredesk_hotline_facts_total", {"engine": NAME, "fact": "engine.started"}) == 1
    assert f'caredesk_hotline_silence_seconds{{engine="{NAME}"}} 0.0' in client.get("/metrics").text


# ---- the database ----------------------------------------------------------------------------------------


def test_without_a_database_the_process_still_tells_of_itself(services: Services, tmp_path: Path) -> None:
    away = replace(services, store=open_store(f"sqlite:///{tmp_path}/no/such/folder.db"))
    response = create_app(away).test_client().get("/metrics")
    assert response.status_code == 200
    assert "caredesk_database_up 0.0" in response.text and "caredesk_queue_open" not in response.text


def test_a_slow_statement_is_logged_without_its_parameters_and_counted(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    meters = Meters()
    # Every statement takes longer than this.
    watch_statements(services.store, meters=meters, slow_seconds=1e-12)
    with doing("job", "match_queue"), services.store.engine.connect() as connection:
        connection.execute(text("select :said,\n   1"), {"said": "孩子发烧三天"})
    noted = [vars(one) for one in caplog.records if one.message == "slow_statement"]
    assert noted[-1]["levelno"] == logging.WARNING
    assert noted[-1]["statement"].startswith("select ") and noted[-1]["statement"].endswith(", 1")
    assert noted[-1]["seconds"] >= 0
    assert "孩子发烧三天" not in str(noted)
    count = meters.registry.get_sample_value
    # SQLite's BEGIN is a statement of its own.
    assert count("caredesk_slow_statements_total", {"kind": "job", "action": "match_queue"}) == len(noted)
    assert count("caredesk_statement_duration_seconds_count") == len(noted)


def test_quick_statements_are_not_logged(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    for seconds in (0.0, 1e9):
        watch_statements(services.store, meters=Meters(), slow_seconds=seconds)
    with services.store.engine.connect() as connection:
        connection.execute(text("select 1"))
    assert [one for one in caplog.records if one.message == "slow_statement"] == []


def test_a_long_statement_is_cut() -> None:
    assert plain(" select  1,\n\t2 ") == "select 1, 2"
    assert len(plain("x" * 10_000)) == LONGEST_STATEMENT + 1


def test_connections_of_the_pool_are_told(services: Services) -> None:
    meters = Meters()
    watch_statements(services.store, meters=meters, slow_seconds=0)
    count = meters.registry.get_sample_value
    with services.store.engine.connect():
        assert count("caredesk_database_connections", {"state": "in_use"}) == 1
    assert count("caredesk_database_connections", {"state": "in_use"}) == 0
    assert count("caredesk_database_connections", {"state": "limit"}) >= 30


# ---- processes without pages -----------------------------------------------------------------------------


def shown_at(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return str(answer.read().decode())


def told_by_door(meters: Meters) -> str:
    """Return what is shown on a port that was free a moment ago; nothing when somebody was faster."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with open_metrics_door(meters, port=port):
        try:
            return shown_at(port)
        except (OSError, ValueError):
            return ""


def test_a_worker_shows_what_it_counts_on_a_port_of_its_own() -> None:
    meters = Meters()
    meters.ran("match_queue", outcome="done", seconds=0.1, late=0.2)
    counted = 'caredesk_jobs_total{name="match_queue",outcome="done"} 1.0'
    assert any(counted in told_by_door(meters) for _ in range(20))


def test_without_a_port_it_shows_none_and_with_a_taken_one_it_works_on(caplog: pytest.LogCaptureFixture) -> None:
    with open_metrics_door(Meters(), port=0):
        pass
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with open_metrics_door(Meters(), port=other.getsockname()[1]):
            pass
    assert "metrics_not_shown" in caplog.text
