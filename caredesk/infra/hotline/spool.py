"""What an engine has told the desk and the desk has not taken yet, and which commands were carried out: on disk.

Both survive either side's restart. A command is written down before it is carried out, so that one that the desk
repeats after a crash (click to call, say) does not ring anybody twice.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

Fact = Mapping[str, Any]

KEPT_COMMANDS = 20_000
"""So many carried-out commands are remembered; the desk repeats one for seconds, never for days."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS commands (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE);
"""


class Spool:
    """Keeps facts in order until they are taken, and the ids of commands. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open the spool's file, made when it is not there, readable by the owner only."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # WAL with NORMAL survives the death of the process; after a power cut there is no call left to tell of.
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=NORMAL")
        self._rows.executescript(_SCHEMA)

    def add(self, facts: Iterable[Fact]) -> None:
        """Keep facts until `drop`; one that is known by its id is kept once."""
        rows = [(fact["id"], orjson.dumps(fact)) for fact in facts]
        with self._lock:
            self._rows.execute("BEGIN IMMEDIATE")
            self._rows.executemany("INSERT OR IGNORE INTO facts (id, body) VALUES (?, ?)", rows)
            self._rows.execute("COMMIT")

    def waiting(self, *, most: int) -> list[Fact]:
        """Return facts that nobody has taken, oldest first."""
        with self._lock:
            rows = self._rows.execute("SELECT body FROM facts ORDER BY n LIMIT ?", (most,)).fetchall()
        return [orjson.loads(body) for (body,) in rows]

    def drop(self, ids: Iterable[str]) -> None:
        """Forget facts that the desk has taken."""
        with self._lock:
            self._rows.execute("BEGIN IMMEDIATE")
            self._rows.executemany("DELETE FROM facts WHERE id = ?", [(one,) for one in ids])
            self._rows.execute("COMMIT")

    def claim(self, command_id: str) -> bool:
        """Write down that a command is carried out now; False when it was before."""
        with self._lock:
            won = self._rows.execute("INSERT OR IGNORE INTO commands (id) VALUES (?)", (command_id,)).rowcount == 1
            if won:
                self._rows.execute(
                    "DELETE FROM commands WHERE n <= (SELECT max(n) FROM commands) - ?", (KEPT_COMMANDS,)
                )
        return won

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._rows.close()
