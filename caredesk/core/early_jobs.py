"""Jobs that were made in what is now the future, because the machine's clock was set back since."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from caredesk.core.outbox import JobRow

TOLERANCE = timedelta(seconds=5)
"""So far clocks of two machines may differ without anything being wrong."""

SOON = timedelta(minutes=15)
"""What was to wait longer is meant for a time of day, which was right all along, and stays."""


def bring_back(session: Session, *, now: datetime) -> int:
    """Have such jobs wait from now on as long as they were to wait when they were made; return how many there were."""
    made_ahead = (JobRow.created_at > now + TOLERANCE, JobRow.dead.is_(False))
    jobs = session.execute(select(JobRow.id, JobRow.created_at, JobRow.due_at).where(*made_ahead)).all()
    for row_id, created_at, due_at in jobs:
        waits = due_at - created_at
        due = now + waits if waits <= SOON else due_at
        # Somebody may have done it meanwhile, or have brought it back from another process.
        same = update(JobRow).where(JobRow.id == row_id, JobRow.created_at == created_at)
        session.execute(same.values(due_at=due, created_at=now), execution_options={"synchronize_session": False})
    return len(jobs)
