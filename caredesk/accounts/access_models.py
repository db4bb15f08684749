"""Rows of who may open what: the table's versions, and what was opened beyond it for a purpose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class AccessPolicy(Base):
    """One version of who may open what; the newest holds. Versions are written once and never changed."""

    __tablename__ = "access_policy"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(200), default="")
    made_by: Mapped[str] = mapped_column(String(60), default="")
    made_at: Mapped[datetime]


class AccessOpening(Base):
    """A talk that somebody opened beyond their reach: for what purpose, why, until when, and what the review said."""

    __tablename__ = "access_opening"
    __table_args__ = (
        CheckConstraint("verdict in ('', 'fine', 'questioned')", name="verdict"),
        CheckConstraint("(verdict = '') = (reviewed_at is null)", name="reviewed_with_a_verdict"),
        Index("ix_access_opening_staff_id_until", "staff_id", "until"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str] = mapped_column(String(60), default="")
    verdict: Mapped[str] = mapped_column(String(12), default="")
