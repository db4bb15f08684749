"""The knowledge graph, entries bound to live data, and what the bot remembers of a turn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the graph's tables and the columns of live answers and of the dialogue."""
    op.create_table(
        "kb_node",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("entry_id", sa.String(length=80), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("updated_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("amount is null or amount >= 0", name=op.f("ck_kb_node_amount_not_negative")),
        sa.CheckConstraint(
            "kind in ('department','doctor','service','step','document','fee','policy')", name=op.f("ck_kb_node_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_node")),
    )
    with op.batch_alter_table("kb_node", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_node_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kb_node_kind"), ["kind"], unique=False)
    op.create_table(
        "kb_edge",
        sa.Column("source_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target_id", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "kind in ('offers','works_in','part_of','next','needs','costs','governed_by','related')",
            name=op.f("ck_kb_edge_kind"),
        ),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_kb_edge_not_itself")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["kb_node.id"], name=op.f("fk_kb_edge_source_id_kb_node"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["kb_node.id"], name=op.f("fk_kb_edge_target_id_kb_node"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "kind", "target_id", name=op.f("pk_kb_edge")),
    )
    with op.batch_alter_table("kb_edge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_edge_target_id"), ["target_id"], unique=False)
    # Plain additions: rebuilding these tables in a batch would lose what refers to them.
    for table in ("kb_entry", "kb_version"):
        op.add_column(table, sa.Column("live", sa.String(length=40), server_default=sa.text("''"), nullable=False))
    op.add_column("bot_turn", sa.Column("memory", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop them, and what they hold."""
    op.drop_column("bot_turn", "memory")
    for table in ("kb_version", "kb_entry"):
        op.drop_column(table, "live")
    op.drop_table("kb_edge")
    op.drop_table("kb_node")
