"""Indexes for what was found by reading a whole table: what is still open, and what lies on a day.

Each is made in one go, which keeps writers of its table waiting on PostgreSQL: for a million appointments a second or
two, the others are smaller.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

PLAIN = {
    "ix_assist_request_appointment_id": ("assist_request", ["appointment_id"]),
    "ix_appointment_starts_at": ("appointment", ["starts_at"]),
    "ix_appointment_department_id_starts_at": ("appointment", ["department_id", "starts_at"]),
    "ix_prescription_issued_at": ("prescription", ["issued_at"]),
    "ix_reveal_record_conversation_id": ("reveal_record", ["conversation_id"]),
    "ix_bot_feedback_at": ("bot_feedback", ["at"]),
    # By what nightly removal finds what is old enough.
    "ix_alert_ended_at": ("alert", ["ended_at"]),
    "ix_engine_command_done_at": ("engine_command", ["done_at"]),
    "ix_presence_span_until": ("presence_span", ["until"]),
    "ix_request_news_at": ("request_news", ["at"]),
    "ix_routing_decision_at": ("routing_decision", ["at"]),
    "ix_webhook_delivery_ended_at": ("webhook_delivery", ["ended_at"]),
}
OF_SOME = {
    "ix_assist_request_open_raised_at": ("assist_request", ["raised_at", "id"], "ended_at is null"),
    "ix_alert_open_raised_at": ("alert", ["raised_at", "id"], "ended_at is null"),
    "ix_call_live_started_at": ("call", ["started_at", "id"], "ended_at is null"),
    "ix_engine_command_open_engine": ("engine_command", ["engine"], "done_at is null"),
    "ix_request_news_away_channel_told": ("request_news", ["channel", "told"], "channel <> 'screen'"),
}
HOLDING = "ix_call_holding_agent_id"


def upgrade() -> None:
    """Make the indexes."""
    for name, (table, columns) in PLAIN.items():
        op.create_index(name, table, columns)
    for name, (table, columns, which) in OF_SOME.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    op.create_index(
        HOLDING, "call", ["agent_id"], sqlite_where=sa.text("holds_agent = 1"), postgresql_where=sa.text("holds_agent")
    )


def downgrade() -> None:
    """Let them go."""
    op.drop_index(HOLDING, table_name="call")
    for name, (table, *_) in (OF_SOME | PLAIN).items():
        op.drop_index(name, table_name=table)
