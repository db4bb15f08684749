"""Column types for people's data: sealed in the database, plain in the program, so that queries stay as they were.

A model that has such columns is also a `HoldsPersonal` and says whose key seals its rows. A value is bound to its
column and row: the row's key is read beside it, so that a value which was copied elsewhere does not open. What is
looked up exactly has a `BlindIndex` column beside it, what is looked up by a part of it `pieces=True`.

Values are written through the unit of work only (`session.add`, changed attributes): a bare INSERT, UPDATE or
comparison does not know the row and raises. `core/sealing.py` says how a value is sealed, docs/decisions/0033 why so.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Index,
    String,
    Text,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import inspect as seen
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Mapper, Session, mapped_column
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import TypeDecorator

from caredesk.core.data_keys import is_half_sealed, ring_of
from caredesk.core.db import Base, Id
from caredesk.core.sealing import SealBroken, is_sealed, key_of, seal, unseal

ROW = "\x1f"
"""Stands between a value and its row's key when they are read together; no id holds it."""


@dataclass(frozen=True)
class Held:
    """A value on its way into a sealed column, with the key and the row that it gets."""

    plain: Any
    row: str
    key_id: str
    cipher: AESGCM = field(repr=False)


class _Sealed(TypeDecorator[Any]):
    """What all sealed types do. `place` is `table.column`, the column `row` tells rows apart; both are sealed in."""

    impl = Text
    cache_ok = True

    def __init__(self, place: str, *, row: str = "id", pieces: bool = False) -> None:
        super().__init__()
        self.place = place
        self.row = row
        self.pieces = pieces

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read a value together with its row's key."""
        row = column.table.columns[self.row]
        return type_coerce(type_coerce(column, Text()).concat(ROW).concat(row), self)

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        if value is None or value == "":
            return None if value is None else ""
        if not isinstance(value, Held):
            raise SealBroken
        about = f"{self.place}{ROW}{value.row}"
        return seal(self.written(value.plain), key_id=value.key_id, cipher=value.cipher, about=about)

    def process_result_value(self, value: object, dialect: Dialect) -> object:
        if value is None:
            return None
        stored, _, row = str(value).rpartition(ROW)
        if not is_sealed(stored):
            return self.read(stored)
        cipher = ring_of(dialect).find(key_of(stored))
        if cipher is None:
            return self.gone()
        return self.read(unseal(stored, cipher=cipher, about=f"{self.place}{ROW}{row}"))

    def written(self, value: object) -> str:
        """Return a value as the text that is sealed."""
        return str(value)

    def read(self, text: str) -> object:
        """Return the value of a text."""
        return text

    def gone(self) -> object:
        """Return what stands for a value whose key was destroyed."""
        return self.read("")


class SealedText(_Sealed):
    """A text; with `pieces` it can be found by any part of it."""

    cache_ok = True


class SealedDate(_Sealed):
    """A date without a time."""

    cache_ok = True

    def read(self, text: str) -> date | None:
        return date.fromisoformat(text) if text else None


