"""Rows of assist requests and of the types a hospital has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id, index_of_some


class RequestTypeRow(Base):
    """A type of request as a hospital has it; types without a row are those of the package."""

    __tablename__ = "request_type"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    data: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    position: Mapped[int] = mapped_column(default=0)
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[datetime]


class AssistRequest(Base):
    """What a doctor, or the desk itself, has asked of the assistants.

    The talk and the work are its conversation's; here stands what it is about, by when what must have happened, and
    how it ended. `staff_id` is none when the desk asked by itself.
    """

    __tablename__ = "assist_request"
    __table_args__ = (
        # A repeat of the same tap is the same request, however often it is sent (B23).
        UniqueConstraint("sender", "client_key"),
        CheckConstraint("arrived_by in ('','presence','webhook','assistant')", name="arrived_by"),
        CheckConstraint("score is null or score between 1 and 5", name="score_range"),
        # One open request of a type for a visit, whoever taps however often.
        index_of_some(
            "uq_assist_request_open",
            "type_key",
            "appointment_id",
            only="ended_at is null and appointment_id is not null",
            unique=True,
        ),
        index_of_some("ix_assist_request_open_raised_at", "raised_at", "id", only="ended_at is null"),
        Index("ix_assist_request_appointment_id", "appointment_id"),
        Index("ix_assist_request_staff_id_raised_at", "staff_id", "raised_at"),
        Index("ix_assist_request_patient_id_ended_at", "patient_id", "ended_at"),
        Index("ix_assist_request_clinic_session_id_ended_at", "clinic_session_id", "ended_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), unique=True)
    type_key: Mapped[str] = mapped_column(String(40))
    sender: Mapped[str] = mapped_column(String(60))
    client_key: Mapped[str] = mapped_column(String(64))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    raised_by: Mapped[str] = mapped_column(String(60), default="")
    doctor_id: Mapped[str | None] = mapped_column(String(60))
    department_id: Mapped[str] = mapped_column(String(60), default="")
    clinic_session_id: Mapped[str | None] = mapped_column(Id)
    appointment_id: Mapped[str | None] = mapped_column(Id)
    patient_id: Mapped[str | None] = mapped_column(Id)
    guardian_id: Mapped[str | None] = mapped_column(Id)
    form: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime] = mapped_column(index=True)
    accept_due_at: Mapped[datetime | None]
    attempt_due_at: Mapped[datetime | None]
    report_due_at: Mapped[datetime | None]
    first_attempt_at: Mapped[datetime | None]
    urged_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    arrived_by: Mapped[str] = mapped_column(String(12), default="")
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(40), default="")
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(String(200), default="")


class RequestNews(Base):
    """One thing that who asked was told about a request: on an open page, by push, by message, or in vain.

    `state`, `promised_at` and `unread` are how the request stood then; what has moved on since is news.
    """

    __tablename__ = "request_news"
    __table_args__ = (
        CheckConstraint("channel in ('screen','web_push','wechat','sms','none')", name="channel"),
        Index("ix_request_news_request_id_at", "request_id", "at"),
        Index("ix_request_news_staff_id_at", "staff_id", "at"),
        Index("ix_request_news_at", "at"),
        index_of_some("ix_request_news_away_channel_told", "channel", "told", only="channel <> 'screen'"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("assist_request.id", ondelete="CASCADE"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))
    promised_at: Mapped[datetime | None]
    unread: Mapped[int]
    channel: Mapped[str] = mapped_column(String(10))
    told: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(60), default="")
