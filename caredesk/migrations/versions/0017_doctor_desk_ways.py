"""The doctor's desk beyond its page: who may be told by push or message, and how people sign in by other systems."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Add the tables and the columns of staff."""
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("department_id", sa.String(length=60), server_default=sa.text("''"), nullable=False)
        )
        batch_op.add_column(sa.Column("phone", sa.String(length=30), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("wechat_id", sa.String(length=80), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("wecom_id", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_staff_wecom_id"), ["wecom_id"])
    _push_subscriptions()
    _sign_ins()
    _news()


def _push_subscriptions() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.String(length=100), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("fault", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_push_subscription_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_subscription_endpoint_hash")),
    )
    with op.batch_alter_table("push_subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_push_subscription_staff_id"), ["staff_id"], unique=False)


def _sign_ins() -> None:
    op.create_table(
        "sign_in_record",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.CheckConstraint("way in ('token','wecom')", name=op.f("ck_sign_in_record_way")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_in_record_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_record")),
    )
    with op.batch_alter_table("sign_in_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_record_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_record_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "used_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_used_token")),
    )
    with op.batch_alter_table("used_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_token_expires_at"), ["expires_at"], unique=False)


def _news() -> None:
    op.create_table(
        "request_news",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("promised_at", TIME, nullable=True),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.CheckConstraint(
            "channel in ('screen','web_push','wechat','sms','none')", name=op.f("ck_request_news_channel")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["assist_request.id"],
            name=op.f("fk_request_news_request_id_assist_request"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_request_news_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_news")),
    )
    with op.batch_alter_table("request_news", schema=None) as batch_op:
        batch_op.create_index("ix_request_news_request_id_at", ["request_id", "at"], unique=False)
        batch_op.create_index("ix_request_news_staff_id_at", ["staff_id", "at"], unique=False)


def downgrade() -> None:
    """Remove them."""
    for table in ("request_news", "used_token", "sign_in_record", "push_subscription"):
        op.drop_table(table)
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_staff_wecom_id"), type_="unique")
        for column in ("wecom_id", "wechat_id", "phone", "department_id"):
            batch_op.drop_column(column)
