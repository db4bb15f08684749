"""Rows in bulk: many at once into either store, past the unit of work, as only invented records may be written.

PostgreSQL takes them by `COPY`, which is about ten times as fast as inserting them; SQLite by one prepared statement.
People are sealed as the unit of work would seal them, each with a key of their own, but without asking for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import sql
from sqlalchemy import Column, Dialect, Table, insert
from sqlalchemy.orm import Session

from caredesk.core.data_keys import DataKey, about_key, ring_of
from caredesk.core.db import Base
from caredesk.core.ids import new_id
from caredesk.core.sealed import Held, HoldsPersonal, NamePiece, comparable, plan_of
from caredesk.core.sealing import new_data_key, wrap
from caredesk.core.store import Store

Row = Mapping[str, Any]
WORDS = "spoken_words%"
"""The indexes of the words that were said; made once over all rows they take a tenth of the time."""


def write_many(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Write rows that all name the same columns; what they leave out gets its default."""
    if session.get_bind().dialect.name != "postgresql":
        session.execute(insert(table), list(rows))
        return
    kept: Table = table.__table__  # type: ignore[assignment]
    connection = session.connection()
    columns = [column for column in kept.columns if column.key in rows[0] or column.default is not None]
    values = [_value_of(column, dialect=connection.dialect) for column in columns]
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(kept.name), names)
    driver = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[union-attr]
        for row in rows:
            copy.write_row([value(row) for value in values])


def _value_of(column: Column[Any], *, dialect: Dialect) -> Callable[[Row], object]:
    """Return how a column's value is read out of a row, in the form in which the store takes it."""
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)

    def value(row: Row) -> object:
        plain = row[column.key] if column.key in row else _default_of(column)
        return bind(plain) if bind is not None else plain

    return value


def _default_of(column: Column[Any]) -> object:
    default: Any = column.default
    return default.arg(None) if default.is_callable else default.arg


def write_people(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Write new people with sealed columns, their keys, and the pieces by which they are found."""
    plan, ring = plan_of(table), ring_of(session.get_bind().dialect)
    people, keys, pieces = list[Row](), list[Row](), list[Row]()
    for row in rows:
        person: Any = table(**row)
        holder, key, key_id = person.key_holder() if isinstance(person, HoldsPersonal) else "", new_data_key(), new_id()
        wrapped = wrap(key, master=ring.master, about=about_key(key_id, holder))
        keys.append({"id": key_id, "holder": holder, "master": ring.master.id, "wrapped": wrapped})
        sealed = {
            name: Held(row[name], row[kind.row], key_id, AESGCM(key))
            for name, kind in plan.sealed.items()
            if row.get(name)
        }
        indexes = {name: index.by(row.get(index.of, "")) for name, index in plan.indexes.items()}
        people.append({**row, **indexes, **sealed})
        for name in sealed:
            if (kind := plan.sealed[name]).pieces:
                tokens = sorted({ring.token(kind.place, piece) for piece in _pieces_of(row[name])})
                pieces += [{"place": kind.place, "token": token, "row_id": row[kind.row]} for token in tokens]
    for kept, many in ((DataKey, keys), (table, people), (NamePiece, pieces)):
        write_many(session, kept, many)


def _pieces_of(name: str) -> set[str]:
    letters = comparable(name)
    return set(letters) | {one + two for one, two in pairwise(letters)}


@contextmanager
def index_of_words_at_the_end(store: Store) -> Iterator[None]:
    """Fill PostgreSQL without the index of words, and make it over all rows, as the migration did."""
    if store.engine.dialect.name != "postgresql":
        yield
        return
    with store.engine.begin() as connection:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE %s"
        definitions = {str(row[0]): str(row[1]) for row in connection.exec_driver_sql(query, (WORDS,))}
        for name in definitions:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    with store.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
        for definition in definitions.values():
            connection.exec_driver_sql(definition)
