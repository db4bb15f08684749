"""Rows of the hotline's set-up: its versions, and recordings that take the place of made prompts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Double, String
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class HotlineVersion(Base):
    """One version of menu and limits. Versions are written once; the newest holds."""

    __tablename__ = "hotline_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    setup: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(200), default="")
    made_by: Mapped[str] = mapped_column(String(60), default="")
    made_at: Mapped[datetime]


class PromptRecording(Base):
    """A recording that is played in the place of a made prompt; its sound lies in the files port under `file_id`."""

    __tablename__ = "prompt_recording"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    file_id: Mapped[str] = mapped_column(Id)
    sha256: Mapped[str] = mapped_column(String(64))
    seconds: Mapped[float] = mapped_column(Double)
    uploaded_by: Mapped[str] = mapped_column(String(60), default="")
    uploaded_at: Mapped[datetime]
