"""Declarative base and portable column types: the same rows on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import JSON, DateTime, Dialect, Index, MetaData, String, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from caredesk.core.ids import ID_LENGTH

# Alembic's batch mode drops unnamed constraints on SQLite, so every constraint gets a name.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out. SQLite drops offsets without converting, so it is done here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Json = JSON
"""Plain JSON on both stores; what is queried gets a column of its own."""

Id = String(ID_LENGTH)


class Base(DeclarativeBase):
    """Base of all rows. Relationships are not used: queries say what they load."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcDateTime(),
        dict[str, Any]: Json(),
        list[str]: Json(),
        list[dict[str, Any]]: Json(),
    }


def index_of_some(name: str, *columns: str, only: str, unique: bool = False) -> Index:
    """Return an index of those rows only for which a condition holds, in words that both stores understand."""
    return Index(name, *columns, unique=unique, sqlite_where=text(only), postgresql_where=text(only))


def table_of(row: type[Base]) -> Table:
    """Return the table behind a row's class, for statements that make no objects of it: they cost a fraction."""
    return cast(Table, row.__table__)


def upsert_into(session: Session, row: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return the store's own INSERT, the one that knows ON CONFLICT; both spell it alike."""
    return insert_for(session.get_bind().dialect.name, row)


def insert_for(dialect: str, into: type[Base] | Table) -> sqlite.Insert | postgresql.Insert:
    """Return the INSERT of a store by its name, for statements that are made once."""
    return postgresql.insert(into) if dialect == "postgresql" else sqlite.insert(into)


def is_modelled(_item: object, name: str | None, _kind: str, _reflected: object, _compared: object) -> bool:
    """Tell Alembic what models describe: the index of words is each store's own, and its migration alone makes it."""
    return not (name or "").startswith("spoken_words")
