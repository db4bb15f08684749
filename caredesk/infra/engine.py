"""Makes the store for a database URL and teaches SQLite the manners the desk relies on."""

from __future__ import annotations

import sqlite3

import orjson
from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from caredesk.core.data_keys import give_ring
from caredesk.core.gate import WriterGate
from caredesk.core.sealing import PersonalSecrets
from caredesk.core.store import Store

SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")
"""FULL: an acknowledged message survives a power cut; WAL: readers never wait for the writer."""


POOL_SECONDS = 10
POSTGRES_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
"""Seconds, and milliseconds for the last (libpq's words): a server behind a dead network is noticed, not waited for."""


def open_store(url: str, *, secrets: PersonalSecrets | None = None) -> Store:
    """Return the store behind a SQLAlchemy URL; without secrets people's data in it stays sealed, and asking raises."""
    store = _store(url)
    if secrets is not None:
        give_ring(store.engine, secrets=secrets, reads=_apart(url))
    return store


def _apart(url: str) -> Engine:
    """Return what opens a connection for one question and closes it again; keys are looked up seldom."""
    if url.startswith("sqlite"):
        return _sqlite_engine(url, poolclass=NullPool)
    return _engine(url, poolclass=NullPool, connect_args=POSTGRES_PATIENCE)


def _store(url: str) -> Store:
    if url.startswith("sqlite"):
        return Store(_sqlite_engine(url, pool_size=20, max_overflow=20), gate=WriterGate())
    return Store(
        _engine(
            url,
            pool_size=20,
            max_overflow=10,
            pool_pre_ping=True,
            pool_timeout=POOL_SECONDS,
            connect_args=POSTGRES_PATIENCE,
        )
    )


def _engine(url: str, **options: object) -> Engine:
    # Parameters stay hidden in errors, because a logged error must not quote a patient.
    # The standard serializer would store Chinese as \\u escapes, which SQLite's JSON functions do not match.
    return create_engine(url, json_serializer=_dumps, json_deserializer=orjson.loads, hide_parameters=True, **options)


def _sqlite_engine(url: str, **options: object) -> Engine:
    engine = _engine(url, connect_args={"check_same_thread": False}, **options)
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
    # Python's driver would start transactions by itself, and only for some statements; we say when.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A plain BEGIN that writes later fails when another writer was faster; IMMEDIATE takes the lock at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()
