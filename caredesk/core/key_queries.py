"""SQL about the keys of people's data: rounds over sealed rows, which keys values name, which keys may go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import case, delete, func, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import flag_modified

from caredesk.core.data_keys import DataKey, SealingRound, ring_of
from caredesk.core.ids import new_id
from caredesk.core.sealed import HoldsPersonal, as_stored, plan_of
from caredesk.core.sealing import KEY_LENGTH, KEY_STARTS, MARK

Holder = TypeVar("Holder", bound=HoldsPersonal)

PLAIN = ""
"""Under which values are counted that name no key."""


def master_of(session: Session) -> str:
    """Return the id of the master key in force."""
    return ring_of(session.get_bind().dialect).master.id


# ---- rounds ----------------------------------------------------------------------------------------------


def begin_round(session: Session, *, kind: str, total: int, now: datetime) -> SealingRound:
    """Begin a walk over all rows."""
    new = SealingRound(id=new_id(), kind=kind, total=total, started_at=now)
    session.add(new)
    session.flush()
    return new


def find_open_round(session: Session) -> SealingRound | None:
    """Return the walk that has not come to its end, if there is one."""
    return session.scalars(select(SealingRound).where(SealingRound.ended_at.is_(None))).first()


def find_last_round(session: Session) -> SealingRound | None:
    """Return the walk that was begun last."""
    return session.scalars(select(SealingRound).order_by(SealingRound.id.desc()).limit(1)).first()


def lock_round(session: Session, *, round_id: str) -> SealingRound | None:
    """Return a walk that has not ended, with its row locked."""
    query = select(SealingRound).where(SealingRound.id == round_id, SealingRound.ended_at.is_(None))
    return session.scalars(query.with_for_update(key_share=True)).one_or_none()


def list_rows_after(session: Session, model: type[Holder], *, after: str, limit: int) -> Sequence[Holder]:
    """Return the next rows of a model with people's data, locked."""
    row = _row_of(model)
    query = select(model).where(row > after).order_by(row).limit(limit)
    return session.scalars(query.with_for_update(key_share=True)).all()


def row_key(row: HoldsPersonal) -> str:
    """Return by what a row is told apart from others of its model."""
    return str(getattr(row, _row_of(type(row)).key))


def seal_again(session: Session, rows: Iterable[HoldsPersonal]) -> None:
    """Write every value of these rows anew, sealed by the keys in force."""
    for row in rows:
        for name in plan_of(type(row)).sealed:
            flag_modified(row, name)
    session.flush()


def _row_of(model: type[HoldsPersonal]) -> InstrumentedAttribute[str]:
    [name] = {kind.row for kind in plan_of(model).sealed.values()}
    column: InstrumentedAttribute[str] = getattr(model, name)
    return column


# ---- what names which key --------------------------------------------------------------------------------


def count_rows(session: Session, models: Iterable[type[HoldsPersonal]]) -> int:
    """Return how many rows hold people's data."""
    return sum(session.scalar(select(func.count()).select_from(model)) or 0 for model in models)


def keys_named(session: Session, models: Iterable[type[HoldsPersonal]]) -> Counter[str]:
    """Return how many values name each key; those that are plain under `PLAIN`. Reads every value."""
    named: Counter[str] = Counter()
    for model in models:
        for name in plan_of(model).sealed:
            stored = as_stored(getattr(model, name))
            key = case(
                (func.substr(stored, 1, len(MARK)) == MARK, func.substr(stored, KEY_STARTS, KEY_LENGTH)),
                else_=literal(PLAIN),
            ).label("key")
            rows = session.execute(select(key, func.count()).where(stored != "").group_by(key))
            for key_id, count in rows:
                named[key_id] += count
    return named


def masters_of_keys(session: Session) -> dict[str, str]:
    """Return which master key wraps each key that was not destroyed."""
    rows = session.execute(select(DataKey.id, DataKey.master).where(DataKey.wrapped != ""))
    return dict(rows.all())


def drop_keys(session: Session, *, key_ids: Collection[str]) -> None:
    """Remove keys that no value names."""
    ids = sorted(key_ids)
    for start in range(0, len(ids), 500):
        session.execute(delete(DataKey).where(DataKey.id.in_(ids[start : start + 500])))


def destroy_keys(session: Session, *, holders: Collection[str]) -> int:
    """Destroy the keys of these holders: their rows stay without a key, so that what they sealed reads as nothing.

    Return how many there were. Processes that have opened them hold them in memory until they end.
    """
    count, wanted = 0, sorted(holders)
    for start in range(0, len(wanted), 500):
        theirs = DataKey.holder.in_(wanted[start : start + 500]), DataKey.wrapped != ""
        count += len(session.execute(update(DataKey).where(*theirs).values(wrapped="").returning(DataKey.id)).all())
    ring_of(session.get_bind().dialect).forget()
    return count
