"""All SQL of who may open what: the table's versions, and openings beyond it; apart from the accounts' own because
every look at a talk asks it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from caredesk.accounts.access_errors import OpeningNotFound
from caredesk.accounts.access_models import AccessOpening, AccessPolicy
from caredesk.accounts.access_rules import AccessTable, default_table
from caredesk.core.db import table_of, upsert_into

BUILT_IN = 0
"""The version of a desk whose table nobody has changed yet."""


# Made once and on the table, for every reply asks it.
_POLICIES = table_of(AccessPolicy).c
_NEWEST = select(_POLICIES.version, _POLICIES.rules).order_by(_POLICIES.version.desc()).limit(1)


def table_now(session: Session) -> tuple[int, AccessTable]:
    """Return the table that holds now, with its version."""
    row = session.connection().execute(_NEWEST).first()
    return (row[0], _parsed(json.dumps(row[1]))) if row else (BUILT_IN, _built_in())


@lru_cache(maxsize=8)
def _parsed(table: str) -> AccessTable:
    return AccessTable.model_validate_json(table)


@lru_cache(maxsize=1)
def _built_in() -> AccessTable:
    return default_table()


def list_versions(session: Session, *, limit: int) -> Sequence[AccessPolicy]:
    """Return the newest versions, the last first."""
    return session.scalars(select(AccessPolicy).order_by(AccessPolicy.version.desc()).limit(limit)).all()


def claim_version(session: Session, *, after: int, table: AccessTable, note: str, by: str, now: datetime) -> int | None:
    """Keep the version after another; None when somebody else's is the next one already."""
    values = {"rules": table.model_dump(mode="json"), "note": note, "made_by": by, "made_at": now}
    row = upsert_into(session, AccessPolicy).values(version=after + 1, **values)
    claim = row.on_conflict_do_nothing(index_elements=["version"]).returning(AccessPolicy.version)
    return session.scalar(claim)


# ---- openings for a purpose ------------------------------------------------------------------------------


def opened_until(session: Session, *, staff_id: str, conversation_id: str, now: datetime) -> datetime | None:
    """Return until when somebody has a talk open for a purpose; None when they have not."""
    query = select(func.max(AccessOpening.until)).where(
        AccessOpening.staff_id == staff_id,
        AccessOpening.conversation_id == conversation_id,
        AccessOpening.until > now,
    )
    return session.scalar(query)


def list_open_of(session: Session, *, staff_id: str, now: datetime) -> Sequence[AccessOpening]:
    """Return what somebody has open for a purpose now, what ends last first."""
    query = select(AccessOpening).where(AccessOpening.staff_id == staff_id, AccessOpening.until > now)
    return session.scalars(query.order_by(AccessOpening.until.desc(), AccessOpening.id)).all()


def list_openings(session: Session, *, limit: int) -> Sequence[AccessOpening]:
    """Return the newest openings, those that nobody has reviewed before all others."""
    looked_at = AccessOpening.reviewed_at.is_not(None)
    query = select(AccessOpening).order_by(looked_at, AccessOpening.opened_at.desc(), AccessOpening.id.desc())
    return session.scalars(query.limit(limit)).all()


def count_by_person(session: Session, *, since: datetime) -> Sequence[tuple[str, int]]:
    """Return who has opened how many since an instant, the most first."""
    amount = func.count()
    query = select(AccessOpening.staff_id, amount).where(AccessOpening.opened_at >= since)
    rows = session.execute(query.group_by(AccessOpening.staff_id).order_by(amount.desc(), AccessOpening.staff_id))
    return [(staff_id, count) for staff_id, count in rows]


def count_unreviewed(session: Session) -> int:
    """Return how many openings nobody has reviewed yet."""
    query = select(func.count()).select_from(AccessOpening).where(AccessOpening.reviewed_at.is_(None))
    return session.scalar(query) or 0


def get_opening(session: Session, *, opening_id: str) -> AccessOpening:
    """Return an opening; raise OpeningNotFound for an unknown one."""
    found = session.get(AccessOpening, opening_id)
    if found is None:
        raise OpeningNotFound
    return found


def claim_review(session: Session, *, opening_id: str, verdict: str, by: str, now: datetime) -> bool:
    """Note the verdict on an opening; False when it has one already."""
    claim = (
        update(AccessOpening)
        .where(AccessOpening.id == opening_id, AccessOpening.reviewed_at.is_(None))
        .values(verdict=verdict, reviewed_by=by, reviewed_at=now)
        .returning(AccessOpening.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(claim).first() is not None
