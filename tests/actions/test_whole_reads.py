"""The guard against reading growing tables whole sees them, and lets by what goes by an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.fixtures.desk import DeskForTests
from tests.fixtures.whole_reads import MAY, Reader

ASKER = "caredesk.somewhere:somebody"


@pytest.fixture
def connection(desk: DeskForTests, store: str) -> Iterator[Connection]:
    """A connection to a desk on SQLite."""
    if store != "sqlite":
        pytest.skip("PostgreSQL's plans depend on what is in the tables")
    with desk.services.store.engine.connect() as connection:
        yield connection


def seen_in(connection: Connection, statement: str, *parameters: Any, who: str = ASKER) -> list[str]:
    """Return what a guard sees that has seen nothing before."""
    reader = Reader()
    reader.look(connection, statement, parameters, who=who)
    return reader.take()


def test_a_table_that_grows_is_seen_when_it_is_read_whole(connection: Connection) -> None:
    (seen,) = seen_in(connection, "SELECT id FROM entry WHERE text = ?", "x")

    assert seen.startswith(f"{ASKER} reads entry whole: SCAN entry")


def test_it_is_seen_under_another_name_and_in_the_order_of_an_index(connection: Connection) -> None:
    (seen,) = seen_in(connection, "SELECT told.id FROM entry AS told WHERE told.text = ? ORDER BY told.created_at", "x")

    assert f"{ASKER} reads entry whole: SCAN told USING INDEX ix_entry_created_at" in seen


def test_many_pairs_in_a_list_are_seen(connection: Connection) -> None:
    pairs = "SELECT id FROM entry WHERE (sender, client_key) IN (VALUES (?, ?), (?, ?))"

    assert len(seen_in(connection, pairs, "a", "1", "b", "2")) == 1


def test_what_is_found_by_an_index_is_let_by(connection: Connection) -> None:
    assert seen_in(connection, "SELECT id FROM entry WHERE conversation_id = ?", "c") == []


def test_an_index_of_some_rows_may_be_read_whole(connection: Connection) -> None:
    assert seen_in(connection, "SELECT id FROM alert WHERE ended_at IS NULL ORDER BY raised_at DESC, id DESC") == []


def test_a_table_that_stays_small_may_be_read_whole(connection: Connection) -> None:
    assert seen_in(connection, "SELECT id FROM queue") == []


def test_who_has_a_reason_is_let_by(connection: Connection) -> None:
    assert seen_in(connection, "SELECT id FROM entry", who=next(iter(MAY))) == []
