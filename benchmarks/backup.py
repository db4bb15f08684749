"""How long backups take beside copying the same by hand, and what a parent who writes meanwhile notices of it.

Run `python -m benchmarks.backup [--quick] [--json] [--postgres] [--bucket]`. A desk with invented history and pictures
is backed up, checked, restored and drilled; the peer copies the same rows and files with what everybody has: SQLite's
own backup, or `pg_dump` with gzip, and a copy of the folder. Both run in turn, so that a ratio of them says more than
seconds of a busy machine. The peer's copy is neither sealed nor checked. `--bucket` sends it to rclone on this machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.history import Wish, make_history
from benchmarks.report import Target, quantile, show
from caredesk.actions import chat, visits
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import write
from caredesk.infra.backup.making import make_backup, verify_backup
from caredesk.infra.backup.places import Label
from caredesk.infra.backup.restoring import drill_backup, restore_backup
from caredesk.infra.backup.sealing import new_pair
from caredesk.infra.backup.source import Source
from caredesk.infra.backup.stores import PostgresRows
from caredesk.infra.profiles import build_services
from caredesk.infra.schema import migrate
from caredesk.settings import Settings
from tests.fixtures.backing import pg_tools
from tests.fixtures.database import PostgresDatabases
from tests.fixtures.storage import KEY_ID, SECRET, storing

MIB = 1024 * 1024
PICTURE = 400_000
"""Bytes of a picture; they do not shrink."""
EVERY = 0.05
"""Seconds between two messages of the parent who writes meanwhile."""
TARGETS = {
    "create_mib_per_second": Target(10, at_least=True),
    "verify_mib_per_second": Target(20, at_least=True),
    "restore_mib_per_second": Target(10, at_least=True),
    "create_to_peer": Target(8),
    "message_median_ratio": Target(2),
}
NOTES = [
    "MiB are of the database's file, or the dump as it is read, and of the files, before anything shrinks.",
    "restore_to_peer: the peer copies its files back and loads nothing; a restore checks, loads and migrates.",
    "message_…: a message every 50 ms by the process that makes the backup, while one is made and while none is.",
]


@dataclass(frozen=True)
class Scale:
    """How much is backed up, and how often."""

    messages: int
    pictures: int
    runs: int


@dataclass
class Bench:
    """A desk with something in it, and what its backups need."""

    services: Services
    source: Source
    secret: str
    folder: Path
    scratch: Iterator[int] = field(default_factory=count)

    def empty(self) -> Path:
        """Return an empty folder."""
        made = self.folder / f"scratch-{next(self.scratch)}"
        made.mkdir()
        return made


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite")
    parser.add_argument("--bucket", action="store_true", help="send backups to a storage on this machine")
    options = parser.parse_args()
    scale = Scale(8_000, 100, 3) if options.quick else Scale(100_000, 600, 3)
    with (
        tempfile.TemporaryDirectory(prefix="caredesk-backup-") as folder,
        desk(Path(folder), scale=scale, postgres=options.postgres, bucket=options.bucket) as bench,
    ):
        figures = measure(bench, runs=scale.runs)
    return show(figures, targets=TARGETS, notes=NOTES, as_json=options.json)


# ---- the desk --------------------------------------------------------------------------------------------


@contextmanager
def desk(folder: Path, *, scale: Scale, postgres: bool, bucket: bool) -> Iterator[Bench]:
    """Give a desk with history and pictures."""
    databases = PostgresDatabases() if postgres else None
    secret, public = new_pair()
    with place(folder, bucket=bucket) as kept:
        settings = Settings(
            data_dir=folder / "data",
            database_url=databases.make(folder) if databases else "",
            backup_key=public,
            backup_pg_tools=pg_tools("postgres" if postgres else "sqlite"),
            **kept,  # type: ignore[arg-type]
        )
        services = build_services(settings)
        migrate(services.store)
        make_history(services.store, Wish(messages=scale.messages))
        for number in range(scale.pictures):
            services.files.put(f"0190a0a0-0000-7000-8000-{number:012}", os.urandom(PICTURE))
        try:
            yield Bench(services, Source(settings), secret, folder)
        finally:
            services.store.engine.dispose()
            if databases:
                databases.close()


@contextmanager
def place(folder: Path, *, bucket: bool) -> Iterator[dict[str, object]]:
    """Give the settings of where backups go."""
    if not bucket:
        yield {"backup_folder": folder / "backups"}
        return
    buckets = folder / "buckets"
    (buckets / "backups").mkdir(parents=True)
    with storing(buckets) as port:
        yield {
            "backup_s3_url": f"http://127.0.0.1:{port}",
            "backup_s3_bucket": "backups",
            "backup_s3_key_id": KEY_ID,
            "backup_s3_key": SECRET,
            "backup_s3_reach": "loopback",
        }


# ---- measuring -------------------------------------------------------------------------------------------


def measure(bench: Bench, *, runs: int) -> dict[str, float]:
    """Return seconds and MiB a second of each step, and how it compares."""
    took: dict[str, list[float]] = {name: [] for name in ("create", "verify", "restore", "drill", "peer", "peer_back")}
    alone = latencies(bench, until=after(5.0))
    meanwhile: list[float] = []
    label, size = None, size_of(bench)
    for _ in range(runs):
        copy = bench.empty()
        took["peer"].append(seconds(lambda: copy_by_hand(bench, to=copy)))  # noqa: B023 (called at once)
        label = with_a_writer(bench, took["create"], meanwhile)
        took["peer_back"].append(seconds(lambda: shutil.copytree(copy, bench.empty() / "back")))  # noqa: B023
        for name, step in steps(bench, label).items():
            took[name].append(seconds(step))
    middle = {name: median(values) for name, values in took.items()}
    figures = {f"{name}_seconds": value for name, value in middle.items()}
    figures |= {f"{name}_mib_per_second": size / middle[name] for name in ("create", "verify", "restore", "drill")}
    return figures | {
        "desk_mib": size,
        "backup_mib": (label.size if label else 0) / MIB,
        "create_to_peer": middle["create"] / middle["peer"],
        "restore_to_peer": middle["restore"] / middle["peer_back"],
        "message_median_ms": median(alone),
        "message_p95_ms": quantile(alone, 0.95),
        "message_median_ms_meanwhile": median(meanwhile),
        "message_p95_ms_meanwhile": quantile(meanwhile, 0.95),
        "message_median_ratio": median(meanwhile) / median(alone),
        "messages_meanwhile": len(meanwhile),
    }


def steps(bench: Bench, label: Label) -> dict[str, Callable[[], object]]:
    """Return what is done with a backup, by name."""
    place, source, now = bench.source.place(), bench.source, bench.services.clock.now()
    name, secret = label.name, bench.secret
    clean = Source(source.settings.model_copy(update={"data_dir": bench.empty(), "database_url": ""}))
    done: dict[str, Callable[[], object]] = {
        "verify": lambda: verify_backup(place, name=name, secret=secret, now=now),
        "drill": lambda: drill_backup(source, place=place, name=name, secret=secret, scratch=bench.empty()),
    }
    if not isinstance(source.rows(), PostgresRows):
        return done | {"restore": lambda: restore_backup(clean, place=place, name=name, secret=secret, now=now)}
    return done | {"restore": lambda: restored_on_postgres(bench, label=label)}


def restored_on_postgres(bench: Bench, *, label: Label) -> None:
    """Restore into an empty database beside the desk's."""
    rows = bench.source.rows()
    assert isinstance(rows, PostgresRows)
    with rows.scratch("caredesk_bench") as empty:
        told = {"data_dir": bench.empty(), "database_url": empty.url}
        clean = Source(bench.source.settings.model_copy(update=told))
        now, place = bench.services.clock.now(), bench.source.place()
        restore_backup(clean, place=place, name=label.name, secret=bench.secret, now=now)


