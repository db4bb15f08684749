"""Peers to measure beside the desk on both stores: the chat that one builds first, and the least that can be done."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.realtime_desk import end, start_on_first_core, wait_for
from tests.browser.desk_process import free_port
from tests.fixtures.database import PostgresDatabases

CHATS = ("stock", "bare")
"""Each is a program of its name, `peers/{name}_chat.py`."""


@contextmanager
def serve_chat(folder: Path, *, chat: str, store: str) -> Iterator[tuple[str, int]]:
    """Serve one on `sqlite` or `postgres` until the block ends, and give its address and process."""
    home = folder / f"{chat}-{store}"
    home.mkdir()
    with ExitStack() as stack:
        url = f"sqlite:///{home / 'chat.db'}"
        if store == "postgres":
            databases = PostgresDatabases()
            stack.callback(databases.close)
            url = databases.make_empty()
        port = free_port()
        command = [sys.executable, "-m", f"benchmarks.peers.{chat}_chat", str(port), url]
        process = start_on_first_core(command, more=dict(os.environ))
        stack.callback(end, process)
        wait_for(f"http://127.0.0.1:{port}/up")
        yield f"http://127.0.0.1:{port}", process.pid
