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

    A cancelled session stays as a row: the desk must be able to say that it was cancelled. `origin` is who had the
    last word: what a person, a file or the hospital's system said is never overwritten by the weekly template.
    `generated_for` is the place in the template that it came from, `external_id` its number in the hospital's system.
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
    origin: Mapped[str] = mapped_column(String(12), default="import", server_default="import")
    generated_for: Mapped[str | None] = mapped_column(String(60), index=True)
    external_id: Mapped[str | None] = mapped_column(String(120))

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("kind in ('morning','afternoon','evening','night')", name="kind"),
        CheckConstraint("status in ('scheduled','cancelled','added')", name="status"),
        Index("ix_clinic_session_department_id_starts_at", "department_id", "starts_at"),
        Index("ix_clinic_session_day", "day"),
        Index("uq_clinic_session_external_id", "external_id", unique=True),
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
    """One import that changed the schedule: who, when, from what, and how much.

    `kind` is `import`, `hand`, `template`, `fhir` or `undo`; what was undone names the change that took it back.
    """

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
    kind: Mapped[str] = mapped_column(String(12), default="import", server_default="import")
    undone_by: Mapped[str | None] = mapped_column(Id)


class ScheduleChange(Base):
    """One session as it was before and after an import, so that the schedule of any past day can be told (B20)."""

    __tablename__ = "schedule_change"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    import_id: Mapped[str] = mapped_column(ForeignKey("schedule_import.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("clinic_session.id", ondelete="CASCADE"), index=True)
    outcome: Mapped[str] = mapped_column(String(12))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any]]


class ScheduleStamp(Base):
    """The one row that counts changes of the schedule; locking it puts all who change the schedule in a line."""

    __tablename__ = "schedule_stamp"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class TemplateWindow(Base):
    """One window of the weekly template: who, on which weekday, from when to when, and in which weeks it is valid.

    `ends` at or before `starts` is on the next day. `swapped` tells which weekday a Saturday or Sunday worked in
    exchange follows: 1 to 7, 0 for its own weekday, None when the window rests on such days.
    """

    __tablename__ = "template_window"
    __table_args__ = (
        CheckConstraint("weekday between 1 and 7", name="weekday"),
        CheckConstraint("valid_until is null or valid_until >= valid_from", name="validity"),
        Index("ix_template_window_department_id_weekday", "department_id", "weekday"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"))
    doctor_id: Mapped[str | None] = mapped_column(ForeignKey("doctor.id"), index=True)
    weekday: Mapped[int]
    starts: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))
    kind: Mapped[str] = mapped_column(String(12))
    slots: Mapped[int | None]
    on_holidays: Mapped[bool] = mapped_column(default=False)
    swapped: Mapped[int | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    note: Mapped[str] = mapped_column(Text, default="")


class QueueHoursVersion(Base):
    """How a queue followed the clinic from a moment on: its leads, fixed hours and departments (B20)."""

    __tablename__ = "queue_hours_version"
    __table_args__ = (Index("ix_queue_hours_version_queue_id_valid_from", "queue_id", "valid_from"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"))
    valid_from: Mapped[datetime]
    lead_in_minutes: Mapped[int]
    lead_out_minutes: Mapped[int]
    fixed_hours: Mapped[dict[str, Any]]
    department_ids: Mapped[list[str]]
