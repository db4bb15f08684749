"""The probes of a desk: database, its schema, the disk, the bot, Redis, the telephone engines."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from caredesk.actions.call_engines import DOWN_AFTER
from caredesk.core.clock import Clock
from caredesk.core.store import Store
from caredesk.edge.probes import PATIENCE_SECONDS, Probe, Probes
from caredesk.edge.services import BotSource
from caredesk.infra.schema import is_current, is_newer
from caredesk.settings import Settings
from caredesk.telephony import queries as telephony

LEAST_FREE_BYTES = 100_000_000
"""A disk with less is full for a desk: SQLite's log, pictures and recordings need room while somebody makes some."""

GIVEN_UP = timedelta(days=7)
"""An engine that has been silent for longer was taken away, and is missed by nobody."""

REDIS_SECONDS = 1.0


def probes_of(
    settings: Settings, *, store: Store, clock: Clock, bot: BotSource, patience: float = PATIENCE_SECONDS
) -> Probes:
    """Return what readiness looks at. Redis and telephone are not needed: without them the desk serves by itself."""
    probes = [
        Probe("database", needed=True, look=lambda: _database(store)),
        Probe("schema", needed=True, look=lambda: schema_problem(store)),
        Probe("bot", needed=True, look=lambda: "" if bot.is_loaded else "loading"),
        Probe("disk", needed=True, look=lambda: disk_problem(settings.data_dir)),
        Probe("release", needed=False, look=lambda: release_problem(store)),
        Probe("hotline", needed=False, look=lambda: hotline_problem(store, clock=clock)),
    ]
    if settings.redis_url:
        probes.append(Probe("redis", needed=False, look=redis_look(settings.redis_url)))
    return Probes(probes, patience=patience)


def _database(store: Store) -> str:
    with store.engine.connect() as connection:
        connection.execute(text("select 1 from conversation limit 1"))
    return ""


def schema_problem(store: Store) -> str:
    """Return an empty word when the database has what this version needs, else `not_at_head`."""
    with store.engine.connect() as connection:
        return "" if is_current(connection) or is_newer(connection) else "not_at_head"


def release_problem(store: Store) -> str:
    """Return `older_than_schema` while a newer version has migrated the database and this process is still to be
    restarted, else an empty word. A migration only adds, so that it serves until then.
    """
    with store.engine.connect() as connection:
        return "older_than_schema" if is_newer(connection) else ""


def disk_problem(folder: Path) -> str:
    """Return an empty word while there is room where the desk keeps its files, else `full`."""
    return "full" if shutil.disk_usage(folder).free < LEAST_FREE_BYTES else ""


def hotline_problem(store: Store, *, clock: Clock) -> str:
    """Return an empty word while every engine that has spoken here of late still speaks, or none has; else `silent`."""
    now = clock.now()
    with store.engine.connect() as connection:
        heard = telephony.list_last_heard(connection, since=now - GIVEN_UP)
    return "silent" if any(now - at > DOWN_AFTER for at in heard) else ""


def redis_look(url: str) -> Callable[[], str]:
    """Return a look at Redis that waits a second at most."""
    # Redis's client comes with the extra `scaled` only.
    import redis  # noqa: PLC0415

    client = redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)

    def look() -> str:
        try:
            client.ping()
        except redis.RedisError:
            return "no_answer"
        return ""

    return look
