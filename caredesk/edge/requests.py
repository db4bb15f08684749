"""What surrounds every request: its name and ids for the log, its time and status for meters and traces."""

from __future__ import annotations

import logging
from time import perf_counter

from flask import Flask, Response, g, request

from caredesk.core import doing
from caredesk.edge.errors import request_id
from caredesk.edge.meters import Meters
from caredesk.edge.traces import Traces
from caredesk.settings import Settings

log = logging.getLogger(__name__)

NO_ROUTE = "(none)"
"""Stands for addresses that lead nowhere: anybody can make up as many as they like."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def register_requests(app: Flask, *, meters: Meters, traces: Traces, settings: Settings) -> None:
    """Name, time, trace and count every request of an application; before anything else that surrounds them."""
    around = _Around(meters, traces=traces, settings=settings)
    app.before_request(around.begin)
    app.after_request(around.finish)
    app.teardown_request(around.leave)


class _Around:
    """What is done before and after every request; between the hooks it is kept in Flask's `g`."""

    def __init__(self, meters: Meters, *, traces: Traces, settings: Settings) -> None:
        self._meters = meters
        self._traces = traces
        self._logs = settings.log_requests
        # Only a proxy of ours says to which trace a request belongs; a stranger's word is not taken for it.
        self._is_told_traces = settings.trusted_proxies > 0

    def begin(self) -> None:
        g.began = perf_counter()
        conversation_id = (request.view_args or {}).get("conversation_id")
        doing.take_up("http", request.endpoint or NO_ROUTE, request_id=request_id(), conversation_id=conversation_id)
        method, route = _method(), _route()
        told = {"http.request.method": method, "http.route": route, "caredesk.request_id": request_id()}
        carrier = _carried() if self._is_told_traces else {}
        # It lasts from one hook to another, so that no block can hold it.
        g.trace = self._traces.span(f"{method} {route}", kind="server", attributes=told, carrier=carrier)
        g.span = g.trace.__enter__()

    def finish(self, response: Response) -> Response:
        seconds = perf_counter() - g.began
        method, route = _method(), _route()
        g.span.note("http.response.status_code", response.status_code)
        self._meters.requests.labels(method, route, str(response.status_code)).inc()
        self._meters.request_seconds.labels(method, route).observe(seconds)
        if self._logs:
            told = {"method": method, "route": route, "status": response.status_code, "seconds": round(seconds, 4)}
            log.info("request", extra=told)
        return response

    def leave(self, _fault: BaseException | None) -> None:
        if "trace" in g:
            g.pop("trace").__exit__(None, None, None)
        doing.lay_down()


def _carried() -> dict[str, str]:
    return {name: request.headers[name] for name in ("traceparent", "tracestate") if name in request.headers}


def _route() -> str:
    return request.url_rule.rule if request.url_rule else NO_ROUTE


def _method() -> str:
    # A client may invent methods; each would be a series of its own.
    return request.method if request.method in METHODS else "OTHER"
