"""Writing many rows by one statement that is put together once, for what every message pays for (ADR 0027).

SQLAlchemy fills in a statement anew for each row and each value of it, which costs more than the store takes to write
the row. Here values come by position, and only those columns are converted whose type asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import UpdateBase

from caredesk.core.db import UtcDateTime

POSITIONAL = {"sqlite": "qmark", "postgresql": "format"}
"""How each driver wants values that come by position."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that must be converted; with `repeats` equal values are converted once, for most are of one instant."""

    place: int
    convert: Callable[[Any], Any]
    repeats: bool

    def of(self, values: Sequence[Any]) -> list[Any]:
        """Return values as the driver takes them."""
        if self.repeats:
            known = {value: self.convert(value) for value in set(values)}
            return [known[value] for value in values]
        return [self.convert(value) for value in values]


@dataclass(frozen=True, slots=True)
class _Spelled:
    """A statement in a store's own words: in which order it takes the columns of a row, and which are converted."""

    text: str
    order: tuple[int, ...]
    columns: tuple[_Column, ...]


class ManyRows:
    """An insert or update whose bound parameters, in the order of `names`, are the columns of a row."""

    def __init__(self, statement: UpdateBase, *, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._spelled: dict[str, _Spelled] = {}

    def write(self, connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Run the statement for each row; without rows nothing is asked."""
        given: list[Sequence[Any]] = list(zip(*rows, strict=True))
        if not given:
            return
        spelled = self._spelled.get(connection.dialect.name) or self._spell(connection.dialect)
        for column in spelled.columns:
            given[column.place] = column.of(given[column.place])
        connection.exec_driver_sql(spelled.text, list(zip(*(given[place] for place in spelled.order), strict=True)))

    def _spell(self, dialect: Dialect) -> _Spelled:
        positional = type(dialect)(paramstyle=POSITIONAL[dialect.name])  # type: ignore[call-arg]
        compiled = self._statement.compile(dialect=positional)
        types = {parameter.key: parameter.type for parameter in compiled.bind_names}
        columns = []
        for place, name in enumerate(self._names):
            convert = types[name].dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                columns.append(_Column(place, convert, repeats=isinstance(types[name], UtcDateTime)))
        order = tuple(self._names.index(name) for name in compiled.positiontup or ())
        spelled = self._spelled[dialect.name] = _Spelled(str(compiled), order, tuple(columns))
        return spelled
