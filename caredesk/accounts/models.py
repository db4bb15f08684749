"""Rows of staff, their sessions, their presence and their open connections."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class Staff(Base):
    """One person who signs in. `doctor_id` binds a doctor's account to the clinic's doctor."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60), default="")
    password_hash: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]]
    doctor_id: Mapped[str | None] = mapped_column(String(60))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class StaffSession(Base):
    """A signed-in browser. The cookie's token is stored as a hash only."""

    __tablename__ = "staff_session"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(60), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")


class SignInFailure(Base):
    """Failed sign-ins in a row under one login, whether such an account exists or not: the answers must be alike.

    The login is kept as a hash, because people type their password into the wrong field.
    """

    __tablename__ = "sign_in_failure"

    login_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class Presence(Base):
    """An agent's own state and load. `load` counts held conversations and open offers; it changes with a test.

    `exclusive` holds while the agent has work that is taken alone, such as a call (B9).
    """

    __tablename__ = "presence"
    __table_args__ = (CheckConstraint("load >= 0", name="load_not_negative"),)

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), default="offline")
    reason: Mapped[str] = mapped_column(String(60), default="")
    since: Mapped[datetime]
    capacity: Mapped[int] = mapped_column(default=5)
    load: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    idle_since: Mapped[datetime]
    exclusive: Mapped[bool] = mapped_column(default=False, server_default=false())


class Connection(Base):
    """One open live screen of a member of staff, and which conversation it shows (B29, B33)."""

    __tablename__ = "connection"

    sid: Mapped[str] = mapped_column(String(60), primary_key=True)
    node: Mapped[str] = mapped_column(String(40), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    opened_at: Mapped[datetime]
    viewing: Mapped[str | None] = mapped_column(Id, index=True)
