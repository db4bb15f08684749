"""The desk of the busy days: its agents, what it costs, and what stands in its database."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from caredesk.accounts.passwords import hash_password
from caredesk.accounts.schemas import NewStaff
from caredesk.actions.accounts import add_staff
from caredesk.cli.demo import load_demo_into
from caredesk.cli.desk import CLI_ACTOR
from caredesk.conversations.models import DeskOption
from caredesk.core.clock import clock_of
from caredesk.edge.transactions import write
from caredesk.infra.profiles import build_services
from caredesk.infra.schema import migrate
from caredesk.queue import queries as queue_queries
from caredesk.settings import Settings
from tests.browser.desk_process import DeskProcess

PASSWORD = "only-for-this-benchmark"
CAPACITY = 40
"""Chats of one agent at once; at ten times the pace of people they are as many as three or four."""


def make_staff(data_dir: Path, *, agents: int) -> None:
    """Make the demo hospital, and agents for all its queues who may have many chats at once."""
    services = build_services(Settings(data_dir=data_dir))
    migrate(services.store)
    load_demo_into(services)
    password_hash = hash_password(PASSWORD)
    with write(services, actor=CLI_ACTOR) as work:
        queues = queue_queries.list_queues(work.session)
        for kind in ("close_category", "close_outcome"):
            work.session.merge(DeskOption(kind=kind, key="other", zh="其他"))
        for number in range(agents):
            new = NewStaff(
                login=f"busy{number:02}",
                name=f"客服{number:02}",
                roles=("agent",),
                password_hash=password_hash,
                capacity=CAPACITY,
            )
            staff = add_staff(work, new=new)
            for queue in queues:
                queue_queries.set_skill(work.session, staff_id=staff.id, queue_id=queue.id, level=1)
    services.store.engine.dispose()


def split_cores(process: DeskProcess) -> None:
    """Give the server the first core and this process the others, where there are others."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1 and process.process is not None:
        for thread in Path(f"/proc/{process.process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {cores[0]})
        os.sched_setaffinity(0, set(cores[1:]))


def cpu_seconds(process: DeskProcess) -> float:
    """Return the processor time that the server has used so far, user and system."""
    pid = process.process.pid if process.process else 0
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def due_jobs(file: Path) -> int:
    """Return how many jobs of a running desk should have run more than a second ago."""
    now = clock_of(file.parents[1] / "clock.json").now()
    late = f"{now:%Y-%m-%d %H:%M:%S.%f}"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as database:
        query = "SELECT count(*) FROM job WHERE dead = 0 AND datetime(due_at, '+1 second') <= datetime(?)"
        return int(database.execute(query, (late,)).fetchone()[0])


def stored_messages(file: Path) -> dict[str, int]:
    """Return how often each client key stands on a timeline; raise when the numbers of one have a gap."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        gaps = database.execute(
            "SELECT count(*) FROM (SELECT conversation_id FROM entry GROUP BY conversation_id "
            "HAVING max(staff_seq) <> count(*))"
        ).fetchone()[0]
        if gaps:
            raise RuntimeError(f"{gaps} timelines have gaps")
        found = database.execute("SELECT client_key, count(*) FROM entry WHERE client_key <> '' GROUP BY client_key")
        return {str(key): int(count) for key, count in found}
