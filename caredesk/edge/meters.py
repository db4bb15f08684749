"""What this process counts and times, as Prometheus wants it: base units, `_total` for what only grows.

Each desk has a registry of its own, so that two desks of one process (tests) do not count together. What rows know
already is not counted here: `caredesk/actions/metrics.py` reads it when it is asked for.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Metric,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from caredesk.core.doing import current
from caredesk.core.errors import CareDeskError
from caredesk.core.event import Event

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
WRITE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
JOB_SECONDS = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
LATE_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0)
STATEMENT_SECONDS = (0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0)
"""Upper ends of the buckets; each list covers from what is usual to what somebody is called for."""

Readings = Callable[[], Iterable[tuple[tuple[str, ...], float]]]
"""Values of a gauge by the values of its labels, read when somebody looks."""


class Meters:
    """All meters of one desk. Labels have few values: names from the code, never ids and never anybody's words."""

    def __init__(self) -> None:
        """Make every meter, so that each stands in the text before anything has happened."""
        disable_created_metrics()
        self.registry = registry = CollectorRegistry()
        self._http(registry)
        self._actions(registry)
        self._live(registry)
        self._work(registry)
        self._store(registry)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)

    def _http(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "caredesk_http_requests",
            "Requests by route template and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.request_seconds = Histogram(
            "caredesk_http_request_duration_seconds",
            "Time until an answer was ready.",
            ("method", "route"),
            buckets=REQUEST_SECONDS,
            registry=registry,
        )

        self.scans = Counter(
            "caredesk_scans", "Uploads shown to the malware scanner, by what it said.", ("fate",), registry=registry
        )
        self.sign_ins = Counter(
            "caredesk_sign_ins", "Steps of signing in, by what came of them.", ("outcome",), registry=registry
        )
        self.picture_bench = Gauge(
            "caredesk_picture_bench",
            "Pictures that are decoded or drawn in, and requests that wait for a place to do so.",
            ("state",),
            registry=registry,
        )

    def _actions(self, registry: CollectorRegistry) -> None:
        self.actions = Counter(
            "caredesk_actions",
            "Write transactions by where they came from, what they were and how they ended.",
            ("kind", "action", "outcome"),
            registry=registry,
        )
        self.action_seconds = Histogram(
            "caredesk_action_duration_seconds",
            "Time of a write transaction from its beginning to the end of its commit, without the wait for it.",
            ("kind",),
            buckets=WRITE_SECONDS,
            registry=registry,
        )
        self.commit_seconds = Histogram(
            "caredesk_commit_duration_seconds",
            "Time that the commit itself took.",
            ("kind",),
            buckets=WRITE_SECONDS,
            registry=registry,
        )
        self.turn_seconds = Histogram(
            "caredesk_writer_wait_seconds",
            "Time until a write transaction could begin: the gate of SQLite's one writer, or a connection.",
            buckets=WRITE_SECONDS,
            registry=registry,
        )

    def _live(self, registry: CollectorRegistry) -> None:
        self.events = Counter("caredesk_events_pushed", "Events handed to live screens.", ("type",), registry=registry)
        self.screens_opened = Counter(
            "caredesk_sockets_opened", "Screens that connected.", ("kind",), registry=registry
        )
        self.screens_refused = Counter(
            "caredesk_sockets_refused", "Connections refused, by the code they were told.", ("code",), registry=registry
        )
        self.screens_closed = Counter(
            "caredesk_sockets_closed", "Screens that left, by how.", ("kind", "reason"), registry=registry
        )
        self.slow_clients = Counter(
            "caredesk_slow_clients",
            "Screens sent away because they took their events too slowly; they come again with their cursor.",
            ("kind",),
            registry=registry,
        )
        self.socket_requests = Counter(
            "caredesk_socket_requests", "Requests over sockets.", ("request", "outcome"), registry=registry
        )
        self.posts_waiting = Gauge(
            "caredesk_posts_waiting", "Messages over sockets that wait for their transaction.", registry=registry
        )
        self.post_batches = Counter(
            "caredesk_post_batches", "Transactions that messages over sockets were begun in.", registry=registry
        )
        self.posts_refused = Counter(
            "caredesk_posts_refused",
            "Messages over sockets that were told to come again, because too many waited.",
            registry=registry,
        )
        self.push_backlog = Gauge(
            "caredesk_push_backlog", "Deliveries that wait for this process's screens.", registry=registry
        )

    def _work(self, registry: CollectorRegistry) -> None:
        self.jobs = Counter("caredesk_jobs", "Jobs run, by how they ended.", ("name", "outcome"), registry=registry)
        self.job_seconds = Histogram(
            "caredesk_job_duration_seconds", "Time of a job.", ("name",), buckets=JOB_SECONDS, registry=registry
        )
        self.job_late = Histogram(
            "caredesk_job_lateness_seconds",
            "Time from when a job was due until it was begun.",
            ("name",),
            buckets=LATE_SECONDS,
            registry=registry,
        )
        self.bot_turns = Counter("caredesk_bot_turns", "Turns of the bot.", ("outcome",), registry=registry)
        self.bot_seconds = Histogram(
            "caredesk_bot_turn_duration_seconds",
            "Time that the bot thought.",
            buckets=REQUEST_SECONDS,
            registry=registry,
        )
        self.posts = Counter(
            "caredesk_posts", "Post handed to a provider, by what became of it.", ("channel", "fate"), registry=registry
        )
        self.post_seconds = Histogram(
            "caredesk_post_duration_seconds",
            "Time that a provider took.",
            ("channel",),
            buckets=REQUEST_SECONDS,
            registry=registry,
        )
        self.hotline_facts = Counter(
            "caredesk_hotline_facts", "What telephone engines told, as it came.", ("engine", "fact"), registry=registry
        )
        self.hotline_commands = Counter(
            "caredesk_hotline_commands_done", "Commands that engines have carried out.", ("engine",), registry=registry
        )

    def _store(self, registry: CollectorRegistry) -> None:
        self.statements = Histogram(
            "caredesk_statement_duration_seconds",
            "Time of an SQL statement.",
            buckets=STATEMENT_SECONDS,
            registry=registry,
        )
        self.slow_statements = Counter(
            "caredesk_slow_statements",
            "Statements that took longer than the limit; the log has them.",
            ("kind", "action"),
            registry=registry,
        )
        self.database_up = Gauge("caredesk_database_up", "1 when the database answered this look.", registry=registry)

    # ---- what is timed ---------------------------------------------------------------------------------------

    @contextmanager
    def action(self) -> Iterator[ActionTimes]:
        """Time one write transaction and count how it ended; an expected refusal is no failure."""
        now, times, outcome = current(), ActionTimes(), "failed"
        try:
            yield times
            outcome = "done"
        except CareDeskError:
            outcome = "refused"
            raise
        finally:
            self.actions.labels(now.kind, now.deed, outcome).inc()
            if times.began:
                self.turn_seconds.observe(times.began - times.asked)
                self.action_seconds.labels(now.kind).observe(perf_counter() - times.began)
            if times.committed:
                self.commit_seconds.labels(now.kind).observe(times.committed - times.committing)

    def pushed(self, events: Sequence[Event]) -> None:
        """Count events that were handed to live screens."""
        for kind, number in Tally(event.type for event in events).items():
            self.events.labels(kind).inc(number)

    def ran(self, name: str, *, outcome: str, seconds: float, late: float) -> None:
        """Count a job that was run: how it ended, how long it took, how many seconds after its time it began."""
        self.jobs.labels(name, outcome).inc()
        self.job_seconds.labels(name).observe(seconds)
        self.job_late.labels(name).observe(max(0.0, late))

    def ran_along(self, name: str, *, jobs: int) -> None:
        """Count jobs that were done in the transaction of another one of their kind."""
        self.jobs.labels(name, "done").inc(jobs)

    def thought(self, outcome: str, *, seconds: float) -> None:
        """Count a turn of the bot."""
        self.bot_turns.labels(outcome).inc()
        self.bot_seconds.observe(seconds)

    @contextmanager
    def post(self, channel: str) -> Iterator[None]:
        """Time how long a provider takes."""
        started = perf_counter()
        try:
            yield
        finally:
            self.post_seconds.labels(channel).observe(perf_counter() - started)

    def watch(self, name: str, *, about: str, labels: tuple[str, ...], read: Readings) -> None:
        """Show a gauge whose values are read anew at each look."""
        self.registry.register(_Watched(name, about=about, labels=labels, read=read))


class ActionTimes:
    """The instants of one write transaction, in the process's own seconds; 0 where it did not come so far."""

    def __init__(self) -> None:
        """Begin with the wish for a transaction."""
        self.asked = perf_counter()
        self.began = self.committing = self.committed = 0.0

    def begin(self) -> None:
        """Note that the transaction has begun."""
        self.began = perf_counter()

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Time the commit."""
        self.committing = perf_counter()
        yield
        self.committed = perf_counter()


class _Watched(Collector):
    """A gauge that is read when it is looked at."""

    def __init__(self, name: str, *, about: str, labels: tuple[str, ...], read: Readings) -> None:
        self._name, self._about, self._labels, self._read = name, about, labels, read

    def describe(self) -> Iterator[Metric]:
        """Return the gauge without values, so that two of one name are noticed."""
        yield GaugeMetricFamily(self._name, self._about, labels=self._labels)

    def collect(self) -> Iterator[Metric]:
        """Return the gauge with what is read now."""
        family = GaugeMetricFamily(self._name, self._about, labels=self._labels)
        for values, reading in self._read():
            family.add_metric(values, reading)
        yield family
