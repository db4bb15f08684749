"""Rows of call-ups: the run, whom it tells, every attempt; marks and consents of contacts; ladders a hospital changed.

Apart from the requests' rows because a reminder calls a family without any request.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class LadderVersion(Base):
    """A ladder as the hospital had it from an instant on. The highest version is in use; none is ever changed."""

    __tablename__ = "call_up_ladder"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(60))


class CallUp(Base):
    """One run of a ladder for one child. It keeps its ladder as it was, so that a change touches no run under way.

    `exhausted` is not the end: a family that comes late has come all the same.
    """

    __tablename__ = "call_up"
    __table_args__ = (
        CheckConstraint("state in ('running','exhausted','arrived','stopped')", name="state"),
        CheckConstraint("arrived_by in ('','presence','webhook','assistant')", name="arrived_by"),
        CheckConstraint("(state in ('arrived','stopped')) = (ended_at is not null)", name="ended"),
        # One run at a time for a request, whoever asks however often.
        Index(
            "uq_call_up_open",
            "request_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_call_up_patient_id_ended_at", "patient_id", "ended_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    request_id: Mapped[str] = mapped_column(Id, index=True)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    appointment_id: Mapped[str | None] = mapped_column(Id)
    ladder_key: Mapped[str] = mapped_column(String(40))
    ladder: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), default="running")
    why: Mapped[str] = mapped_column(String(40), default="")
    held_until: Mapped[datetime | None]
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    arrived_by: Mapped[str] = mapped_column(String(12), default="")
    arrived_guardian_id: Mapped[str | None] = mapped_column(Id)


class CallUpContact(Base):
    """Whom a run tells, in their order; whether their page stood open when it began, and whether it has gone since."""

    __tablename__ = "call_up_contact"

    call_up_id: Mapped[str] = mapped_column(ForeignKey("call_up.id", ondelete="CASCADE"), primary_key=True)
    guardian_id: Mapped[str] = mapped_column(
        ForeignKey("guardian.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]
    relation: Mapped[str] = mapped_column(String(20))
    was_online: Mapped[bool]
    has_left: Mapped[bool] = mapped_column(default=False, server_default=false())


class CallUpLeg(Base):
    """One attempt: planned, then sent or taken up by a person, then ended; every one of them ends.

    `request_id` is what the provider knows a repeat by; it changes only after the provider has refused, so that a
    crash between sending and recording sends nothing twice. `number_key` is a keyed mark of the number.
    """

    __tablename__ = "call_up_leg"
    __table_args__ = (
        UniqueConstraint("call_up_id", "step", "guardian_id", "attempt", name="uq_call_up_leg_once"),
        CheckConstraint("channel in ('in_app','wechat','sms','telephone')", name="channel"),
        CheckConstraint(
            "state in ('planned','sending','sent','delivered','answered','failed','skipped')", name="state"
        ),
        # One attempt of a run is under way at a time.
        Index(
            "uq_call_up_leg_under_way",
            "call_up_id",
            unique=True,
            sqlite_where=text("state in ('planned','sending')"),
            postgresql_where=text("state in ('planned','sending')"),
        ),
        Index("ix_call_up_leg_channel_provider_id", "channel", "provider_id"),
        Index("ix_call_up_leg_dead_planned_at", "dead", "planned_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    call_up_id: Mapped[str] = mapped_column(ForeignKey("call_up.id", ondelete="CASCADE"))
    step: Mapped[int]
    channel: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(String(40))
    guardian_id: Mapped[str] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    to: Mapped[str] = mapped_column(String(60), default="")
    number_key: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(12), default="planned")
    reason: Mapped[str] = mapped_column(String(60), default="")
    outcome: Mapped[str] = mapped_column(String(20), default="")
    outcome_by: Mapped[str | None] = mapped_column(Id)
    request_id: Mapped[str] = mapped_column(Id, unique=True)
    provider_id: Mapped[str] = mapped_column(String(80), default="")
    tries: Mapped[int] = mapped_column(default=0)
    dead: Mapped[bool] = mapped_column(default=False)
    planned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ContactMark(Base):
    """A number that belongs to somebody else, by the word of who dialled it. It is never used again for anybody.

    `number_key` is a keyed mark (`actions/number_marks.py`); no list of numbers finds it without the key.
    """

    __tablename__ = "contact_mark"

    number_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    guardian_id: Mapped[str] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"))
    by_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]


class ContactConsent(Base):
    """Whether a guardian may be reached by a channel, and where: for WeChat `address` is the open id."""

    __tablename__ = "contact_consent"
    __table_args__ = (
        CheckConstraint("channel in ('in_app','wechat','sms','telephone')", name="channel"),
        CheckConstraint("state in ('given','refused')", name="state"),
    )

    guardian_id: Mapped[str] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(60))


class SeenPost(Base):
    """Post that came in by a signed webhook, by its own id: the same again changes nothing (B66)."""

    __tablename__ = "seen_post"

    id: Mapped[str] = mapped_column(String(160), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
