"""Rows of calls, their legs, what engines told and were told, and the phones that may register."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id, index_of_some
from caredesk.core.sealed import BlindIndex, HoldsPersonal, SealedJson, SealedText, month_of

FactId = String(64)
LegId = String(64)


class Call(HoldsPersonal, Base):
    """One telephone call of a conversation; after a call-back, or when somebody is called again, there are several.

    `state` is the machine's own (`caredesk/telephony/call_state.py`); what is asked for in SQL has a column of its own.
    `holds_agent` tells whether the agent's exclusive place is taken by this call: while it lasts, and during the
    wrap-up until it is closed or its time is over. `caller` is the other side's number, whoever dialled.
    """

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("direction in ('in','out','call_back')", name="direction"),
        # One live call for a conversation, whatever races.
        index_of_some("uq_call_live", "conversation_id", only="ended_at is null", unique=True),
        index_of_some("ix_call_live_started_at", "started_at", "id", only="ended_at is null"),
        Index(
            "ix_call_holding_agent_id",
            "agent_id",
            # Word for word as asked: SQLite takes an index of some rows for no other words.
            sqlite_where=text("holds_agent = 1"),
            postgresql_where=text("holds_agent"),
        ),
        Index("ix_call_conversation_id_started_at", "conversation_id", "started_at"),
        Index("ix_call_agent_id_holds_agent", "agent_id", "holds_agent"),
        Index("ix_call_engine_ended_at", "engine", "ended_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    engine: Mapped[str] = mapped_column(String(20))
    direction: Mapped[str] = mapped_column(String(10))
    phase: Mapped[str] = mapped_column(String(12), index=True)
    state: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=0)
    caller: Mapped[str] = mapped_column(SealedText("call.caller"), default="")
    caller_index: Mapped[str] = mapped_column(
        BlindIndex("call.caller_index", of="caller"), default="", server_default=text("''"), index=True
    )
    called: Mapped[str] = mapped_column(String(40), default="")
    trunk: Mapped[str] = mapped_column(String(80), default="")
    menu_version: Mapped[int] = mapped_column(default=0)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    holds_agent: Mapped[bool] = mapped_column(default=False)
    request_id: Mapped[str | None] = mapped_column(Id, index=True)
    about_id: Mapped[str | None] = mapped_column(Id)
    recording_id: Mapped[str] = mapped_column(FactId, default="")
    started_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    queued_at: Mapped[datetime | None]
    ringing_at: Mapped[datetime | None]
    bridged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wrap_up_until: Mapped[datetime | None]
    wrapped_at: Mapped[datetime | None]
    talk_seconds: Mapped[float] = mapped_column(Double, default=0.0)
    hold_seconds: Mapped[float] = mapped_column(Double, default=0.0)
    disposition: Mapped[str] = mapped_column(String(24), default="")
    hung_up_by: Mapped[str] = mapped_column(String(10), default="")
    cause: Mapped[int] = mapped_column(default=0)

    def key_holder(self) -> str:
        return month_of(self.started_at)


class CallerTie(Base):
    """Whom an agent has found a caller to be whose number did not tell it; without a guardian, none of its families."""

    __tablename__ = "caller_tie"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    guardian_id: Mapped[str | None] = mapped_column(Id)
    staff_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]


class CallLeg(Base):
    """One attempt to ring a phone for a call, and how it ended."""

    __tablename__ = "call_leg"
    __table_args__ = (
        CheckConstraint("role in ('agent','consult','patient','listener')", name="role"),
        Index("ix_call_leg_staff_id_made_at", "staff_id", "made_at"),
    )

    id: Mapped[str] = mapped_column(LegId, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    offer_id: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(40), default="")
    made_at: Mapped[datetime]
    ringing_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class HeardFact(Base):
    """What an engine has told, once each: repeats are known by the id. No number of a caller stands here.

    `fate` is `done`, `unknown` (of a call that we do not know), `bad` (unreadable), `failed` (a fault of ours) or
    `late` (older than what is kept, so that nobody can tell whether it was taken before).
    """

    __tablename__ = "heard_fact"
    __table_args__ = (Index("ix_heard_fact_call_id_at", "call_id", "at"),)

    id: Mapped[str] = mapped_column(FactId, primary_key=True)
    engine: Mapped[str] = mapped_column(String(20))
    call_id: Mapped[str] = mapped_column(Id, default="")
    type: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]
    taken_at: Mapped[datetime] = mapped_column(index=True)
    fate: Mapped[str] = mapped_column(String(10))
    data: Mapped[dict[str, Any]]


class EngineCommand(HoldsPersonal, Base):
    """What an engine is told; delivered again until `done_at`. `dropped` ones were overtaken by the call's end."""

    __tablename__ = "engine_command"
    __table_args__ = (
        Index("ix_engine_command_engine_done_at", "engine", "done_at"),
        Index("ix_engine_command_done_at", "done_at"),
        index_of_some("ix_engine_command_open_engine", "engine", only="done_at is null"),
        {"sqlite_autoincrement": True},
    )

    n: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    engine: Mapped[str] = mapped_column(String(20))
    call_id: Mapped[str] = mapped_column(Id, default="", index=True)
    verb: Mapped[str] = mapped_column(String(20))
    args: Mapped[dict[str, Any]] = mapped_column(SealedJson("engine_command.args"))
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    dropped: Mapped[bool] = mapped_column(default=False)

    def key_holder(self) -> str:
        return month_of(self.made_at)


class Engine(Base):
    """A telephone engine that has spoken to this desk, its present run, and since when it has not been heard."""

    __tablename__ = "engine"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    run: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[str] = mapped_column(String(60), default="")
    capabilities: Mapped[list[str]] = mapped_column(default=list)
    troubles: Mapped[list[str]] = mapped_column(default=list)
    started_at: Mapped[datetime | None]
    heard_at: Mapped[datetime]


class Phone(Base):
    """A phone that may register: `1001` on the desk, `w1001` in the browser, both of one member of staff.

    Of its password only HA1 is kept (RFC 2617), empty until one was issued. `version` counts changes of the whole book.
    `since` is when the engine said last that it came or went; a registration that runs out says so by its own time.
    """

    __tablename__ = "phone"
    __table_args__ = (
        UniqueConstraint("staff_id", "kind"),
        CheckConstraint("kind in ('browser','desk')", name="kind"),
    )

    user: Mapped[str] = mapped_column(String(20), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    ha1: Mapped[str] = mapped_column(String(32), default="")
    version: Mapped[int] = mapped_column(default=0)
    registered_until: Mapped[datetime | None]
    since: Mapped[datetime | None]
