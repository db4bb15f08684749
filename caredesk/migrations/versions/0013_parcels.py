"""Parcels that are asked after: the carrier's code, when it was asked and heard, and since when nothing moves."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from caredesk.core.db import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATUS = "ck_parcel_status"
BEFORE = "'packed','shipped','in_transit','out_for_delivery','delivered','returned'"
TIMES = ("moved_at", "asked_at", "next_ask_at", "heard_at", "subscribed_at")
WORDS = {"carrier_code": 40, "fault": 60, "stuck_key": 80}


def upgrade() -> None:
    """Add the columns; what is known of a parcel tells when it last moved."""
    with op.batch_alter_table("parcel", schema=None) as batch_op:
        for name, length in WORDS.items():
            batch_op.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
        for name in TIMES:
            batch_op.add_column(sa.Column(name, UtcDateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(op.f(STATUS), type_="check")
        batch_op.create_check_constraint(op.f(STATUS), f"status in ({BEFORE},'trouble')")
    with op.batch_alter_table("parcel", schema=None) as batch_op:
        for name in WORDS:
            batch_op.alter_column(name, server_default=None)
        batch_op.create_index("ix_parcel_status_next_ask_at", ["status", "next_ask_at"])
        batch_op.create_index("ix_parcel_status_moved_at", ["status", "moved_at"])
    _tell_when_they_moved()


def _tell_when_they_moved() -> None:
    parcel = sa.table(
        "parcel",
        sa.column("id", sa.String),
        sa.column("prescription_id", sa.String),
        sa.column("trace", sa.JSON),
        sa.column("moved_at", UtcDateTime(timezone=True)),
    )
    prescription = sa.table(
        "prescription", sa.column("id", sa.String), sa.column("issued_at", UtcDateTime(timezone=True))
    )
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(parcel.c.id, parcel.c.trace, prescription.c.issued_at).join_from(
            parcel, prescription, prescription.c.id == parcel.c.prescription_id
        )
    ).all()
    for parcel_id, trace, issued_at in rows:
        moved = max((datetime.fromisoformat(step["at"]) for step in trace or []), default=issued_at)
        connection.execute(sa.update(parcel).where(parcel.c.id == parcel_id).values(moved_at=moved))


def downgrade() -> None:
    """Drop the columns; what is held up is on its way again."""
    op.execute("update parcel set status = 'in_transit' where status = 'trouble'")
    with op.batch_alter_table("parcel", schema=None) as batch_op:
        batch_op.drop_index("ix_parcel_status_moved_at")
        batch_op.drop_index("ix_parcel_status_next_ask_at")
        batch_op.drop_constraint(op.f(STATUS), type_="check")
        batch_op.create_check_constraint(op.f(STATUS), f"status in ({BEFORE})")
        for name in (*TIMES, *WORDS):
            batch_op.drop_column(name)
