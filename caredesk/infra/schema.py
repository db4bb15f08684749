"""The whole schema in one place, and how a database is brought to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func

# Importing the modules registers their rows with the one metadata.
import caredesk.accounts.access_models
import caredesk.accounts.models
import caredesk.assistance.broadcast_models
import caredesk.assistance.call_up_models
import caredesk.assistance.models
import caredesk.assistance.outlook_models
import caredesk.audit.models
import caredesk.clinic.models
import caredesk.continuity.models
import caredesk.conversations.models
import caredesk.core.data_keys
import caredesk.core.lease
import caredesk.core.outbox
import caredesk.core.sealed
import caredesk.evidence.models
import caredesk.floor.models
import caredesk.guardrails.models
import caredesk.knowledge_base.feedback_models
import caredesk.knowledge_base.graph_models
import caredesk.knowledge_base.models
import caredesk.knowledge_base.review_models
import caredesk.patients.models
import caredesk.queue.models
import caredesk.retention.models
import caredesk.sandbox.models
import caredesk.staffing.models
import caredesk.telephony.callback_models
import caredesk.telephony.cloud_models
import caredesk.telephony.menu_models
import caredesk.telephony.models
import caredesk.telephony.recording_models  # noqa: F401
from caredesk.core.db import Base
from caredesk.core.store import Store

METADATA = Base.metadata
MIGRATING = 0x63617265
"""The number of PostgreSQL's lock under which one process at a time migrates."""

MIGRATIONS = Path(__file__).parents[1] / "migrations"


class SchemaTooNew(Exception):
    """A newer version has migrated the database; who runs goes on, and nobody of this version begins."""


def migrate(store: Store) -> None:
    """Bring a database to the newest schema, in one transaction."""
    _known()
    engine = store.engine
    with store.gate.turn(), engine.connect().execution_options(writes=True) as connection:
        if engine.dialect.name == "sqlite":
            _let_go_of_foreign_keys(connection)
        else:
            # Several processes may start at once; the second finds the first one's work done.
            connection.execute(func.pg_advisory_xact_lock(MIGRATING))
        if is_newer(connection):
            raise SchemaTooNew
        command.upgrade(_config(connection), "head")
        connection.commit()
        if engine.dialect.name == "sqlite":
            connection.detach()


def _let_go_of_foreign_keys(connection: Connection) -> None:
    """Switch foreign keys off for this connection alone.

    Batch mode drops and renames tables; with foreign keys on, that deletes child rows or fails. The switch does nothing
    within a transaction, so it goes past the engine, which would begin one.
    """
    driver = connection.connection.dbapi_connection
    if driver is not None:
        driver.cursor().execute("PRAGMA foreign_keys=OFF")


def make_revision(store: Store, *, message: str, number: str) -> None:
    """Write a migration for what the models have and the database has not; for developers."""
    with store.engine.connect() as connection:
        command.revision(_config(connection), message=message, rev_id=number, autogenerate=True)


def is_current(connection: Connection) -> bool:
    """Tell whether a database is at the newest schema."""
    return _heads_of(connection) == _known().newest


def is_newer(connection: Connection) -> bool:
    """Tell whether a newer version has migrated a database; a migration takes nothing from the version before."""
    heads = _heads_of(connection)
    return bool(heads) and not any(map(knows, heads))


def knows(revision: str) -> bool:
    """Tell whether a revision is one of this version's; another comes from a newer version."""
    return revision in _known().all


def _heads_of(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


@dataclass(frozen=True)
class _Known:
    newest: frozenset[str]
    all: frozenset[str]


@cache
def _known() -> _Known:
    """Return the schemas of this version, read once: readiness asks every few seconds, and beneath a process that runs
    a newer version may be installed.
    """
    scripts = ScriptDirectory(str(MIGRATIONS))
    return _Known(frozenset(scripts.get_heads()), frozenset(one.revision for one in scripts.walk_revisions()))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
