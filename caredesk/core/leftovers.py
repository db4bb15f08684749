"""What deleted and changed rows leave behind in a database's files, and how it goes."""

from __future__ import annotations

from contextlib import closing

from caredesk.core.store import Store


def wipe_leftovers(store: Store) -> None:
    """Write SQLite's file anew, so that nothing of what was erased can be read in its free space or its log.

    Writers wait for it about as long as copying the file takes. PostgreSQL does the same by itself, with autovacuum.
    """
    if store.engine.dialect.name != "sqlite":
        return
    with (
        store.gate.turn(),
        closing(store.engine.raw_connection()) as connection,
        closing(connection.cursor()) as cursor,
    ):
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
