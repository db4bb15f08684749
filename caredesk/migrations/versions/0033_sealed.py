"""Columns of people's data get room for sealed values, with the keys and indexes that belong to them.

What is stored stays as it is; a job seals it afterwards, row by row, and until then both are read.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

import caredesk.core.db
from caredesk.core.clock import SystemClock
from caredesk.core.ids import new_id

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

CONTRACTS = (
    "the release before cannot read sealed values: all processes stop before this one starts (docs/operations.md)"
)

TIME = caredesk.core.db.UtcDateTime(timezone=True)
WORD = sa.String(length=24)
HOLDERS = ("guardian", "patient", "parcel", "call", "call_back", "engine_command", "cloud_push")


def upgrade() -> None:
    """Widen the columns, add keys and words of search, and ask for the rows that are here to be sealed."""
    _keys()
    _families()
    _calls()
    _ask_for_sealing()


def _keys() -> None:
    op.create_table(
        "data_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("master", sa.String(length=16), nullable=False),
        sa.Column("wrapped", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
    )
    op.create_index("ix_data_key_holder_master", "data_key", ["holder", "master"])
    op.create_index("ix_data_key_master", "data_key", ["master"])
    op.create_table(
        "name_piece",
        sa.Column("place", sa.String(length=32), nullable=False),
        sa.Column("token", WORD, nullable=False),
        sa.Column("row_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("place", "token", "row_id", name=op.f("pk_name_piece")),
    )
    op.create_index("ix_name_piece_row_id", "name_piece", ["row_id"])
    op.create_table(
        "sealing_round",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=40), server_default=sa.text("''"), nullable=False),
        sa.Column("after", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("kind in ('seal','rotate')", name=op.f("ck_sealing_round_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_round")),
    )
    op.create_index("ix_sealing_round_ended_at", "sealing_round", ["ended_at"])


def _families() -> None:
    with op.batch_alter_table("guardian") as batch_op:
        batch_op.drop_index("ix_guardian_name")
        batch_op.alter_column("name", existing_type=sa.String(60), type_=sa.Text())
        batch_op.alter_column("phone", existing_type=sa.String(30), type_=sa.Text())
        batch_op.alter_column("phone_tail", existing_type=sa.String(4), type_=WORD)
        batch_op.alter_column("id_number", existing_type=sa.String(30), type_=sa.Text())
        batch_op.add_column(sa.Column("phone_index", WORD, server_default=sa.text("''"), nullable=False))
        batch_op.create_index("ix_guardian_phone_index", ["phone_index"])
    with op.batch_alter_table("patient") as batch_op:
        batch_op.drop_index("ix_patient_name")
        batch_op.alter_column("name", existing_type=sa.String(60), type_=sa.Text())
        batch_op.alter_column(
            "birth_date", existing_type=sa.Date(), type_=sa.Text(), postgresql_using="birth_date::text"
        )


def _calls() -> None:
    with op.batch_alter_table("call") as batch_op:
        batch_op.drop_index("ix_call_caller_tail")
        batch_op.alter_column("caller", existing_type=sa.String(40), type_=sa.Text())
        # Holds the plain number until the row is sealed; longer ones than a number can be are found by nobody.
        batch_op.add_column(sa.Column("caller_index", WORD, server_default=sa.text("''"), nullable=False))
        batch_op.create_index("ix_call_caller_index", ["caller_index"])
        batch_op.drop_column("caller_tail")
    op.execute("UPDATE call SET caller_index = substr(caller, 1, 24)")
    with op.batch_alter_table("call_back") as batch_op:
        batch_op.alter_column("number", existing_type=sa.String(32), type_=sa.Text())
        batch_op.add_column(sa.Column("number_index", WORD, server_default=sa.text("''"), nullable=False))
        batch_op.create_index("ix_call_back_number_index", ["number_index"])
    op.execute("UPDATE call_back SET number_index = substr(number, 1, 24)")
    for table, column in (("engine_command", "args"), ("cloud_push", "body")):
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(column, existing_type=sa.JSON(), type_=sa.Text(), postgresql_using=f"{column}::text")


def _ask_for_sealing() -> None:
    bind, now = op.get_bind(), SystemClock().now()
    counts = [bind.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0 for name in HOLDERS]
    if not any(counts):
        return
    round_id = new_id()
    rounds = sa.table(
        "sealing_round", sa.column("id"), sa.column("kind"), sa.column("total"), sa.column("started_at", TIME)
    )
    op.execute(rounds.insert().values(id=round_id, kind="seal", total=sum(counts), started_at=now))
    plain: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("id", "name", "key", "attempts", "dead")]
    jobs = sa.table(
        "job", *plain, sa.column("due_at", TIME), sa.column("created_at", TIME), sa.column("payload", sa.JSON())
    )
    job = {"id": new_id(), "name": "seal_rows", "key": "seal_rows", "payload": {"round_id": round_id}}
    op.execute(jobs.insert().values(**job, attempts=0, dead=False, due_at=now, created_at=now))


def downgrade() -> None:
    """Go back, which an empty desk can: sealed values are nothing to the release before."""
    with op.batch_alter_table("cloud_push") as batch_op:
        batch_op.alter_column("body", existing_type=sa.Text(), type_=sa.JSON(), postgresql_using="body::json")
    with op.batch_alter_table("engine_command") as batch_op:
        batch_op.alter_column("args", existing_type=sa.Text(), type_=sa.JSON(), postgresql_using="args::json")
    with op.batch_alter_table("call_back") as batch_op:
        batch_op.drop_index("ix_call_back_number_index")
        batch_op.drop_column("number_index")
        batch_op.alter_column("number", existing_type=sa.Text(), type_=sa.String(32))
    with op.batch_alter_table("call") as batch_op:
        batch_op.drop_index("ix_call_caller_index")
        batch_op.drop_column("caller_index")
        batch_op.add_column(sa.Column("caller_tail", sa.String(4), server_default=sa.text("''"), nullable=False))
        batch_op.alter_column("caller", existing_type=sa.Text(), type_=sa.String(40))
        batch_op.create_index("ix_call_caller_tail", ["caller_tail"])
    with op.batch_alter_table("patient") as batch_op:
        batch_op.alter_column(
            "birth_date", existing_type=sa.Text(), type_=sa.Date(), postgresql_using="birth_date::date"
        )
        batch_op.alter_column("name", existing_type=sa.Text(), type_=sa.String(60))
        batch_op.create_index("ix_patient_name", ["name"])
    with op.batch_alter_table("guardian") as batch_op:
        batch_op.drop_index("ix_guardian_phone_index")
        batch_op.drop_column("phone_index")
        batch_op.alter_column("id_number", existing_type=sa.Text(), type_=sa.String(30))
        batch_op.alter_column("phone_tail", existing_type=WORD, type_=sa.String(4))
        batch_op.alter_column("phone", existing_type=sa.Text(), type_=sa.String(30))
        batch_op.alter_column("name", existing_type=sa.Text(), type_=sa.String(60))
        batch_op.create_index("ix_guardian_name", ["name"])
    op.drop_table("sealing_round")
    op.drop_table("name_piece")
    op.drop_table("data_key")
