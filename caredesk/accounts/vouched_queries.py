"""All SQL of sign-ins that another system vouches for: which tokens were used, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from caredesk.accounts.models import SignInRecord, Staff, UsedToken
from caredesk.core.db import upsert_into


def claim_token(session: Session, *, fingerprint: str, expires_at: datetime, now: datetime) -> bool:
    """Use a token up; False when it has been used before. Those that have expired are forgotten."""
    session.execute(delete(UsedToken).where(UsedToken.expires_at < now))
    row = upsert_into(session, UsedToken).values(token_hash=fingerprint, expires_at=expires_at)
    claim = row.on_conflict_do_nothing(index_elements=["token_hash"]).returning(UsedToken.token_hash)
    return session.execute(claim).first() is not None


def list_records(session: Session, *, staff_id: str | None, limit: int) -> Sequence[tuple[SignInRecord, str | None]]:
    """Return sign-ins with the login they led to, newest first; of one person, or of everybody."""
    query = select(SignInRecord, Staff.login).outerjoin(Staff, Staff.id == SignInRecord.staff_id)
    if staff_id is not None:
        query = query.where(SignInRecord.staff_id == staff_id)
    rows = session.execute(query.order_by(SignInRecord.at.desc(), SignInRecord.id.desc()).limit(limit)).all()
    return [(record, login) for record, login in rows]
