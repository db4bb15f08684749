"""Rows of those who ask for an export without masks, and of the second person's word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class ExportApproval(Base):
    """Somebody asks to take a conversation out without masks; somebody else says yes or no, once (B61).

    Nothing is decided while `decision` is empty. It is no foreign key of its conversation: that it was asked for
    outlives it. `used` counts the exports that were made with it.
    """

    __tablename__ = "export_approval"
    __table_args__ = (
        CheckConstraint("decision in ('','approved','refused')", name="decision"),
        CheckConstraint("decided_by <> asked_by", name="second_person"),
        Index("ix_export_approval_conversation_id_asked_at", "conversation_id", "asked_at"),
        Index("ix_export_approval_decision_expires_at", "decision", "expires_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(Id)
    purpose: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(200))
    asked_by: Mapped[str] = mapped_column(Id)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decision: Mapped[str] = mapped_column(String(10), default="", server_default=text("''"))
    decided_by: Mapped[str] = mapped_column(String(36), default="", server_default=text("''"))
    decided_at: Mapped[datetime | None]
    used: Mapped[int] = mapped_column(default=0, server_default=text("0"))
