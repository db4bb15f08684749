"""The migrations make exactly what the models describe, on either store, and can be undone and done again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.orm import Session

from caredesk.conversations.models import Conversation, Visitor
from caredesk.core.db import is_modelled
from caredesk.core.store import Store
from caredesk.infra import schema
from caredesk.infra.schema import METADATA, is_current, migrate
from caredesk.queue.models import Queue


@pytest.fixture
def connection(database: Store) -> Iterator[Connection]:
    with database.engine.connect() as opened:
        yield opened


def differences(connection: Connection) -> list[Any]:
    """Return what a new migration would have to change."""
    options = {"compare_type": True, "compare_server_default": True, "render_as_batch": True}
    context = MigrationContext.configure(connection, opts={**options, "include_object": is_modelled})
    return list(compare_metadata(context, METADATA))


def test_a_migrated_database_has_the_models_schema(connection: Connection) -> None:
    assert differences(connection) == []
    assert is_current(connection)


def test_the_comparison_sees_what_is_missing(connection: Connection) -> None:
    with connection.begin_nested() if connection.in_transaction() else connection.begin():
        connection.exec_driver_sql("DROP TABLE draft")
        connection.exec_driver_sql("DROP INDEX ix_entry_created_at")
        assert {change[0] for change in differences(connection)} == {"add_table", "add_index"}
        connection.rollback()


def test_constraints_are_named_so_that_later_migrations_can_drop_them(connection: Connection) -> None:
    seen = inspect(connection)
    for table in METADATA.tables:
        # SQLite's counted keys stand in their column and have no name; keys are never dropped.
        constraints = [*seen.get_unique_constraints(table), *seen.get_foreign_keys(table)]
        constraints += seen.get_check_constraints(table)
        assert [found for found in constraints if not found["name"]] == [], table


def test_migrations_stand_in_one_line(connection: Connection) -> None:
    scripts = ScriptDirectory.from_config(schema._config(connection))
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1


def test_migrations_can_be_undone_and_done_again(database: Store) -> None:
    with database.engine.connect().execution_options(writes=True) as opened:
        command.downgrade(schema._config(opened), "base")
        assert set(inspect(opened).get_table_names()) <= {"alembic_version"}
        opened.commit()
    migrate(database)
    with database.engine.connect() as opened:
        assert differences(opened) == []


def test_a_desk_in_use_keeps_its_rows_when_tables_are_made_anew(database: Store) -> None:
    """SQLite changes a table by making it anew; what refers to it must neither vanish nor stand in the way."""
    at = datetime(2026, 11, 23, 2, tzinfo=UTC)
    with Session(database.engine.execution_options(writes=True)) as session:
        session.add(Queue(id="q", key="general", name="在线客服", name_en="Online", is_default=True, fixed_hours={}))
        session.add(Visitor(id="v", token_hash="t", created_at=at, last_seen_at=at))
        session.flush()
        session.add(Conversation(id="c", number="1", visitor_id="v", queue_id="q", created_at=at, flags=[]))
        session.commit()
    with database.engine.connect().execution_options(writes=True) as opened:
        if database.engine.dialect.name == "sqlite":
            schema._let_go_of_foreign_keys(opened)
        command.downgrade(schema._config(opened), "0004")
        opened.commit()
        opened.detach()
    migrate(database)
    with Session(database.engine) as session:
        assert session.get_one(Conversation, "c").queue_id == session.get_one(Queue, "q").id
    with database.engine.connect() as opened:
        if opened.dialect.name == "sqlite":
            assert opened.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_migrating_a_current_database_changes_nothing(database: Store) -> None:
    migrate(database)
    with database.engine.connect() as opened:
        assert is_current(opened) and differences(opened) == []
