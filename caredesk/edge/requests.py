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


def register_requests(app: Flask, *, meters: Meters, traces: Traces, settings: Settings) -> None:
    """Name, time, trace and count every request of an application; before anything else that surrounds them."""

    def begin() -> None:
        g.began = perf_counter()
        values = request.view_args or {}
        doing.take_up(
            "http",
            request.endpoint or NO_ROUTE,
            request_id=request_id(),
            conversation_id=values.get("conversation_id"),
        )
        # It lasts from one hook to another, so that no block can hold it.
        g.trace = traces.span(
            f"{_known(request.method)} {_route()}",
            kind="server",
            attributes={
                "http.request.method": _known(request.method),
                "http.route": _route(),
                "caredesk.request_id": request_id(),
            },
            # Only a proxy of ours says to which trace a request belongs; a stranger's word is not taken for it.
            carrier=_carried() if settings.trusted_proxies else {},
        )
        g.span = g.trace.__enter__()

    def finish(response: Response) -> Response:
        seconds = perf_counter() - g.began
        route = _route()
        g.span.note("http.response.status_code", response.status_code)
        method = _known(request.method)
        meters.requests.labels(method, route, str(response.status_code)).inc()
        meters.request_seconds.labels(method, route).observe(seconds)
        if settings.log_requests:
            told = {"method": method, "route": route, "status": response.status_code, "seconds": round(seconds, 4)}
            log.info("request", extra=told)
        return response

    def leave(_fault: BaseException | None) -> None:
        if "trace" in g:
            g.pop("trace").__exit__(None, None, None)
        doing.lay_down()

    app.before_request(begin)
    app.after_request(finish)
    app.teardown_request(leave)


def _carried() -> dict[str, str]:
    return {name: request.headers[name] for name in ("traceparent", "tracestate") if name in request.headers}


def _route() -> str:
    return request.url_rule.rule if request.url_rule else NO_ROUTE


def _known(method: str) -> str:
    # A client may invent methods; each would be a series of its own.
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "OTHER"
