"""Rows of the guardrails: what was found in a message, what became of it, and how a supervisor judged it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class GuardrailFinding(Base):
    """One thing that was found in one message. It holds no words: those stand in the entry, masked as it is stored.

    `staff_id` is who wrote an agent's message, or who served the family when theirs was found. `start` and `stop` say
    where in the entry's text it stands, in characters; both are 0 where nothing is to be shown.
    """

    __tablename__ = "guardrail_finding"
    __table_args__ = (
        CheckConstraint("side in ('family','agent')", name="side"),
        CheckConstraint("outcome in ('masked','alerted','overridden','changed')", name="outcome"),
        CheckConstraint("verdict in ('','right','false')", name="verdict"),
        Index("ix_guardrail_finding_at_id", "at", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    side: Mapped[str] = mapped_column(String(8))
    outcome: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(20), default="")
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    # In the archive or not, so no foreign key can name it.
    entry_id: Mapped[str] = mapped_column(Id)
    staff_id: Mapped[str | None] = mapped_column(Id)
    start: Mapped[int] = mapped_column(default=0)
    stop: Mapped[int] = mapped_column(default=0)
    verdict: Mapped[str] = mapped_column(String(8), default="")
    judged_by: Mapped[str | None] = mapped_column(Id)
    judged_at: Mapped[datetime | None]
