"""A peer to measure beside the desk: the chat that one builds first, on both stores (`peers/stock_chat.py`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.realtime_desk import end, start_on_first_core, wait_for
from tests.browser.desk_process import free_port
from tests.fixtures.database import PostgresDatabases


@contextmanager
def serve_stock(folder: Path, *, store: str) -> Iterator[tuple[str, int]]:
    """Serve it on `sqlite` or `postgres` until the block ends, and give its address and process."""
    home = folder / f"stock-{store}"
    home.mkdir()
    with ExitStack() as stack:
        url = f"sqlite:///{home / 'stock.db'}"
        if store == "postgres":
            databases = PostgresDatabases()
            stack.callback(databases.close)
            url = databases.make_empty()
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.peers.stock_chat", str(port), url]
        process = start_on_first_core(command, more=dict(os.environ))
        stack.callback(end, process)
        wait_for(f"http://127.0.0.1:{port}/up")
        yield f"http://127.0.0.1:{port}", process.pid
