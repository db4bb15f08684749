"""Rows of recordings and of who has listened to them. The sound itself lies sealed in the recordings' store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id

RecordingId = String(64)


class Recording(Base):
    """One recording of a call (left: who called, right: the agent) or a left message.

    `call_id` is the engine's; the recording may arrive before the desk has read the facts of its call. `key_id` says
    with which key it was sealed. A recording past its time keeps its row, with `deleted_at` and without sound.
    """

    __tablename__ = "recording"
    __table_args__ = (
        CheckConstraint("kind in ('call','voicemail')", name="kind"),
        # The daily look for what has passed its time.
        Index("ix_recording_deleted_at_kept_at", "deleted_at", "kept_at"),
    )

    id: Mapped[str] = mapped_column(RecordingId, primary_key=True)
    call_id: Mapped[str] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(12))
    seconds: Mapped[float] = mapped_column(Double)
    channels: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(16))
    peaks: Mapped[list[Any]] = mapped_column(JSON)
    kept_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class RecordingPlay(Base):
    """Somebody listened to a recording: who, what for, when (B54)."""

    __tablename__ = "recording_play"
    __table_args__ = (Index("ix_recording_play_recording_id_at", "recording_id", "at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    staff_name: Mapped[str] = mapped_column(String(60), default="")
    purpose: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
