"""What surrounds every request: its name and ids for the log, its time and status for the meters."""

from __future__ import annotations

import logging
from time import perf_counter

from flask import Flask, Response, g, request

from caredesk.core import doing
from caredesk.edge.errors import request_id
from caredesk.edge.meters import Meters
from caredesk.settings import Settings

log = logging.getLogger(__name__)

NO_ROUTE = "(none)"
"""Stands for addresses that lead nowhere: anybody can make up as many as they like."""


def register_requests(app: Flask, *, meters: Meters, settings: Settings) -> None:
    """Name, time and count every request of an application; before anything else that surrounds them."""

    def begin() -> None:
        g.began = perf_counter()
        values = request.view_args or {}
        doing.take_up(
            "http",
            request.endpoint or NO_ROUTE,
            request_id=request_id(),
            conversation_id=values.get("conversation_id"),
        )

    def finish(response: Response) -> Response:
        seconds = perf_counter() - g.began
        route = request.url_rule.rule if request.url_rule else NO_ROUTE
        method = _known(request.method)
        meters.requests.labels(method, route, str(response.status_code)).inc()
        meters.request_seconds.labels(method, route).observe(seconds)
        if settings.log_requests:
            told = {"method": method, "route": route, "status": response.status_code, "seconds": round(seconds, 4)}
            log.info("request", extra=told)
        return response

    app.before_request(begin)
    app.after_request(finish)
    app.teardown_request(lambda _fault: doing.lay_down())


def _known(method: str) -> str:
    # A client may invent methods; each would be a series of its own.
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "OTHER"
