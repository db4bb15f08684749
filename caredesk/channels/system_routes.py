"""What machines ask: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from flask import Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from caredesk.actions import metrics
from caredesk.actions.metrics import Figure
from caredesk.edge.guards import open_to_all, staff_or_loopback
from caredesk.edge.probes import Dependency
from caredesk.edge.respond import answer, current_services
from caredesk.edge.services import Services
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.transactions import read

TAG = Tag(name="system", description="Liveness, readiness and metrics.")
api = APIBlueprint("system", __name__, abp_tags=[TAG])


class Health(BaseModel):
    """The process answers."""

    ok: bool


class Readiness(BaseModel):
    """Which of the things the desk works with are there; it is ready while all that it needs are."""

    ready: bool
    database: bool
    bot: bool
    checks: list[Dependency]


@api.get("/healthz", responses={200: Health})
@open_to_all(reason="load balancers and supervisors ask without credentials; it tells nothing")
def get_health() -> ResponseReturnValue:
    """The process is alive."""
    return answer(Health(ok=True))


@api.get("/livez", responses={200: Health})
@open_to_all(reason="Kubernetes and its like ask by this name, without credentials; it tells nothing")
def get_liveness() -> ResponseReturnValue:
    """The process is alive: the same under its other usual name. It looks at nothing outside of it."""
    return answer(Health(ok=True))


@api.get("/readyz", responses={200: Readiness, 503: Readiness})
@open_to_all(reason="load balancers ask without credentials; it tells no figures")
def get_readiness() -> ResponseReturnValue:
    """The desk can serve: what it needs is there. Each thing is named with its problem and the time of the look."""
    seen = current_services().probes.look()
    ok = {one.name: one.ok for one in seen}
    ready = all(one.ok for one in seen if one.needed)
    shown = Readiness(ready=ready, database=ok.get("database", True), bot=ok.get("bot", True), checks=seen)
    return answer(shown, status=200 if ready else 503)


@api.get("/api/openapi.json", doc_ui=False)
@open_to_all(reason="describes routes and shapes to programmers; holds no data")
def get_contract() -> ResponseReturnValue:
    """The contract of the API as OpenAPI."""
    return jsonify(cast(OpenAPI, current_app).api_doc)


@api.get("/metrics")
@staff_or_loopback
def get_metrics() -> ResponseReturnValue:
    """Figures in the Prometheus text format: what this process has counted, then what the rows say."""
    services = current_services()
    registry = CollectorRegistry()
    registry.register(_Figures(_figures(services)))
    text = generate_latest(services.meters.registry) + generate_latest(registry)
    return Response(text, mimetype=CONTENT_TYPE_LATEST)


def _figures(services: Services) -> Sequence[Figure]:
    """Return what the rows say; without a database nothing, so that the rest can still be read."""
    try:
        with read(services) as session:
            figures = metrics.list_figures(session, now=services.clock.now())
    except (SQLAlchemyError, StoreUnavailable):
        services.meters.database_up.set(0)
        return []
    services.meters.database_up.set(1)
    return figures


class _Figures(Collector):
    """The figures of one look in the form of the text's writer."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Return each figure with its values."""
        for figure in self._figures:
            family = CounterMetricFamily if figure.only_grows else GaugeMetricFamily
            made = family(figure.name, figure.help, labels=figure.labels)
            for labels, value in figure.values:
                made.add_metric(labels, value)
            yield made
