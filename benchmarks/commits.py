"""How many transactions a second can enter the one chain of the audit, by how many write at the same time.

Run `python -m benchmarks.commits [--quick] [--json] [--postgres]`. Every transaction attests one deed and does nothing
else, so nobody waits for anybody but at the chain's head, which is taken last and held until the commit is on disk.
Where more writers bring no more transactions, the head is the limit (docs/scaling.md argues from it).
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import Target, quantile, show
from caredesk.core.deed import Deed
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import write
from caredesk.infra.profiles import build_services
from caredesk.infra.schema import migrate
from caredesk.settings import Settings
from tests.fixtures.database import PostgresDatabases

WRITERS = (1, 2, 4, 8, 16)
TARGETS = {"most_per_second": Target(100, at_least=True)}
NOTES = [
    "Threads of one process write, each with a connection of its own. SQLite lets one write at a time anyway.",
    "p99 is of the whole transaction: what it waits for the head, too.",
]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _desk(Path(folder), postgres=options.postgres) as services:
        figures = measure(services, seconds=2.0 if options.quick else 8.0)
    return show(figures, targets=TARGETS, notes=NOTES, as_json=options.json)


@contextmanager
def _desk(folder: Path, *, postgres: bool) -> Iterator[Services]:
    databases = PostgresDatabases() if postgres else None
    url = databases.make(folder) if databases else ""
    services = build_services(Settings(data_dir=folder / "data", database_url=url))
    migrate(services.store)
    try:
        yield services
    finally:
        services.store.engine.dispose()
        if databases:
            databases.close()


def measure(services: Services, *, seconds: float) -> dict[str, float]:
    """Return transactions a second and how long one took, for each number of writers."""
    figures: dict[str, float] = {}
    for writers in WRITERS:
        took = _write_together(services, writers=writers, seconds=seconds)
        figures[f"per_second_with_{writers}"] = len(took) / seconds
        figures[f"p99_ms_with_{writers}"] = quantile(took, 0.99)
    return figures | {"most_per_second": max(figures[f"per_second_with_{writers}"] for writers in WRITERS)}


def _write_together(services: Services, *, writers: int, seconds: float) -> list[float]:
    took: list[float] = []
    until = time.perf_counter() + seconds

    def write_on(number: int) -> None:
        while (began := time.perf_counter()) < until:
            with write(services, actor=SYSTEM) as work:
                work.attest(Deed("benchmark.written", subject=f"writer:{number}"))
            took.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=write_on, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


if __name__ == "__main__":
    raise SystemExit(main())
