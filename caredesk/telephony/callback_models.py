"""Rows of call-backs: somebody who asked to be called, and how often that was tried."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base
from caredesk.core.sealed import BlindIndex, HoldsPersonal, SealedText, month_of


class CallBack(HoldsPersonal, Base):
    """A call that we owe: the place in the line is the conversation's, the attempts are here.

    `state`: `waiting` for its turn, `calling` now, `reached`, `unreachable` after the last attempt, or `withdrawn` by
    somebody at the desk or the caller. `not_before` keeps a pause between two attempts.
    """

    __tablename__ = "call_back"
    __table_args__ = (
        CheckConstraint("state in ('waiting','calling','reached','unreachable','withdrawn')", name="state"),
        Index("ix_call_back_state_asked_at", "state", "asked_at"),
    )

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(SealedText("call_back.number", row="conversation_id"))
    number_index: Mapped[str] = mapped_column(
        BlindIndex("call_back.number_index", of="number"), default="", server_default=text("''"), index=True
    )
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    attempts_limit: Mapped[int]
    not_before: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    last_outcome: Mapped[str] = mapped_column(String(20), default="")
    ended_at: Mapped[datetime | None]

    def key_holder(self) -> str:
        return month_of(self.asked_at)
