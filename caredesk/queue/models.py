"""Rows of queues, the skills that serve them, offers and the matcher's decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class Queue(Base):
    """Waiting work of one skill, with opening hours and a service level.

    It is open while a clinic session of its departments runs, plus lead-in and lead-out, or in its fixed hours.
    `categories` are knowledge categories whose handoffs come here. `kind` is `parent` or `assistant`.
    """

    __tablename__ = "queue"
    __table_args__ = (CheckConstraint("kind in ('parent', 'assistant')", name="kind"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60), default="")
    kind: Mapped[str] = mapped_column(String(12), default="parent")
    is_default: Mapped[bool] = mapped_column(default=False)
    lead_in_minutes: Mapped[int] = mapped_column(default=0)
    lead_out_minutes: Mapped[int] = mapped_column(default=0)
    fixed_hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    categories: Mapped[list[str]] = mapped_column(default=list)
    offer_seconds: Mapped[int] = mapped_column(default=25)
    service_level_seconds: Mapped[int] = mapped_column(default=60)
    message_promise_minutes: Mapped[int] = mapped_column(default=30)
    position: Mapped[int] = mapped_column(default=0)


class QueueDepartment(Base):
    """A department whose clinic sessions open the queue."""

    __tablename__ = "queue_department"

    queue_id: Mapped[str] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"), primary_key=True)
    department_id: Mapped[str] = mapped_column(String(60), primary_key=True)


class AgentSkill(Base):
    """An agent who serves a queue; a higher level is asked first among equals."""

    __tablename__ = "agent_skill"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"), primary_key=True, index=True)
    level: Mapped[int] = mapped_column(default=1)


class Offer(Base):
    """A conversation offered to one agent. At most one is pending per conversation: the index says so (B6)."""

    __tablename__ = "offer"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queue.id"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="pending")
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        CheckConstraint("state in ('pending','accepted','declined','timed_out','withdrawn')", name="state"),
        Index(
            "uq_offer_pending",
            "conversation_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )


class RoutingDecision(Base):
    """Why this agent: every candidate with its exclusion or its score, as the matcher saw it (B11)."""

    __tablename__ = "routing_decision"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queue.id"))
    at: Mapped[datetime]
    trigger: Mapped[str] = mapped_column(String(40))
    chosen_staff_id: Mapped[str | None] = mapped_column(Id)
    candidates: Mapped[list[dict[str, Any]]]
    policy_version: Mapped[int]
