"""Rows that leave the transaction with it: stored events and due jobs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from caredesk.core.db import Base, Id, insert_for, table_of
from caredesk.core.event import Sequenced
from caredesk.core.ids import new_id
from caredesk.core.many_rows import ManyRows


class EventRow(Base):
    """One sequenced event, kept so that a client which was away receives exactly what it missed (B21)."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("stream", "seq"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    stream: Mapped[str] = mapped_column(String(60))
    seq: Mapped[int]
    type: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class ArchivedEvent(Base):
    """An event of a stream that ended long ago, moved here with its timeline (ADR 0032)."""

    __tablename__ = "archived_event"
    __table_args__ = (UniqueConstraint("stream", "seq"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    stream: Mapped[str] = mapped_column(String(60))
    seq: Mapped[int]
    type: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]


_COLUMNS = ("id", "stream", "seq", "type", "payload", "at")
_KEPT = union_all(
    select(*(EventRow.__table__.c[name] for name in _COLUMNS)),
    select(*(ArchivedEvent.__table__.c[name] for name in _COLUMNS)),
).subquery("kept_event")
"""Every event, wherever it lies; who reads a stream asks here."""


class JobRow(Base):
    """Work to be done after the transaction; the row is removed by the transaction that did it."""

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    dead: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_job_dead_due_at", "dead", "due_at"),)


# On the table and not on the class: nobody wants an object for each row, and every message pays for it.
_STORED = ("stream", "seq", "type", "payload", "at")
_PUT_EVENTS = ManyRows(insert(table_of(EventRow)).values({name: bindparam(name) for name in _STORED}), names=_STORED)


def store_events(session: Session, events: Iterable[Sequenced], *, at: datetime) -> None:
    """Insert sequenced events in the caller's transaction."""
    _PUT_EVENTS.write(session.connection(), [(e.stream, e.seq, e.type, e.wire, at) for e in events])


def list_events_after(session: Session, *, stream: str, after: int, limit: int) -> Sequence[dict[str, Any]]:
    """Return the payloads of a stream that follow number `after`, in order."""
    query = (
        select(_KEPT.c.payload).where(_KEPT.c.stream == stream, _KEPT.c.seq > after).order_by(_KEPT.c.seq).limit(limit)
    )
    return session.scalars(query).all()


def copy_to_archive(session: Session, *, streams: Collection[str]) -> int:
    """Copy the events of streams into the archive; return how many. `take_from_store` must follow."""
    kept = select(*(EventRow.__table__.c[name] for name in _COLUMNS)).where(EventRow.stream.in_(streams))
    session.execute(insert(ArchivedEvent).from_select(_COLUMNS, kept))
    counted = select(func.count()).select_from(EventRow).where(EventRow.stream.in_(streams))
    return session.scalar(counted) or 0


def take_from_store(session: Session, *, streams: Collection[str]) -> None:
    """Remove the events of streams that were copied into the archive in the same transaction."""
    session.execute(delete(EventRow).where(EventRow.stream.in_(streams)))


def rewrite_events(
    session: Session, *, streams: Collection[str], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Change the payloads of streams wherever they lie; numbers stay, so that nobody sees a gap."""
    here = session.scalars(select(EventRow).where(EventRow.stream.in_(streams))).all()
    there = session.scalars(select(ArchivedEvent).where(ArchivedEvent.stream.in_(streams))).all()
    stored: list[EventRow | ArchivedEvent] = [*here, *there]
    for event in stored:
        event.payload = change(event.payload)
    session.flush()


def drop_streams(session: Session, *, streams: Collection[str]) -> None:
    """Remove streams whole, wherever they lie; their conversations go with them."""
    for row in (EventRow, ArchivedEvent):
        session.execute(delete(row).where(row.stream.in_(streams)))


@dataclass(frozen=True)
class NewJob:
    """What is to be done, when, and under which key; `not_later` keeps an earlier time that the key already has."""

    name: str
    payload: dict[str, Any]
    due_at: datetime
    key: str | None
    not_later: bool = False


def list_fresh_keys(session: Session, *, prefix: str) -> Sequence[str]:
    """Return the keys with a prefix whose jobs are still to run and have not failed yet."""
    query = select(JobRow.key).where(
        JobRow.key.startswith(prefix, autoescape=True), JobRow.dead.is_(False), JobRow.attempts == 0
    )
    return [key for key in session.scalars(query) if key]


def has_job(session: Session, *, key: str) -> bool:
    """Tell whether a job with a key is still to run."""
    query = select(JobRow.id).where(JobRow.key == key, JobRow.dead.is_(False))
    return session.scalars(query).first() is not None


@dataclass(frozen=True)
class DueJob:
    """A job whose time has come, as far as whoever hands it on must know it."""

    id: str
    name: str


def list_due(
    session: Session, *, now: datetime, limit: int, names: Iterable[str] = (), except_names: Iterable[str] = ()
) -> list[DueJob]:
    """Return due jobs, oldest first: those of some names, or those of all others."""
    query = select(JobRow.id, JobRow.name).where(JobRow.dead.is_(False), JobRow.due_at <= now)
    if wanted := list(names):
        query = query.where(JobRow.name.in_(wanted))
    if unwanted := list(except_names):
        query = query.where(JobRow.name.not_in(unwanted))
    found = session.execute(query.order_by(JobRow.due_at, JobRow.id).limit(limit))
    return [DueJob(id, name) for id, name in found]


def list_dead_jobs(session: Session, *, limit: int) -> Sequence[JobRow]:
    """Return the jobs that failed too often, newest first."""
    query = select(JobRow).where(JobRow.dead.is_(True))
    return session.scalars(query.order_by(JobRow.created_at.desc(), JobRow.id.desc()).limit(limit)).all()


def revive_job(session: Session, *, job_id: str, now: datetime) -> bool:
    """Make a dead job due again; tell whether it was dead."""
    again = update(JobRow).where(JobRow.id == job_id, JobRow.dead.is_(True))
    values = again.values(dead=False, attempts=0, due_at=now, last_error=None)
    return session.execute(values.returning(JobRow.id)).first() is not None


def drop_dead_job(session: Session, *, job_id: str) -> bool:
    """Forget a dead job; tell whether it was dead."""
    dropped = delete(JobRow).where(JobRow.id == job_id, JobRow.dead.is_(True)).returning(JobRow.id)
    return session.execute(dropped).first() is not None


def put_jobs(session: Session, *, jobs: Sequence[NewJob], now: datetime) -> None:
    """Insert jobs, one statement for all; one with the same key that has not run yet is replaced, not repeated."""
    dialect = session.get_bind().dialect.name
    for not_later in (False, True):
        rows = [_job_row(job, now=now) for job in jobs if job.not_later is not_later]
        _put(dialect, not_later=not_later).write(session.connection(), rows)


_JOB_COLUMNS = ("id", "name", "payload", "key", "due_at", "attempts", "dead", "last_error", "created_at")


@lru_cache
def _put(dialect: str, *, not_later: bool) -> ManyRows:
    """Return the statement for a store, made once: nearly every action leaves a job."""
    row = insert_for(dialect, table_of(JobRow)).values({name: bindparam(name) for name in _JOB_COLUMNS})
    before, due_at = table_of(JobRow).c.due_at, row.excluded.due_at
    earlier = case((before < due_at, before), else_=due_at) if not_later else due_at
    fresh = {name: row.excluded[name] for name in ("name", "payload", "attempts", "dead", "last_error")}
    replaced = row.on_conflict_do_update(index_elements=["key"], set_={**fresh, "due_at": earlier})
    return ManyRows(replaced, names=_JOB_COLUMNS)


def _job_row(job: NewJob, *, now: datetime) -> Sequence[Any]:
    return (new_id(), job.name, job.payload, job.key, job.due_at, 0, False, None, now)
