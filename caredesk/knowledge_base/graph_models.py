"""Rows of the knowledge graph: what the hospital has and does, and how these things hang together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base


class KbNode(Base):
    """One department, doctor, service, step, document, fee or policy.

    `ref` is the clinic's own id of a department or doctor; `entry_id` the entry that explains the thing. A fee has
    its `amount` in fen. `position` orders what stands side by side, such as the steps of a service.
    """

    __tablename__ = "kb_node"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), index=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    ref: Mapped[str] = mapped_column(String(60), default="")
    entry_id: Mapped[str] = mapped_column(String(80), default="", index=True)
    amount: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(20), default="")
    source: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        CheckConstraint("kind in ('department','doctor','service','step','document','fee','policy')", name="kind"),
        CheckConstraint("amount is null or amount >= 0", name="amount_not_negative"),
    )


class KbEdge(Base):
    """One relation, read from its source to its target: a service `needs` a document."""

    __tablename__ = "kb_edge"

    source_id: Mapped[str] = mapped_column(ForeignKey("kb_node.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    target_id: Mapped[str] = mapped_column(ForeignKey("kb_node.id", ondelete="CASCADE"), primary_key=True, index=True)

    __table_args__ = (
        CheckConstraint(
            "kind in ('offers','works_in','part_of','next','needs','costs','governed_by','related')", name="kind"
        ),
        CheckConstraint("source_id <> target_id", name="not_itself"),
    )
