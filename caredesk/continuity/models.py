"""Rows of incidents: what was declared by whom and why, and everything that was done about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class Incident(Base):
    """An incident, or a drill of one. One of each may go on at a time: the index says so.

    `respond_by` is when somebody must have begun; `report` is what was counted at its end, and never changes.
    """

    __tablename__ = "incident"
    __table_args__ = (
        Index(
            "uq_incident_open",
            "drill",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    drill: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200))
    declared_at: Mapped[datetime] = mapped_column(index=True)
    declared_by: Mapped[str] = mapped_column(String(60))
    respond_by: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    lead_name: Mapped[str] = mapped_column(String(60))
    tells_parents: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any] | None]


class IncidentEntry(Base):
    """One thing that was done about an incident. Written once, never changed."""

    __tablename__ = "incident_entry"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(String(60))
    what: Mapped[str] = mapped_column(String(20))
    item: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str] = mapped_column(String(500), default="")
