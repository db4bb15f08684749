"""Watches what the desk asks its database: how long each statement takes, which are slow, how full the pool is."""

from __future__ import annotations

import logging
import re
from time import perf_counter

from sqlalchemy import Connection, QueuePool, event

from caredesk.core.doing import current
from caredesk.core.store import Store
from caredesk.edge.meters import Meters

log = logging.getLogger(__name__)

LONGEST_STATEMENT = 600
"""Characters of a statement that the log takes; its beginning says which one it is."""

_BLANKS = re.compile(r"\s+")
_STARTED = "caredesk_started"


def watch_statements(store: Store, *, meters: Meters, slow_seconds: float) -> None:
    """Time every statement of a store, and log those that take longer than `slow_seconds`; 0 logs none.

    The log gets the statement with its placeholders, never what stands in their place: parameters quote people.
    """
    Statements(meters, slow_seconds=slow_seconds).listen_to(store)
    pool = store.engine.pool
    if isinstance(pool, QueuePool):
        meters.watch(
            "caredesk_database_connections",
            about="Connections of this process's pool: in use, idle, and how many there may be.",
            labels=("state",),
            read=lambda: [
                (("in_use",), float(pool.checkedout())),
                (("idle",), float(pool.checkedin())),
                (("limit",), float(pool.size() + _overflow_of(pool))),
            ],
        )


class Statements:
    """Times statements by the engine's own events."""

    def __init__(self, meters: Meters, *, slow_seconds: float) -> None:
        """Take where to count and what is slow."""
        self._meters = meters
        self._slow = slow_seconds

    def listen_to(self, store: Store) -> None:
        """Begin to time what this store is asked; engines derived from its engine hear it, too."""
        event.listen(store.engine, "before_cursor_execute", self._begin)
        event.listen(store.engine, "after_cursor_execute", self._end)

    def _begin(self, connection: Connection, *_more: object) -> None:
        # One connection runs one statement at a time.
        connection.info[_STARTED] = perf_counter()

    def _end(self, connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        seconds = perf_counter() - connection.info.get(_STARTED, perf_counter())
        self._meters.statements.observe(seconds)
        if self._slow and seconds >= self._slow:
            self._note_slow(statement, seconds=seconds)

    def _note_slow(self, statement: str, *, seconds: float) -> None:
        now = current()
        self._meters.slow_statements.labels(now.kind, now.deed).inc()
        log.warning("slow_statement", extra={"statement": plain(statement), "seconds": round(seconds, 3)})


def plain(statement: str) -> str:
    """Return a statement on one line, not longer than a log wants it."""
    line = _BLANKS.sub(" ", statement).strip()
    return line if len(line) <= LONGEST_STATEMENT else f"{line[:LONGEST_STATEMENT]}…"


def _overflow_of(pool: QueuePool) -> int:
    return max(0, pool._max_overflow)  # noqa: SLF001 (SQLAlchemy tells it nowhere else)
