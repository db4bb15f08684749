"""Database and Redis: do they answer, is the schema this version's, and does a commit survive a power cut?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from caredesk.core.clock import SystemClock
from caredesk.core.store import Store
from caredesk.infra.audit_role import rights_too_many
from caredesk.infra.checkup.finding import Finding, bad, ok, warn
from caredesk.infra.checkup.machine import clock_finding
from caredesk.infra.engine import open_store
from caredesk.infra.probes import redis_look
from caredesk.infra.profiles import database_file, database_url
from caredesk.infra.schema import is_current, knows
from caredesk.settings import Settings

CONNECT_SECONDS = "5"


def is_sqlite(settings: Settings) -> bool:
    """Tell whether the rows are in a file."""
    return database_url(settings).startswith("sqlite")


def open_patiently(settings: Settings) -> Store | None:
    """Return the store of the settings, which waits for a database's answer for seconds only; None for a bad URL."""
    try:
        url = make_url(database_url(settings))
        if url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query:
            url = url.update_query_dict({"connect_timeout": CONNECT_SECONDS})
        return open_store(url.render_as_string(hide_password=False))
    except (SQLAlchemyError, ImportError, ValueError):
        return None


def check_database(settings: Settings, *, store: Store) -> Iterator[Finding]:
    """Does the database answer, at this version's schema, and keep what it has acknowledged?"""
    where = store.engine.url.render_as_string(hide_password=True)
    # SQLite would make the file that is looked for.
    if not settings.database_url and not database_file(settings).exists():
        yield bad("database", "database.missing", where=where)
        return
    if not settings.database_url:
        journal = _journal(database_file(settings))
        yield journal
        if journal.verdict == "bad":
            # To open it as the desk does would change it.
            return
    try:
        with store.engine.connect() as connection:
            yield ok("database", "database.answers", where=where)
            yield _schema(connection)
            if connection.dialect.name == "postgresql":
                yield from _check_postgres(connection)
                if is_current(connection):
                    yield _audit_apart(connection)
    except SQLAlchemyError as fault:
        yield bad("database", "database.away", where=where, fault=type(fault).__name__)


def _schema(connection: Connection) -> Finding:
    heads = MigrationContext.configure(connection).get_current_heads()
    if not heads:
        return bad("schema", "schema.empty")
    told = ", ".join(heads)
    if is_current(connection):
        return ok("schema", "schema.newest", version=told)
    return bad("schema", "schema.old" if all(map(knows, heads)) else "schema.newer", version=told)


def _journal(file: Path) -> Finding:
    # Past our own engine, which would set the mode that it asks for.
    opened = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
    try:
        mode = str(opened.execute("pragma journal_mode").fetchone()[0])
    except sqlite3.Error as fault:
        return bad("journal", "journal.unreadable", fault=type(fault).__name__)
    finally:
        opened.close()
    return ok("journal", "journal.wal") if mode == "wal" else bad("journal", "journal.other", mode=mode)


def _check_postgres(connection: Connection) -> Iterator[Finding]:
    shown = {name: str(connection.scalar(text(f"show {name}"))) for name in ("fsync", "synchronous_commit")}
    off = [name for name, value in shown.items() if value == "off"]
    yield bad("journal", "journal.unsafe", names=", ".join(off)) if off else ok("journal", "journal.safe")
    there = connection.scalar(text("select extract(epoch from clock_timestamp())"))
    ahead = (SystemClock().now() - datetime.fromtimestamp(float(there or 0), UTC)).total_seconds()
    yield clock_finding(ahead, whose="PostgreSQL")


def _audit_apart(connection: Connection) -> Finding:
    found = rights_too_many(connection)
    return warn("audit", "audit.not_apart", rights=", ".join(found[:3])) if found else ok("audit", "audit.apart")


def check_redis(settings: Settings) -> Iterator[Finding]:
    """Does Redis answer, where there is one?"""
    if not settings.redis_url:
        return
    try:
        look = redis_look(settings.redis_url)
    except ImportError:
        yield bad("redis", "redis.no_client")
        return
    except ValueError:
        yield bad("redis", "redis.bad_url")
        return
    yield bad("redis", "redis.away") if look() else ok("redis", "redis.answers")
