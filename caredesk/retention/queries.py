"""All SQL about legal holds, erasures, what the law keeps of them, and runs over the time limits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from caredesk.core.ids import new_id
from caredesk.retention.errors import ErasureNotFound, HoldNotFound
from caredesk.retention.models import Erasure, KeptRecord, LegalHold, RetentionRun

OPEN = ("asked", "allowed", "running")

# ---- holds -----------------------------------------------------------------------------------------------


def list_standing_holds(session: Session, *, subject_ids: Collection[str]) -> Sequence[LegalHold]:
    """Return the holds that stand on any of these families and conversations, oldest first."""
    query = select(LegalHold).where(LegalHold.lifted_at.is_(None), LegalHold.subject_id.in_(list(subject_ids)))
    return session.scalars(query.order_by(LegalHold.placed_at, LegalHold.id)).all()


def held_ids(session: Session) -> set[str]:
    """Return the ids of everything that is held now."""
    return set(session.scalars(select(LegalHold.subject_id).where(LegalHold.lifted_at.is_(None))))


def list_holds(session: Session, *, limit: int) -> Sequence[LegalHold]:
    """Return holds, those that stand first, then newest first."""
    query = select(LegalHold).order_by(LegalHold.lifted_at.is_not(None), LegalHold.placed_at.desc(), LegalHold.id)
    return session.scalars(query.limit(limit)).all()


def lock_standing_hold(session: Session, *, hold_id: str) -> LegalHold:
    """Return a hold that stands, with its row locked."""
    query = select(LegalHold).where(LegalHold.id == hold_id, LegalHold.lifted_at.is_(None))
    found = session.scalars(query.with_for_update(key_share=True)).one_or_none()
    if found is None:
        raise HoldNotFound
    return found


def add_hold(session: Session, *, hold: LegalHold) -> None:
    session.add(hold)
    session.flush()


# ---- erasures --------------------------------------------------------------------------------------------


def find_open_erasure(session: Session, *, guardian_id: str) -> Erasure | None:
    """Return the erasure of a family that is not done and not refused, if there is one."""
    query = select(Erasure).where(Erasure.guardian_id == guardian_id, Erasure.state.in_(OPEN))
    return session.scalars(query).one_or_none()


def list_erasures(session: Session, *, limit: int) -> Sequence[Erasure]:
    """Return erasures, those that wait for a second yes first, then newest first."""
    query = select(Erasure).order_by(Erasure.state != "asked", Erasure.asked_at.desc(), Erasure.id)
    return session.scalars(query.limit(limit)).all()


def get_erasure(session: Session, *, erasure_id: str) -> Erasure:
    """Return an erasure, or raise."""
    found = session.get(Erasure, erasure_id)
    if found is None:
        raise ErasureNotFound
    return found


def lock_erasure(session: Session, *, erasure_id: str) -> Erasure:
    """Return an erasure with its row locked, or raise."""
    query = select(Erasure).where(Erasure.id == erasure_id).with_for_update(key_share=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise ErasureNotFound
    return found


def add_erasure(session: Session, *, erasure: Erasure) -> None:
    session.add(erasure)
    session.flush()


# ---- what the law keeps ----------------------------------------------------------------------------------


def keep_record(session: Session, *, record: KeptRecord) -> None:
    session.add(record)
    session.flush()


def list_kept(session: Session, *, erasure_id: str) -> Sequence[KeptRecord]:
    """Return what the law still keeps of an erased family, what goes first first."""
    query = select(KeptRecord).where(KeptRecord.erasure_id == erasure_id).order_by(KeptRecord.until, KeptRecord.id)
    return session.scalars(query).all()


def last_kept_until(session: Session, *, erasure_id: str) -> datetime | None:
    """Return until when the law keeps the last of an erased family's conversations."""
    return session.scalar(select(func.max(KeptRecord.until)).where(KeptRecord.erasure_id == erasure_id))


def lock_kept_before(session: Session, *, before: datetime, limit: int) -> Sequence[KeptRecord]:
    """Return kept records whose time is over, oldest first, locked."""
    query = select(KeptRecord).where(KeptRecord.until < before).order_by(KeptRecord.until, KeptRecord.id).limit(limit)
    return session.scalars(query.with_for_update(key_share=True, skip_locked=True)).all()


def count_kept_by_month(session: Session, *, before: datetime) -> dict[str, int]:
    """Return how many kept records' time is over, by the month (UTC) in which it ended."""
    months: dict[str, int] = {}
    for until in session.scalars(select(KeptRecord.until).where(KeptRecord.until < before).order_by(KeptRecord.until)):
        months[f"{until:%Y-%m}"] = months.get(f"{until:%Y-%m}", 0) + 1
    return months


def drop_kept(session: Session, *, ids: Collection[str]) -> None:
    session.execute(delete(KeptRecord).where(KeptRecord.id.in_(list(ids))))


# ---- runs ------------------------------------------------------------------------------------------------


def begin_run(session: Session, *, now: datetime) -> RetentionRun:
    """Begin a walk over the classes."""
    run = RetentionRun(id=new_id(), started_at=now, gone={})
    session.add(run)
    session.flush()
    return run


def find_open_run(session: Session) -> RetentionRun | None:
    """Return the walk that has not come to its end, if there is one, locked."""
    query = select(RetentionRun).where(RetentionRun.ended_at.is_(None)).order_by(RetentionRun.started_at).limit(1)
    return session.scalars(query.with_for_update(key_share=True)).one_or_none()


def list_runs(session: Session, *, limit: int) -> Sequence[RetentionRun]:
    """Return the last walks, newest first."""
    return session.scalars(select(RetentionRun).order_by(RetentionRun.started_at.desc()).limit(limit)).all()


def sums_of_runs(session: Session) -> dict[str, int]:
    """Return how much has gone by class in all walks that are known."""
    sums: dict[str, int] = {}
    for gone in session.scalars(select(RetentionRun.gone)):
        for name, count in gone.items():
            sums[name] = sums.get(name, 0) + int(count)
    return sums
