"""Traces tell what was done in which order, and nothing of whom it was about."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from caredesk.application import create_app
from caredesk.core.store import Store
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.services import Services
from caredesk.edge.traces import NoTraces, Traces
from caredesk.infra import profiles, tracing
from caredesk.infra.runner import Runner
from caredesk.settings import Settings
from tests.fixtures.desk import DeskForTests, with_settings
from tests.fixtures.records import bearer
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import on_stage

pytest.importorskip("opentelemetry.sdk", reason="the extra `traces` is not installed")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

MARK = "孩子发烧q7xtraced"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def services(services: Services, spans: InMemorySpanExporter) -> Services:
    """A desk whose spans are kept in memory."""
    traces = tracing.trace_to(SimpleSpanProcessor(spans), node="test", store=services.store)
    return replace(services, traces=traces)


def post_words(desk: DeskForTests, client: FlaskClient, **headers: str) -> str:
    token = desk.visit().token
    body = {"client_key": desk.key(), "body": {"kind": "text", "text": MARK}}
    response = client.post("/api/chat/messages", json=body, headers={**bearer(token), **headers})
    assert response.status_code == 200
    return str(response.headers["X-Request-Id"])


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def told(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


# ---- what they tell --------------------------------------------------------------------------------------


def test_a_request_holds_its_action_and_the_action_its_statements(
    desk: DeskForTests, client: FlaskClient, spans: InMemorySpanExporter
) -> None:
    request_id = post_words(desk, client)
    [request] = named(spans, "POST /api/chat/messages")
    assert told(request) == {
        "http.request.method": "POST",
        "http.route": "/api/chat/messages",
        "http.response.status_code": 200,
        "caredesk.request_id": request_id,
    }
    [action] = [span for span in named(spans, "action") if told(span)["caredesk.action"] == "chat.post_message"]
    assert action.parent is not None and action.parent.span_id == request.context.span_id
    inserts = [span for span in named(spans, "INSERT") if span.parent and span.parent.span_id == action.context.span_id]
    assert inserts
    assert all(told(span)["db.query.text"].startswith("INSERT INTO") for span in inserts)


def test_a_job_is_a_trace_of_its_own(desk: DeskForTests, spans: InMemorySpanExporter) -> None:
    desk.add_queue()
    desk.say(desk.visit().visitor.id, MARK)
    desk.run_jobs()
    [job] = named(spans, "job answer_message")
    assert told(job) == {"caredesk.job": "answer_message", "caredesk.outcome": "done"}
    assert job.parent is None


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter) -> None:
    """Desks that are begun now keep their spans in memory."""

    def open_traces(_settings: Settings, *, store: Store) -> Traces:
        return tracing.trace_to(SimpleSpanProcessor(spans), node="test", store=store)

    monkeypatch.setattr(profiles, "open_traces", open_traces)


@pytest.mark.usefixtures("quick_hashing", "traced")
def test_what_comes_by_socket_has_a_span_and_what_is_committed_together_a_trace(
    live: LiveDesk, spans: InMemorySpanExporter
) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, *_ = await stage.served()
            spans.clear()
            await visitor.say(MARK)

    play(scene())
    [asked] = named(spans, "socket post")
    assert told(asked) == {"caredesk.request": "post", "caredesk.outcome": "done"}
    [together] = named(spans, "posts")
    assert told(together) == {"caredesk.posts": 1}
    assert asked.parent is None and together.parent is None
    [action] = [span for span in named(spans, "action") if told(span)["caredesk.action"] == "post"]
    assert action.parent is not None and action.parent.span_id == together.context.span_id
    assert "q7xtraced" not in "".join(span.to_json() for span in spans.get_finished_spans())


def test_no_attribute_holds_words_or_says_who_it_was(
    desk: DeskForTests, client: FlaskClient, spans: InMemorySpanExporter
) -> None:
    visitor, agent, _conversation = desk.served_conversation()
    post_words(desk, client)
    client.get(f"/api/made-up/{MARK}?q={MARK}")
    desk.run_jobs()
    everything = " ".join(span.to_json() for span in spans.get_finished_spans())
    assert len(spans.get_finished_spans()) > 50
    assert "q7xtraced" not in everything
    assert visitor not in everything and agent not in everything


def test_a_fault_is_told_by_its_kind_and_not_by_its_words(services: Services, spans: InMemorySpanExporter) -> None:
    with pytest.raises(ZeroDivisionError), services.traces.span("action", kind="internal", attributes={}):
        raise ZeroDivisionError(MARK)
    [span] = named(spans, "action")
    assert (span.status.status_code, told(span)) == (StatusCode.ERROR, {"error.type": "ZeroDivisionError"})
    assert span.events == ()


def test_a_statement_that_fails_ends_its_span(services: Services, spans: InMemorySpanExporter) -> None:
    with pytest.raises((OperationalError, ProgrammingError)), services.store.engine.connect() as connection:
        connection.execute(text("select :said from no_such_table"), {"said": MARK})
    [failed] = [span for span in named(spans, "SELECT") if span.status.status_code is StatusCode.ERROR]
    assert "no_such_table" in told(failed)["db.query.text"]
    assert "q7xtraced" not in failed.to_json()


@pytest.mark.parametrize(("proxies", "follows"), [(1, True), (0, False)])
def test_only_a_proxy_of_ours_says_to_which_trace_a_request_belongs(
    services: Services, spans: InMemorySpanExporter, proxies: int, follows: bool
) -> None:
    app = create_app(with_settings(services, trusted_proxies=proxies))
    app.test_client().get("/healthz", headers={"traceparent": PARENT})
    [request] = named(spans, "GET /healthz")
    assert (f"{request.context.trace_id:032x}" in PARENT) is follows


# ---- where they go ---------------------------------------------------------------------------------------


class Collector(BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    posted: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        self.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        return None


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Return the address of a collector on this machine, and what it was sent."""
    handler = type("Collecting", (Collector,), {"posted": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler.posted
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_collector_gets_them_over_otlp(desk: DeskForTests, collector: tuple[str, list[tuple[str, bytes]]]) -> None:
    address, posted = collector
    settings = desk.services.settings.model_copy(update={"otlp_endpoint": address, "node": "web-1"})
    traces = tracing.open_traces(settings, store=desk.services.store)
    assert isinstance(traces, tracing.OtelTraces)
    desk.say(desk.visit().visitor.id, MARK)
    Runner(replace(desk.services, traces=traces), kinds=JOB_KINDS).run_due()
    traces.provider.shutdown()
    sent = [ExportTraceServiceRequest.FromString(body) for path, body in posted if path == "/v1/traces"]
    groups = [group for one in sent for group in one.resource_spans]
    names = {span.name for group in groups for scope in group.scope_spans for span in scope.spans}
    resource = {one.key: one.value.string_value for one in groups[0].resource.attributes}
    assert "job answer_message" in names and "INSERT" in names
    assert (resource["service.name"], resource["service.instance.id"]) == ("caredesk", "web-1")
    assert not any(b"q7xtraced" in body for _, body in posted)


def test_without_a_collector_there_are_none(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tracing.STANDARD:
        monkeypatch.delenv(name, raising=False)
    assert isinstance(tracing.open_traces(services.settings, store=services.store), NoTraces)


@pytest.mark.parametrize("name", tracing.STANDARD)
def test_the_standard_variables_are_enough(services: Services, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    traces = tracing.open_traces(services.settings, store=services.store)
    assert isinstance(traces, tracing.OtelTraces)
    traces.provider.shutdown()


def test_a_desk_whose_packages_are_missing_says_so_and_runs(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    settings = services.settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:1"})
    assert isinstance(tracing.open_traces(settings, store=services.store), NoTraces)
    assert "caredesk[traces]" in caplog.text


@pytest.mark.parametrize(
    ("given", "posted"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("https://collector/", "https://collector/v1/traces"),
        ("https://collector/otlp/v1/traces", "https://collector/otlp/v1/traces"),
        ("", None),
    ],
)
def test_an_address_without_a_path_is_a_collectors(given: str, posted: str | None) -> None:
    assert tracing._address(given) == posted
