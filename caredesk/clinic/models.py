"""Rows of departments, doctors and clinic sessions, and the history of their schedule."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id

SLUG = String(60)


class Department(Base):
    """A department; `id` is a slug such as `dermatology`, which files and queues refer to."""

    __tablename__ = "department"

    id: Mapped[str] = mapped_column(SLUG, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str] = mapped_column(String(80), default="")
    category: Mapped[str] = mapped_column(String(60), default="")
    position: Mapped[int] = mapped_column(default=0)


class Doctor(Base):
    """A doctor; `name_en` is the name in pinyin, `title` the rank as the clinic writes it."""

    __tablename__ = "doctor"

    id: Mapped[str] = mapped_column(SLUG, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), index=True)
    name_en: Mapped[str] = mapped_column(String(80), default="")
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"), index=True)
    title: Mapped[str] = mapped_column(String(60), default="")


class ClinicSession(Base):
    """One doctor or department, one date, one time window. Its instants are what counts; `day` is the date it begins.

    A cancelled session stays as a row: the desk must be able to say that it was cancelled.
    """

    __tablename__ = "clinic_session"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"))
    doctor_id: Mapped[str | None] = mapped_column(ForeignKey("doctor.id"), index=True)
    day: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(12), default="scheduled")
    slots: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("kind in ('morning','afternoon','evening','night')", name="kind"),
        CheckConstraint("status in ('scheduled','cancelled','added')", name="status"),
        Index("ix_clinic_session_department_id_starts_at", "department_id", "starts_at"),
        Index("ix_clinic_session_day", "day"),
        # A department's own session has no doctor, and an index never finds two NULLs equal: so there are two.
        Index(
            "uq_clinic_session_of_doctor",
            "doctor_id",
            "day",
            "department_id",
            "kind",
            "starts_at",
            unique=True,
            sqlite_where=text("doctor_id is not null"),
            postgresql_where=text("doctor_id is not null"),
        ),
        Index(
            "uq_clinic_session_of_department",
            "department_id",
            "day",
            "kind",
            "starts_at",
            unique=True,
            sqlite_where=text("doctor_id is null"),
            postgresql_where=text("doctor_id is null"),
        ),
    )


class ScheduleImport(Base):
    """One import that changed the schedule: who, when, from what, and how much."""

    __tablename__ = "schedule_import"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str] = mapped_column(String(60))
    actor_name: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(200), default="")
    added: Mapped[int]
    changed: Mapped[int]
    cancelled: Mapped[int]
    unchanged: Mapped[int]


class ScheduleChange(Base):
    """One session as it was before and after an import, so that the schedule of any past day can be told (B20)."""

    __tablename__ = "schedule_change"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    import_id: Mapped[str] = mapped_column(ForeignKey("schedule_import.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("clinic_session.id", ondelete="CASCADE"), index=True)
    outcome: Mapped[str] = mapped_column(String(12))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any]]
