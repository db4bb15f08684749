"""Traces by OpenTelemetry, sent over OTLP/HTTP. Its packages come with the extra `traces` and are imported here only.

Names of attributes follow OpenTelemetry's semantic conventions; https://opentelemetry.io/docs/specs/semconv/.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event

from caredesk import __version__
from caredesk.core.errors import CareDeskError
from caredesk.core.store import Store
from caredesk.edge.traces import Kind, NoTraces, Traces, Value
from caredesk.infra.statements import plain
from caredesk.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span as OtelSpan

log = logging.getLogger(__name__)

STANDARD = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""What OpenTelemetry's own exporter reads."""

_OPEN = "caredesk_span"


def open_traces(settings: Settings, *, store: Store) -> Traces:
    """Return where traces go: nowhere, unless a collector is set and the packages are there."""
    if not settings.otlp_endpoint and not any(os.environ.get(name) for name in STANDARD):
        return NoTraces()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        # A desk without traces is better than none.
        log.error("traces are wanted, but their packages are missing: pip install 'caredesk[traces]'")
        return NoTraces()
    exporter = OTLPSpanExporter(endpoint=_address(settings.otlp_endpoint))
    return trace_to(BatchSpanProcessor(exporter), node=settings.node, store=store)


def trace_to(processor: SpanProcessor, *, node: str, store: Store) -> OtelTraces:
    """Return traces that go to a processor, with the statements of a store among them."""
    traces = OtelTraces(processor, node=node)
    _StatementSpans(traces).listen_to(store)
    return traces


def _address(endpoint: str) -> str | None:
    """Return where traces are posted; an address without a path is a collector's, as in the standard settings."""
    if not endpoint:
        return None
    base = endpoint.rstrip("/")
    return base if "/" in base.partition("://")[2] else f"{base}/v1/traces"


class OtelTraces:
    """Spans of a provider of our own, never the global one: two desks of one process do not mix."""

    def __init__(self, processor: SpanProcessor, *, node: str) -> None:
        """Take where ended spans go."""
        from opentelemetry import trace  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        told = {"service.name": "caredesk", "service.version": __version__, "service.instance.id": node}
        self.provider = TracerProvider(resource=Resource.create(told))
        self.provider.add_span_processor(processor)
        self.tracer = self.provider.get_tracer("caredesk", __version__)
        self._propagator = TraceContextTextMapPropagator()
        self._kinds = {
            "server": trace.SpanKind.SERVER,
            "consumer": trace.SpanKind.CONSUMER,
            "internal": trace.SpanKind.INTERNAL,
        }

    @contextmanager
    def span(
        self, name: str, *, kind: Kind, attributes: Mapping[str, Value], carrier: Mapping[str, str] | None = None
    ) -> Iterator[_Span]:
        """Open a span; a fault is noted by its class only, for messages may quote people."""
        context = self._propagator.extract(carrier) if carrier is not None else None
        with self.tracer.start_as_current_span(
            name,
            context=context,
            kind=self._kinds[kind],
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as opened:
            span = _Span(opened)
            try:
                yield span
            except CareDeskError as refusal:
                span.note("caredesk.refused", refusal.code)
                raise
            except Exception as fault:
                span.fail(type(fault).__name__)
                raise

    def flush(self) -> None:
        """Send what has ended."""
        self.provider.force_flush()


class _Span:
    def __init__(self, opened: OtelSpan) -> None:
        self._opened = opened

    def note(self, name: str, value: Value) -> None:
        self._opened.set_attribute(name, value)
        if name == "http.response.status_code" and int(value) >= 500:
            self.fail(str(value))

    def fail(self, kind: str) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        self._opened.set_attribute("error.type", kind)
        self._opened.set_status(StatusCode.ERROR)


class _StatementSpans:
    """A span for each SQL statement, with its placeholders and never with what stands in their place."""

    def __init__(self, traces: OtelTraces) -> None:
        self._tracer = traces.tracer

    def listen_to(self, store: Store) -> None:
        event.listen(store.engine, "before_cursor_execute", self._begin)
        event.listen(store.engine, "after_cursor_execute", self._end)
        event.listen(store.engine, "handle_error", self._fail)

    def _begin(self, connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415

        told = plain(statement)
        verb = told.partition(" ")[0].upper()[:20]
        attributes = {"db.system.name": connection.dialect.name, "db.operation.name": verb, "db.query.text": told}
        connection.info[_OPEN] = self._tracer.start_span(verb, kind=SpanKind.CLIENT, attributes=attributes)

    def _end(self, connection: Connection, *_more: object) -> None:
        span = connection.info.pop(_OPEN, None)
        if span is not None:
            span.end()

    def _fail(self, context: Any) -> None:  # noqa: ANN401 (SQLAlchemy's own)
        if context.connection is None:
            return
        span = context.connection.info.pop(_OPEN, None)
        if span is not None:
            _Span(span).fail(type(context.original_exception).__name__)
            span.end()
