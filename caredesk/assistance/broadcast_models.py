"""Rows of messages to all waiting families of a session: the message, and every family it goes to by each channel.

Apart from the call-ups' rows because nobody is called: such a message is said once and waits for nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class Broadcast(Base):
    """What a doctor said to everybody who waits. `minutes` of a delay, `ends_at` of an early end, `text` of words."""

    __tablename__ = "broadcast"
    __table_args__ = (
        # A repeat of the same tap is the same message, however often it is sent (B23).
        UniqueConstraint("staff_id", "client_key"),
        CheckConstraint("kind in ('delay','early_end','words')", name="kind"),
        Index("ix_broadcast_staff_id_at", "staff_id", "at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    client_key: Mapped[str] = mapped_column(String(64))
    doctor_id: Mapped[str] = mapped_column(String(60))
    department_id: Mapped[str] = mapped_column(String(60))
    clinic_session_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(12))
    minutes: Mapped[int | None]
    ends_at: Mapped[datetime | None]
    text: Mapped[str] = mapped_column(String(200), default="")
    in_session: Mapped[bool]
    at: Mapped[datetime]


class BroadcastLeg(Base):
    """The message on its way to one family by one channel; `request_id` is what the provider knows a repeat by."""

    __tablename__ = "broadcast_leg"
    __table_args__ = (
        UniqueConstraint("broadcast_id", "guardian_id", "channel", name="uq_broadcast_leg_once"),
        CheckConstraint("channel in ('in_app','wechat','sms')", name="channel"),
        CheckConstraint("state in ('planned','sending','sent','delivered','failed','skipped')", name="state"),
        Index("ix_broadcast_leg_channel_provider_id", "channel", "provider_id"),
        Index("ix_broadcast_leg_dead_planned_at", "dead", "planned_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    broadcast_id: Mapped[str] = mapped_column(ForeignKey("broadcast.id", ondelete="CASCADE"))
    guardian_id: Mapped[str] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(12))
    to: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(12), default="planned")
    reason: Mapped[str] = mapped_column(String(60), default="")
    request_id: Mapped[str] = mapped_column(Id, unique=True)
    provider_id: Mapped[str] = mapped_column(String(80), default="")
    tries: Mapped[int] = mapped_column(default=0)
    dead: Mapped[bool] = mapped_column(default=False)
    planned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
