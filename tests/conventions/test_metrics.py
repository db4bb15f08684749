"""Metrics keep to Prometheus's conventions, the document tells of each, and nobody asks for one that is not there.

The conventions: https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import yaml

from caredesk.actions import metrics
from caredesk.actions.metrics import Figure
from caredesk.edge.meters import Meters
from caredesk.infra.lookout import Lookout
from caredesk.infra.statements import watch_statements
from tests.conventions.source import ROOT
from tests.fixtures.desk import DeskForTests

ROW = re.compile(r"^\| `(caredesk_[a-z_]+)` \| (counter|gauge|histogram) \| (.*?) \| .+ \|$", re.MULTILINE)
NAME = re.compile(r"\b(?:caredesk|process|python)_[a-z_]+\b")
OTHER_UNITS = ("_ms", "_milliseconds", "_minutes", "_hours", "_kilobytes", "_megabytes", "_percent")
TAKEN_LABELS = {"job", "instance", "le", "quantile"}
"""Prometheus sets these itself."""

DASHBOARD = ROOT / "deploy" / "grafana" / "caredesk.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"


@dataclass(frozen=True)
class Known:
    """A metric as it is shown: by the name under which it is asked for."""

    name: str
    kind: str
    labels: frozenset[str]
    about: str


@pytest.fixture
def known(desk: DeskForTests) -> dict[str, Known]:
    """Return every metric of a served desk: what its process counts, and what its rows say."""
    meters = Meters()
    watch_statements(desk.services.store, meters=meters, slow_seconds=1.0)
    meters.watch("caredesk_sockets", about="Screens that are connected.", labels=("kind",), read=list)
    Lookout(replace(desk.services, meters=meters), tell=lambda _event: None)
    with desk.read() as session:
        figures = metrics.list_figures(session, now=desk.clock.now())
    return {one.name: one for one in [*counted_by(meters), *map(told_by_rows, figures)]}


def counted_by(meters: Meters) -> Iterator[Known]:
    collectors = {id(one): one for one in meters.registry._names_to_collectors.values()}
    for collector in collectors.values():
        for metric in collector.describe():
            labels = getattr(collector, "_labelnames", None) or getattr(metric, "_labelnames", ())
            name = f"{metric.name}_total" if metric.type == "counter" else metric.name
            yield Known(name, metric.type, frozenset(labels), metric.documentation)


def told_by_rows(one: Figure) -> Known:
    name, kind = (f"{one.name}_total", "counter") if one.only_grows else (one.name, "gauge")
    return Known(name, kind, frozenset(one.labels), one.help)


def names_in(value: object) -> set[str]:
    """Return the metrics that an expression, or a whole document, asks for."""
    return set(NAME.findall(value if isinstance(value, str) else json.dumps(value)))


def unknown(names: set[str], *, known: dict[str, Known]) -> set[str]:
    """Return the names that no desk shows; a histogram is asked for by its buckets, its sum and its count."""
    shown = set(known)
    timed = [one.name for one in known.values() if one.kind == "histogram"]
    shown |= {f"{name}{end}" for name in timed for end in ("_bucket", "_sum", "_count")}
    return {name for name in names if name.startswith("caredesk_")} - shown


# ---- names -----------------------------------------------------------------------------------------------


def test_names_begin_with_the_desk_and_use_base_units(known: dict[str, Known]) -> None:
    assert len(known) > 40
    assert [name for name in known if not re.fullmatch(r"caredesk_[a-z]+(_[a-z]+)*", name)] == []
    assert [name for name in known if any(f"{unit}_" in f"{name}_" for unit in OTHER_UNITS)] == []


def test_only_what_grows_ends_in_total(known: dict[str, Known]) -> None:
    assert [one.name for one in known.values() if (one.kind == "counter") != one.name.endswith("_total")] == []


def test_what_is_timed_says_seconds(known: dict[str, Known]) -> None:
    assert [one.name for one in known.values() if one.kind == "histogram" and not one.name.endswith("_seconds")] == []


def test_labels_are_plain_and_none_is_prometheus_own(known: dict[str, Known]) -> None:
    labels = {label for one in known.values() for label in one.labels}
    assert labels & TAKEN_LABELS == set()
    assert [label for label in labels if not re.fullmatch(r"[a-z]+(_[a-z]+)*", label) or label.endswith("_id")] == []


def test_each_says_what_it_is_in_a_sentence(known: dict[str, Known]) -> None:
    assert [one.name for one in known.values() if not re.fullmatch(r"[A-Z0-9].*\.", one.about)] == []


# ---- the document ----------------------------------------------------------------------------------------


def test_the_document_lists_every_metric_with_its_kind_and_labels(known: dict[str, Known]) -> None:
    rows = ROW.findall((ROOT / "docs" / "metrics.md").read_text("utf-8"))
    told = {name: (kind, frozenset(re.findall(r"`([a-z_]+)`", labels))) for name, kind, labels in rows}
    assert told == {one.name: (one.kind, one.labels) for one in known.values()}


# ---- who watches -----------------------------------------------------------------------------------------


def test_every_metric_that_the_dashboard_asks_for_exists(known: dict[str, Known]) -> None:
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    asked = {target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])}
    assert len(asked) > 20
    assert unknown(names_in(" ".join(asked)), known=known) == set()


def test_the_dashboard_does_not_draw_two_panels_on_one_place() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    squares = [
        (x, y)
        for one in (panel["gridPos"] for panel in panels)
        for x in range(one["x"], one["x"] + one["w"])
        for y in range(one["y"], one["y"] + one["h"])
    ]
    assert len(squares) == len(set(squares))
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_metric_that_an_alert_asks_for_exists_and_each_says_what_to_do(known: dict[str, Known]) -> None:
    groups = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 10
    assert unknown(names_in([rule["expr"] for rule in rules]), known=known) == set()
    assert [rule["alert"] for rule in rules if set(rule["annotations"]) != {"summary", "summary_zh", "action"}] == []
    assert {rule["labels"]["severity"] for rule in rules} == {"page", "ticket"}


def test_the_rule_sees_a_metric_that_is_not_there(known: dict[str, Known]) -> None:
    asked = "rate(caredesk_jobs_total[5m]) > sum(caredesk_wishes_total) / caredesk_commit_duration_seconds_sum"
    assert unknown(names_in(asked), known=known) == {"caredesk_wishes_total"}