class SealedJson(_Sealed):
    """What JSON can say."""

    cache_ok = True

    def written(self, value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    def read(self, text: str) -> object:
        return json.loads(text) if text else {}


class BlindIndex(TypeDecorator[str]):
    """A word by which equal values of the column `of` are found; `by` is what is compared of them.

    Filled by itself. Whoever compares hands in the plain value: `matches(Guardian.phone_index, digits)`.
    """

    impl = String(24)
    cache_ok = True

    def __init__(self, place: str, *, of: str, by: Callable[[str], str] = str) -> None:
        super().__init__()
        self.place = place
        self.of = of
        self.by = by

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return ring_of(dialect).token(self.place, value) if value else value


def matches(column: InstrumentedAttribute[str], value: str) -> ColumnElement[bool]:
    """Compare a blind index with a plain value, also with rows that were stored before values were sealed."""
    return or_(column == value, type_coerce(column, String()) == value)


def as_stored(column: ColumnElement[object] | InstrumentedAttribute[object]) -> ColumnElement[str]:
    """Return a sealed column as it stands in the database, for those who look after keys."""
    return type_coerce(column, Text())


# ---- parts of names --------------------------------------------------------------------------------------


class NamePiece(Base):
    """One or two neighbouring characters of a sealed text, as a word of search, and the row that has them."""

    __tablename__ = "name_piece"
    __table_args__ = (Index("ix_name_piece_row_id", "row_id"),)

    place: Mapped[str] = mapped_column(String(32), primary_key=True)
    token: Mapped[str] = mapped_column(String(24), primary_key=True)
    row_id: Mapped[str] = mapped_column(Id, primary_key=True)


def comparable(name: str) -> str:
    """Return a name as it is compared: width and case do not count."""
    return unicodedata.normalize("NFKC", name).casefold()


def may_contain(session: Session, column: InstrumentedAttribute[str], *, part: str) -> ColumnElement[bool]:
    """Ask for the rows that may hold this part of a name; the caller compares the names that come.

    They have all its neighbouring characters, in whatever order. While a desk is sealed, plain rows come as before.
    """
    model: type[object] = column.parent.class_
    kind = plan_of(model).sealed[column.key]
    letters, place = comparable(part), kind.place
    token = ring_of(session.get_bind().dialect).token
    tokens = sorted({token(place, piece) for piece in (_pairs(letters) or set(letters))})
    found = select(NamePiece.row_id).where(NamePiece.place == place, NamePiece.token.in_(tokens))
    row: InstrumentedAttribute[str] = getattr(model, kind.row)
    sealed = row.in_(found.group_by(NamePiece.row_id).having(func.count() == len(tokens)))
    if not is_half_sealed(session):
        return sealed
    return or_(sealed, as_stored(column).contains(part, autoescape=True))


def _pairs(letters: str) -> set[str]:
    return {one + two for one, two in pairwise(letters)}


# ---- writing ---------------------------------------------------------------------------------------------


class HoldsPersonal:
    """A row with sealed columns."""

    def key_holder(self) -> str:
        """Return whose key seals this row: a person's id, or the month where nobody knows the family."""
        raise NotImplementedError


def month_of(at: datetime) -> str:
    """Return the holder of what happens in a month (UTC) with nobody known: `2026-11`."""
    return f"{at:%Y-%m}"


@dataclass(frozen=True)
class _Plan:
    """What is done for the rows of one model: sealed attributes by name, and the indexes of each."""

    sealed: dict[str, _Sealed]
    indexes: dict[str, BlindIndex]


_PLANS: dict[type[object], _Plan] = {}


def plan_of(model: type[object]) -> _Plan:
    """Return which attributes of a model are sealed, and which are indexes of them."""
    if model not in _PLANS:
        _PLANS[model] = _plan(model)
    return _PLANS[model]


def _plan(model: type[object]) -> _Plan:
    mapper: Mapper[Any] = seen(model)
    types = {one.key: one.columns[0].type for one in mapper.column_attrs}
    return _Plan(
        {name: kind for name, kind in types.items() if isinstance(kind, _Sealed)},
        {name: kind for name, kind in types.items() if isinstance(kind, BlindIndex)},
    )


def held(session: Session, value: object, *, row: str, holder: str) -> Held:
    """Return a value for a bare INSERT into a sealed column, sealed for a row."""
    connection = session.connection()
    return Held(value, row, *ring_of(connection.dialect).key_for(connection, holder=holder))


def sealed_text(session: Session, value: str, *, place: str, row: str, holder: str) -> str:
    """Return a text sealed for what is no column, such as what a job is told; `opened_text` opens it."""
    whole = held(session, value, row=row, holder=holder)
    return seal(value, key_id=whole.key_id, cipher=whole.cipher, about=f"{place}{ROW}{row}")


def opened_text(session: Session, stored: str, *, place: str, row: str) -> str:
    """Return what was sealed for this place and row; what is plain as it is, and nothing when its key was destroyed."""
    if not is_sealed(stored):
        return stored
    cipher = ring_of(session.get_bind().dialect).find(key_of(stored))
    return unseal(stored, cipher=cipher, about=f"{place}{ROW}{row}") if cipher is not None else ""


def _changed(target: HoldsPersonal, names: Iterable[str]) -> dict[str, Any]:
    attributes = seen(target).attrs
    return {name: getattr(target, name) for name in names if attributes[name].history.has_changes()}


@event.listens_for(HoldsPersonal, "before_insert", propagate=True)
@event.listens_for(HoldsPersonal, "before_update", propagate=True)
def _hold(_mapper: Mapper[Any], connection: Connection, target: HoldsPersonal) -> None:
    """Give changed values their key and row, and their indexes the new values."""
    plan = plan_of(type(target))
    changed = _changed(target, plan.sealed)
    for name, index in plan.indexes.items():
        if index.of in changed:
            setattr(target, name, index.by(changed[index.of] or ""))
    values = {name: value for name, value in changed.items() if value not in (None, "")}
    if not values:
        return
    key_id, cipher = ring_of(connection.dialect).key_for(connection, holder=target.key_holder())
    for name, value in values.items():
        setattr(target, name, Held(value, getattr(target, plan.sealed[name].row), key_id, cipher))


@event.listens_for(HoldsPersonal, "after_insert", propagate=True)
@event.listens_for(HoldsPersonal, "after_update", propagate=True)
def _let_go(_mapper: Mapper[Any], connection: Connection, target: HoldsPersonal) -> None:
    """Show plain values again, and write the pieces of changed names."""
    plan = plan_of(type(target))
    for name, kind in plan.sealed.items():
        if kind.pieces and seen(target).attrs[name].history.has_changes():
            _write_pieces(connection, place=kind.place, row=getattr(target, kind.row), name=_plain(target, name))
        if isinstance(held := getattr(target, name), Held):
            set_committed_value(target, name, held.plain)


def _plain(target: HoldsPersonal, name: str) -> str:
    value = getattr(target, name)
    return str(value.plain) if isinstance(value, Held) else value or ""


def _write_pieces(connection: Connection, *, place: str, row: str, name: str) -> None:
    letters, token = comparable(name), ring_of(connection.dialect).token
    connection.execute(delete(NamePiece).where(NamePiece.place == place, NamePiece.row_id == row))
    tokens = {token(place, piece) for piece in (set(letters) | _pairs(letters))}
    if tokens:
        rows = [{"place": place, "token": one, "row_id": row} for one in sorted(tokens)]
        connection.execute(insert(NamePiece), rows)