def with_a_writer(bench: Bench, took: list[float], meanwhile: list[float]) -> Label:
    """Make a backup while a parent writes; note how long both took."""
    ended = threading.Event()
    writer = threading.Thread(target=lambda: meanwhile.extend(latencies(bench, until=ended.is_set)))
    writer.start()
    began = time.perf_counter()
    try:
        return make_backup(bench.source, now=bench.services.clock.now())
    finally:
        took.append(time.perf_counter() - began)
        ended.set()
        writer.join()


def latencies(bench: Bench, *, until: Callable[[], bool]) -> list[float]:
    """Write as one parent until told to end; return how many milliseconds each message took to be stored."""
    with write(bench.services, actor=SYSTEM) as work:
        parent = visits.open_visit(work, visitor_id=None, external_id=None, language="zh").visitor.id
    took: list[float] = []
    for number in count():
        if until():
            return took
        began = time.perf_counter()
        with write(bench.services, actor=SYSTEM) as work:
            words = chat.Words(text="请问怎么退号")
            chat.post_message(work, visitor_id=parent, client_key=f"key-{number:08}", content=words, limit=2000)
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(EVERY)
    return took


def copy_by_hand(bench: Bench, *, to: Path) -> None:
    """Copy rows and files with what everybody has; what was written is on disk afterwards, as with a backup."""
    rows = bench.source.rows()
    if isinstance(rows, PostgresRows):
        program = shutil.which("pg_dump", path=str(bench.source.settings.backup_pg_tools))
        assert program is not None
        url = rows.url.replace("postgresql+psycopg", "postgresql")
        subprocess.run([program, "--compress=gzip:3", f"--file={to / 'rows.sql.gz'}", f"--dbname={url}"], check=True)
    else:
        file = bench.source.folder / "caredesk.db"
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to / "rows.db")) as copy:
            source.backup(copy)
    shutil.copytree(bench.source.folder, to / "data", ignore=shutil.ignore_patterns("caredesk.db*", ".backup*"))
    os.sync()


def size_of(bench: Bench) -> float:
    """Return MiB of the desk's rows and files."""
    files = sum(path.stat().st_size for path in bench.source.folder.rglob("*") if path.is_file())
    rows = bench.source.rows()
    if isinstance(rows, PostgresRows):
        with bench.services.store.reading() as session:
            files += session.connection().exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    return files / MIB


def after(wait: float) -> Callable[[], bool]:
    """Return what is true after some seconds."""
    end = time.perf_counter() + wait
    return lambda: time.perf_counter() > end


def seconds(step: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
