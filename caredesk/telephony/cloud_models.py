"""Rows of cloud call centres: their pushes as they came, and which of our calls their numbers mean."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id
from caredesk.core.sealed import HoldsPersonal, SealedJson, month_of


class CloudPush(HoldsPersonal, Base):
    """One push as it came, once however often it is sent; removed after some days, because it names callers.

    `event_id` is the vendor's own where there is one, else a fingerprint. `call` is empty when the push could not be
    read: then it is kept for whoever looks into it.
    """

    __tablename__ = "cloud_push"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        Index("ix_cloud_push_provider_call", "provider", "call"),
        Index("ix_cloud_push_provider_follows", "provider", "follows"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(80))
    call: Mapped[str] = mapped_column(String(80), default="")
    follows: Mapped[str] = mapped_column(String(80), default="")
    action: Mapped[str] = mapped_column(String(20), default="")
    body: Mapped[dict[str, Any]] = mapped_column(SealedJson("cloud_push.body"))
    received_at: Mapped[datetime] = mapped_column(index=True)

    def key_holder(self) -> str:
        return month_of(self.received_at)


class CloudCall(Base):
    """Which of our calls a vendor's number means. A call that was passed on has several of them."""

    __tablename__ = "cloud_call"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str] = mapped_column(String(80), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), index=True)
