"""Rows of legal holds, of erasures with what the law still keeps, and of the runs that follow the time limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id
from caredesk.core.sealed import HoldsPersonal, SealedJson


class LegalHold(Base):
    """A family or a conversation of which nothing goes while the hold stands. `reason` is what somebody typed.

    Whoever placed it is not who lifts it.
    """

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint("subject_kind in ('guardian','conversation')", name="subject_kind"),
        # One hold at a time on the same thing.
        Index(
            "uq_legal_hold_standing",
            "subject_id",
            unique=True,
            sqlite_where=text("lifted_at is null"),
            postgresql_where=text("lifted_at is null"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[str] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(String(200))
    placed_by: Mapped[str] = mapped_column(Id)
    placed_at: Mapped[datetime] = mapped_column(index=True)
    lifted_by: Mapped[str | None] = mapped_column(Id)
    lifted_at: Mapped[datetime | None]


class Erasure(Base):
    """The wish that a family be forgotten: asked by one, allowed or refused by another, done by a job.

    It names the family by an id that leads to nobody once it is done. `gone` and `kept` count by class of record;
    `certificate` is the SHA-256 of what was filed.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        CheckConstraint("state in ('asked','refused','allowed','running','done')", name="state"),
        CheckConstraint("ground in ('request','consent','unlawful','ended')", name="ground"),
        # One at a time for a family, whoever asks however often.
        Index(
            "uq_erasure_open",
            "guardian_id",
            unique=True,
            sqlite_where=text("state in ('asked','allowed','running')"),
            postgresql_where=text("state in ('asked','allowed','running')"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    guardian_id: Mapped[str] = mapped_column(Id, index=True)
    ground: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10), default="asked")
    asked_by: Mapped[str] = mapped_column(Id)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    gone: Mapped[dict[str, Any]] = mapped_column(default=dict)
    kept: Mapped[dict[str, Any]] = mapped_column(default=dict)
    certificate: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))


class KeptRecord(HoldsPersonal, Base):
    """What the law keeps of an erased family's conversation until `until`: stored, sealed, and shown by no page.

    Each has a key of its own, which goes with it.
    """

    __tablename__ = "kept_record"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    erasure_id: Mapped[str] = mapped_column(Id, index=True)
    conversation_id: Mapped[str] = mapped_column(Id, unique=True)
    body: Mapped[dict[str, Any]] = mapped_column(SealedJson("kept_record.body"))
    until: Mapped[datetime] = mapped_column(index=True)

    def key_holder(self) -> str:
        return self.id


class RetentionRun(Base):
    """One walk over the classes of records. `place` is the class it has come to; `gone` counts by class."""

    __tablename__ = "retention_run"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    place: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    gone: Mapped[dict[str, Any]] = mapped_column(default=dict)
