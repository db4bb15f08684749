"""Kept files get keys of their own; a job seals what an older release has kept, file by file, and both are read.

It begins in an hour: until then no process of the release before runs any more, which reads only what lies plain.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

import caredesk.core.db
from caredesk.core.clock import SystemClock
from caredesk.core.ids import new_id

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)
RESTARTED_BY = timedelta(hours=1)
KEEPERS = ("picture", "kb_file", "recording")


def upgrade() -> None:
    """Ask for the files that are here to be sealed; no table changes."""
    bind, now = op.get_bind(), SystemClock().now()
    if not any(bind.scalar(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)) for name in KEEPERS):
        return
    plain: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("id", "name", "key", "attempts", "dead")]
    jobs = sa.table(
        "job", *plain, sa.column("due_at", TIME), sa.column("created_at", TIME), sa.column("payload", sa.JSON())
    )
    job = {"id": new_id(), "name": "seal_files", "key": "seal_files", "payload": {"folder": "files", "shelf": 0}}
    op.execute(jobs.insert().values(**job, attempts=0, dead=False, due_at=now + RESTARTED_BY, created_at=now))


def downgrade() -> None:
    """Forget the wish. Files that are sealed already are nothing to the release before."""
    op.execute("DELETE FROM job WHERE name = 'seal_files'")
