"""Rows of the floor: hours set by hand, alerts, what supervisors did, notices, guests, and post for the webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id, index_of_some


class HoursByHand(Base):
    """A queue opened or closed by hand, with its reason and its end. `ended_at` is when it was taken back before."""

    __tablename__ = "hours_by_hand"
    __table_args__ = (
        CheckConstraint("kind in ('open','closed')", name="kind"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_hours_by_hand_queue_id_ends_at", "queue_id", "ends_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[str] = mapped_column(Id)
    by_name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Alert(Base):
    """Something that needs a person. One is open for a matter at a time: the index on `matter` says so (B35).

    `stage` is whom it calls now: the agent, the supervisors, or the hospital's own systems by webhook.
    """

    __tablename__ = "alert"
    __table_args__ = (
        CheckConstraint("stage in ('agent','supervisor','webhook')", name="stage"),
        index_of_some("uq_alert_open", "matter", only="ended_at is null", unique=True),
        index_of_some("ix_alert_open_raised_at", "raised_at", "id", only="ended_at is null"),
        Index("ix_alert_ended_at", "ended_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    matter: Mapped[str] = mapped_column(String(120))
    conversation_id: Mapped[str | None] = mapped_column(Id)
    staff_id: Mapped[str | None] = mapped_column(Id)
    queue_id: Mapped[str | None] = mapped_column(Id)
    stage: Mapped[str] = mapped_column(String(12))
    raised_at: Mapped[datetime] = mapped_column(index=True)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(String(60), default="")
    escalated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class FloorAction(Base):
    """What a supervisor did from the floor: who, what, to whom, and why. Written once, never changed."""

    __tablename__ = "floor_action"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    by_id: Mapped[str] = mapped_column(Id)
    by_name: Mapped[str] = mapped_column(String(60))
    what: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str | None] = mapped_column(Id, index=True)
    staff_id: Mapped[str | None] = mapped_column(Id)
    queue_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(String(200), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class FloorNotice(Base):
    """Words of a supervisor to all agents, or to those of one queue."""

    __tablename__ = "floor_notice"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    queue_id: Mapped[str | None] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    by_id: Mapped[str] = mapped_column(Id)
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(index=True)


class NoticeSeen(Base):
    """Who has acknowledged a notice, and when."""

    __tablename__ = "floor_notice_seen"

    notice_id: Mapped[str] = mapped_column(ForeignKey("floor_notice.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]


class ConversationGuest(Base):
    """A supervisor who has joined an agent's conversation; the parent is told when the guest first writes."""

    __tablename__ = "conversation_guest"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    joined_at: Mapped[datetime]
    announced_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One thing to tell the hospital's own systems; `number` orders what is told about one subject (B66)."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("subject", "number"),
        CheckConstraint("state in ('pending','delivered','dead','dropped')", name="state"),
        Index("ix_webhook_delivery_state_made_at", "state", "made_at"),
        Index("ix_webhook_delivery_subscription_id_state", "subscription_id", "state"),
        Index("ix_webhook_delivery_ended_at", "ended_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    type: Mapped[str] = mapped_column(String(40))
    body: Mapped[dict[str, Any]]
    subscription_id: Mapped[str | None] = mapped_column(Id)
    """The system that it goes to; None for the address in the settings."""
    state: Mapped[str] = mapped_column(String(10), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(60), default="")
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
