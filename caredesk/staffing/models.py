"""Rows of staffing: shifts with their breaks, leave, every change of them, proposals, and versions of assumptions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class Shift(Base):
    """One agent at work from one instant to another; may end on the next day."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_shift_staff_id_starts_at", "staff_id", "starts_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]


class ShiftBreak(Base):
    """A break within a shift."""

    __tablename__ = "shift_break"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    shift_id: Mapped[str] = mapped_column(ForeignKey("shift.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class Leave(Base):
    """An agent who is away; no shift may lie over it."""

    __tablename__ = "leave"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_leave_staff_id_starts_at", "staff_id", "starts_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(60), default="")


class RosterChange(Base):
    """One change of the roster: the shifts that it took away and those that it put there, so that it can be undone.

    `kind` is edit, copy, import or proposal.
    """

    __tablename__ = "roster_change"
    __table_args__ = (CheckConstraint("kind in ('edit','copy','import','proposal')", name="kind"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str] = mapped_column(String(60))
    actor_name: Mapped[str] = mapped_column(String(60), default="")
    kind: Mapped[str] = mapped_column(String(12))
    removed: Mapped[list[dict[str, Any]]]
    added: Mapped[list[dict[str, Any]]]
    undone_at: Mapped[datetime | None]


class StaffingAssumptions(Base):
    """What a supervisor told staffing to assume: one row for each version, the newest holds."""

    __tablename__ = "staffing_assumptions"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(60))
    actor_name: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    told: Mapped[dict[str, Any]]


class RosterProposal(Base):
    """A proposal for a week: asked for, thought out by a job, shown as a difference, applied or left.

    `state` is waiting, ready, failed or applied. `outcome` holds the shifts to remove and to add, how many quarters
    lack somebody before and after, and what can't be closed.
    """

    __tablename__ = "roster_proposal"
    __table_args__ = (CheckConstraint("state in ('waiting','ready','failed','applied')", name="state"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    week: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    asked_at: Mapped[datetime] = mapped_column(index=True)
    asked_by: Mapped[str] = mapped_column(String(60))
    done_at: Mapped[datetime | None]
    change_id: Mapped[str | None] = mapped_column(Id)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
