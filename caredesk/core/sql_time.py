"""Time in SQL, the same on both stores: seconds between two instants, and the day of the clinic."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, SQLColumnExpression, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from caredesk.core.clock import CLINIC_ZONE
from caredesk.core.db import UtcDateTime


class _SecondsBetween(FunctionElement[float]):
    """The seconds from the second argument to the first."""

    name = "seconds_between"
    type = Float()
    inherit_cache = True


class _ClinicDay(FunctionElement[str]):
    """The clinic's date of an instant, as 2026-12-31."""

    name = "clinic_day_of"
    type = String()
    inherit_cache = True


def seconds_between(
    later: SQLColumnExpression[Any] | datetime, earlier: SQLColumnExpression[Any]
) -> ColumnElement[float]:
    """Return how many seconds lie between two instants."""
    given = literal(later, UtcDateTime()) if isinstance(later, datetime) else later
    return _SecondsBetween(given, earlier)


def clinic_day_of(at: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the clinic's date of an instant."""
    return _ClinicDay(at)


@compiles(_SecondsBetween, "sqlite")
def _seconds_sqlite(element: _SecondsBetween, compiler: SQLCompiler, **options: object) -> str:
    later, earlier = (compiler.process(part, **options) for part in element.clauses)
    # A day's fraction has room for a tenth of a millisecond; rounding keeps exact hours exact.
    return f"round((julianday({later}) - julianday({earlier})) * 86400.0, 3)"


@compiles(_SecondsBetween, "postgresql")
def _seconds_postgres(element: _SecondsBetween, compiler: SQLCompiler, **options: object) -> str:
    later, earlier = (compiler.process(part, **options) for part in element.clauses)
    return f"round(extract(epoch from ({later} - {earlier}))::numeric, 3)"


@compiles(_ClinicDay, "sqlite")
def _day_sqlite(element: _ClinicDay, compiler: SQLCompiler, **options: object) -> str:
    (at,) = (compiler.process(part, **options) for part in element.clauses)
    # The clinic's zone has had one offset since 1992, and SQLite knows no zones by name.
    return f"date({at}, '+8 hours')"


@compiles(_ClinicDay, "postgresql")
def _day_postgres(element: _ClinicDay, compiler: SQLCompiler, **options: object) -> str:
    (at,) = (compiler.process(part, **options) for part in element.clauses)
    return f"to_char({at} at time zone '{CLINIC_ZONE.key}', 'YYYY-MM-DD')"
