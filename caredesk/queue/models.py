"""Rows of queues, the skills that serve them, offers, the matcher's decisions and the policy they were made by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class Queue(Base):
    """Waiting work of one skill, with opening hours and a service level.

    It is open while a clinic session of its departments runs, plus lead-in and lead-out, or in its fixed hours.
    `categories` are knowledge categories whose handoffs come here, `skills` (by blanks) what its work
    asks for besides. `kind` is `parent` or `assistant`.
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
    skills: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
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
        CheckConstraint("(state = 'pending') = (ended_at is null)", name="ended_when_not_pending"),
        Index(
            "uq_offer_pending",
            "conversation_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )


class AgentAbility(Base):
    """Something an agent can do besides serving a queue: `lang:en`, or a skill that a piece of work asks for."""

    __tablename__ = "agent_ability"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    level: Mapped[int] = mapped_column(default=1)


class RoutingPolicy(Base):
    """One version of the routing policy. Versions are written once and never changed: decisions name them."""

    __tablename__ = "routing_policy"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(200), default="")
    made_by: Mapped[str] = mapped_column(String(60), default="")
    made_at: Mapped[datetime]


class PolicyActivation(Base):
    """When which version began to hold, and who said so; the last row is the active one."""

    __tablename__ = "policy_activation"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("routing_policy.version"))
    by: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]


class RoutingSnapshot(Base):
    """Every candidate of a queue as one match found them; the decisions of the match share it."""

    __tablename__ = "routing_snapshot"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    candidates: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime] = mapped_column(index=True)


class WaitForecast(Base):
    """The wait that somebody was told on arrival, and how long it was: how honest the desk is."""

    __tablename__ = "wait_forecast"
    __table_args__ = (Index("ix_wait_forecast_queue_id_at", "queue_id", "at"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    position: Mapped[int]
    low_seconds: Mapped[float | None]
    high_seconds: Mapped[float | None]
    actual_seconds: Mapped[float | None]


class RoutingFault(Base):
    """Something that the safety net found and the events should have done; `code` says what."""

    __tablename__ = "routing_fault"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    queue_id: Mapped[str | None] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"))
    conversation_id: Mapped[str | None] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(index=True)


class OutOfOrderClaim(Base):
    """Work that an agent took out of its order, with the reason and how many were passed over (B14)."""

    __tablename__ = "out_of_order_claim"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    queue_id: Mapped[str | None] = mapped_column(ForeignKey("queue.id"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(String(200))
    passed_over: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)


class RoutingDecision(Base):
    """Why this agent: what the matcher saw, so that the decision can be shown and made again (B11).

    The candidates are those of the snapshot, with what this match had given out before (`taken`) and who had been
    asked for this piece of work (`asked`). Decisions from before snapshots hold their `candidates` themselves.
    """

    __tablename__ = "routing_decision"
    __table_args__ = (Index("ix_routing_decision_at", "at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queue.id"))
    at: Mapped[datetime]
    trigger: Mapped[str] = mapped_column(String(40))
    chosen_staff_id: Mapped[str | None] = mapped_column(Id)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    policy_version: Mapped[int]
    snapshot_id: Mapped[str | None] = mapped_column(ForeignKey("routing_snapshot.id"))
    item: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    taken: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    decided_by: Mapped[str | None] = mapped_column(String(40))
    # Tells whether "nobody" still has the same reasons, without reading what the reasons were.
    fingerprint: Mapped[str | None] = mapped_column(String(32))
