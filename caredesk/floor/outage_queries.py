"""Which alerts were raised while something failed; read for the report of an incident and for nothing else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.floor.models import Alert


def count_raised(session: Session, *, codes: Collection[str], first: datetime, last: datetime) -> int:
    """Return how many alerts of these codes were raised in a span of time."""
    query = select(func.count()).where(Alert.code.in_(codes), Alert.raised_at >= first, Alert.raised_at <= last)
    return session.scalar(query) or 0
