"""All SQL that removes rows of one table by its class: what a class names is looked up in the one metadata."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Table, delete, func, select, tuple_
from sqlalchemy.orm import Session

from caredesk.core.db import Base
from caredesk.retention.classes import RecordClass


def remove_rows(session: Session, kind: RecordClass, *, before: datetime, held: Collection[str], limit: int) -> int:
    """Remove the oldest rows of a class whose time is over and that nothing holds; return how many."""
    table = _table(kind)
    keys = [table.c[column.name] for column in table.primary_key]
    query = select(*keys).where(*_over(kind, before=before, held=held)).order_by(_since(kind)).limit(limit)
    found = [tuple(row) for row in session.execute(query)]
    if found:
        session.execute(delete(table).where(tuple_(*keys).in_(found)))
    return len(found)


def count_by_month(session: Session, kind: RecordClass, *, before: datetime, held: Collection[str]) -> dict[str, int]:
    """Return how many rows of a class would go, by month (UTC)."""
    query = select(_since(kind)).where(*_over(kind, before=before, held=held)).order_by(_since(kind))
    months: dict[str, int] = {}
    for at in session.scalars(query):
        months[f"{at:%Y-%m}"] = months.get(f"{at:%Y-%m}", 0) + 1
    return months


def count_held_rows(session: Session, kind: RecordClass, *, before: datetime, held: Collection[str]) -> int:
    """Return how many rows of a class stay only because their conversation is held."""
    if not (kind.holds and held):
        return 0
    table = _table(kind)
    query = select(func.count()).select_from(table)
    return session.scalar(query.where(_since(kind) < before, table.c[kind.holds].in_(list(held)))) or 0


def _over(kind: RecordClass, *, before: datetime, held: Collection[str]) -> list[ColumnElement[bool]]:
    table = _table(kind)
    conditions = [_since(kind) < before]
    if kind.when:
        conditions.append(table.c[kind.when].is_(True))
    if kind.holds and held:
        conditions.append(table.c[kind.holds].not_in(list(held)))
    return conditions


def _since(kind: RecordClass) -> ColumnElement[datetime]:
    columns: list[Column[datetime]] = [_table(kind).c[name] for name in kind.since]
    return columns[0] if len(columns) == 1 else func.coalesce(*columns)


def _table(kind: RecordClass) -> Table:
    return Base.metadata.tables[kind.table]
