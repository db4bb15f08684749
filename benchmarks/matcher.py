"""The matcher alone: how soon who became free is asked, and how that grows with the line and with the agents.

Run `python -m benchmarks.matcher [--quick] [--json] [--plot FILE]`. A real desk on each store, its line filled in bulk.
*Time to offer* runs from the commit that frees an agent to the commit of the offer, through the job's row and the
runner, one offer at a time. *Offers a second* is how fast a whole shift of free agents is filled from the same line.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from benchmarks.growth_plot import Line, draw_growth
from benchmarks.report import Target, machine, quantile, show
from caredesk.accounts.models import Connection, Presence, Staff
from caredesk.actions import matching
from caredesk.actions.match_asking import ask_for_match
from caredesk.conversations.models import Conversation, Visitor
from caredesk.core.db import Base
from caredesk.core.outbox import JobRow
from caredesk.core.work import SYSTEM, Work
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.infra.profiles import build_services
from caredesk.infra.quiet import NoJobs, NoPush
from caredesk.infra.runner import Runner
from caredesk.infra.schema import migrate
from caredesk.queue.models import AgentSkill, Offer, Queue
from caredesk.settings import Settings
from tests.fixtures.database import PostgresDatabases

QUEUE = "q"
CAPACITY = 5
TARGETS = {
    "sqlite_15_agents_200_waiting_offer_p99_ms": Target(1000),
    "postgres_15_agents_10000_waiting_offers_per_s": Target(200, at_least=True),
    "postgres_15_agents_growth_100_to_largest": Target(3),
    "sqlite_15_agents_growth_100_to_largest": Target(3),
}


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    waiting: tuple[int, ...]
    agents: tuple[int, ...]
    offers: int


FULL = Size((10, 100, 200, 1_000, 10_000, 100_000), (15, 150, 1_500), 100)
QUICK = Size((10, 200, 10_000), (15, 150), 15)


class Bench:
    """One store with a line that can be made longer or shorter, and agents who can be made free."""

    def __init__(self, services: Services, *, size: Size) -> None:
        self.services = services
        self.size = size
        self.runner = Runner(services, kinds=JOB_KINDS)
        self._fill()

    def _fill(self) -> None:
        with write(self.services, actor=SYSTEM) as work:
            now, session = work.now, work.session
            hours = {"windows": [{"opens": "00:00", "closes": "24:00"}]}
            session.add(Queue(id=QUEUE, key="general", name="咨询", fixed_hours=hours, is_default=True))
            session.flush()
            ids = [f"s{n:05d}" for n in range(max(self.size.agents))]
            _insert(work, Staff, [{"id": i, "login": i, "name": i, "password_hash": "!", "roles": ["agent"],
                                   "created_at": now} for i in ids])  # fmt: skip
            _insert(work, Presence, [{"staff_id": i, "state": "ready", "since": now, "idle_since": now,
                                      "capacity": CAPACITY, "load": CAPACITY} for i in ids])  # fmt: skip
            _insert(work, Connection, [{"sid": i, "node": "b", "staff_id": i, "opened_at": now} for i in ids])
            ids = [f"c{n:07d}" for n in range(max(self.size.waiting))]
            _insert(work, Visitor, [{"id": i, "token_hash": i, "created_at": now, "last_seen_at": now} for i in ids])
            began = now - timedelta(hours=1)
            rows = [_waiting(i, at=began + timedelta(milliseconds=20 * n)) for n, i in enumerate(ids)]
            _insert(work, Conversation, rows)

    def set_up(self, *, agents: int, waiting: int) -> None:
        """Let so many agents serve the queue, all of them full, and so many wait."""
        with write(self.services, actor=SYSTEM) as work:
            for table in (Offer, AgentSkill, JobRow):
                work.session.execute(delete(table))
            ids = work.session.scalars(select(Staff.id).order_by(Staff.id).limit(agents))
            _insert(work, AgentSkill, [{"staff_id": i, "queue_id": QUEUE, "level": 1} for i in ids])
            last = f"c{waiting:07d}"
            line = update(Conversation)
            work.session.execute(line.values(status="bot").where(Conversation.id >= last))
            work.session.execute(line.values(status="waiting").where(Conversation.id < last))
            work.session.execute(update(Presence).values(load=CAPACITY, state="ready"))
        if self.services.store.engine.dialect.name == "postgresql":
            with self.services.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")

    def time_to_offer(self, *, agents: int) -> list[float]:
        """Free one place after the other; return the seconds until each is offered something."""
        found = []
        for number in range(self.size.offers):
            with write(self.services, actor=SYSTEM) as work:
                who = f"s{number % agents:05d}"
                work.session.execute(
                    update(Presence).where(Presence.staff_id == who).values(load=CAPACITY - 1, idle_since=work.now)
                )
                ask_for_match(work, queue_id=QUEUE, trigger="capacity_freed")
            began = time.perf_counter()
            while self._offers() == 0:
                if not self.runner.run_due():
                    raise RuntimeError("nothing was offered")
            found.append(time.perf_counter() - began)
            self._answer_all()
        return found

    def fill_shift(self, *, agents: int, waiting: int) -> float:
        """Let every agent be free and match until nobody is; return the offers a second."""
        with write(self.services, actor=SYSTEM) as work:
            ids = select(AgentSkill.staff_id)
            work.session.execute(update(Presence).where(Presence.staff_id.in_(ids)).values(load=0))
        wanted = min(agents * CAPACITY, waiting, 20 * self.size.offers)
        began = time.perf_counter()
        made = 0
        while made < wanted:
            with write(self.services, actor=SYSTEM) as work:
                matching.match_queue(work, queue_id=QUEUE, trigger="capacity_freed")
            made = self._offers()
        spent = time.perf_counter() - began
        self._answer_all()
        return made / spent

    def _offers(self) -> int:
        with read(self.services) as session:
            return session.scalar(select(func.count()).where(Offer.state == "pending")) or 0

    def _answer_all(self) -> None:
        """Have every offer declined long ago by nobody, so that the line stays as long as it was."""
        with write(self.services, actor=SYSTEM) as work:
            work.session.execute(delete(Offer))
            work.session.execute(delete(JobRow))
            work.session.execute(update(Presence).values(load=CAPACITY))


def _waiting(id_: str, *, at: datetime) -> dict[str, Any]:
    return {"id": id_, "number": id_, "visitor_id": id_, "queue_id": QUEUE, "arrived_at": at, "created_at": at}


def _insert(work: Work, table: type[Base], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 5_000):
        work.session.execute(insert(table), rows[start : start + 5_000])


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/caredesk.db"


@contextmanager
def _postgres() -> Iterator[str]:
    server = PostgresDatabases()
    try:
        yield server.make(Path())
    finally:
        server.close()


STORES: dict[str, Callable[[], Any]] = {"sqlite": _sqlite, "postgres": _postgres}


def measure(size: Size, *, stores: Sequence[str]) -> tuple[dict[str, float], list[Line]]:
    """Return the figures by name, and a line of the plot for each store and number of agents."""
    figures: dict[str, float] = {}
    lines: list[Line] = []
    for store in stores:
        with STORES[store]() as url, tempfile.TemporaryDirectory() as folder:
            settings = Settings(data_dir=Path(folder), database_url=url)
            services = build_services(settings, push=NoPush(), jobs=NoJobs())
            migrate(services.store)
            bench = Bench(services, size=size)
            lines += [_measure_agents(bench, figures, store=store, agents=agents) for agents in size.agents]
            services.store.engine.dispose()
    return figures, lines


def _measure_agents(bench: Bench, figures: dict[str, float], *, store: str, agents: int) -> Line:
    points = []
    for waiting in bench.size.waiting:
        bench.set_up(agents=agents, waiting=waiting)
        times = bench.time_to_offer(agents=agents)
        name = f"{store}_{agents}_agents_{waiting}_waiting"
        figures[f"{name}_offer_p50_ms"] = quantile(times, 0.5) * 1000
        figures[f"{name}_offer_p99_ms"] = quantile(times, 0.99) * 1000
        figures[f"{name}_offers_per_s"] = bench.fill_shift(agents=agents, waiting=waiting)
        points.append((float(waiting), quantile(times, 0.5) * 1000))
    at_hundred = next(time for waiting, time in points if waiting >= 100)
    figures[f"{store}_{agents}_agents_growth_100_to_largest"] = points[-1][1] / at_hundred
    return Line(f"{store}, {agents} agents", points)


def main() -> int:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sizes, at most a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--plot", type=Path, help="draw the growth into this SVG file")
    parser.add_argument("--store", choices=tuple(STORES), action="append", help="measure only this store")
    chosen = parser.parse_args()
    figures, lines = measure(QUICK if chosen.quick else FULL, stores=chosen.store or tuple(STORES))
    if chosen.plot:
        chosen.plot.write_text(draw_growth(lines, over="conversations that wait", on=machine()), encoding="utf-8")
    notes = ["Growth: the median time to offer before the longest line over that before a line of a hundred or more."]
    return show(figures, targets=TARGETS, notes=notes, as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
