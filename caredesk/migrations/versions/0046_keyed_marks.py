"""Ask for the marks of numbers to be keyed that were stored as plain sums; the columns stay as they are.

A job does it row by row, in an hour: until then no process of the release before runs any more, which would no longer
find them. Meanwhile both are compared.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

import caredesk.core.db
from caredesk.core.clock import SystemClock
from caredesk.core.ids import new_id

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)
RESTARTED_BY = timedelta(hours=1)


def upgrade() -> None:
    """Ask for it where there is something to key."""
    if any(_has_plain(table) for table in ("contact_mark", "call_up_leg")):
        _ask()


def _has_plain(table: str) -> bool:
    number_key: sa.ColumnClause[str] = sa.column("number_key")
    query = sa.select(number_key).select_from(sa.table(table))
    found = op.get_bind().scalar(query.where(sa.func.length(number_key) == 64).limit(1))
    return found is not None


def _ask() -> None:
    now = SystemClock().now()
    plain: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("id", "name", "key", "attempts", "dead")]
    jobs = sa.table(
        "job", *plain, sa.column("due_at", TIME), sa.column("created_at", TIME), sa.column("payload", sa.JSON())
    )
    job = {"id": new_id(), "name": "key_marks", "key": "key_marks", "payload": {"after": ""}}
    op.execute(jobs.insert().values(**job, attempts=0, dead=False, due_at=now + RESTARTED_BY, created_at=now))


def downgrade() -> None:
    """Leave marks as they are: what is keyed stays so, and the release before does not find it."""
    op.execute("DELETE FROM job WHERE name = 'key_marks'")
