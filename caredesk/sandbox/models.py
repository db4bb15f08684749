"""Rows of the sandbox: runs that were asked for, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id

RunState = Literal["waiting", "running", "done", "failed", "cancelled"]


class SimulationRun(Base):
    """One run: what was asked, how far it is, and its report. `fault` is the code of why there is none."""

    __tablename__ = "simulation_run"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[RunState] = mapped_column(String(10), default="waiting")
    fault: Mapped[str] = mapped_column(String(60), default="")
    request: Mapped[dict[str, Any]]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_by_name: Mapped[str] = mapped_column(String(60), default="")
    asked_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting','running','done','failed','cancelled')", name="state"),
        CheckConstraint("(state = 'done') = (report is not null)", name="done_with_a_report"),
    )
