"""Rows of what was foretold of visits, and of the weights that were learned from how they went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class Outlook(Base):
    """What was foretold of a visit shortly before it, by which weights and why, and whether its family was reminded."""

    __tablename__ = "outlook"
    __table_args__ = (CheckConstraint("\"group\" in ('none','reminded','control')", name="group"),)

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointment.id", ondelete="CASCADE"), primary_key=True)
    patient_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(index=True)
    parts: Mapped[dict[str, Any]]
    score: Mapped[float]
    weights: Mapped[str] = mapped_column(String(40))
    reasons: Mapped[list[str]]
    group: Mapped[str] = mapped_column(String(10))


class LearnedWeights(Base):
    """Weights that were learned, from how many outcomes, and how they did against the rule. The newest count."""

    __tablename__ = "outlook_weights"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    base: Mapped[float]
    parts: Mapped[dict[str, Any]]
    outcomes: Mapped[int]
    error: Mapped[float]
    error_of_rule: Mapped[float]
    in_use: Mapped[bool]
