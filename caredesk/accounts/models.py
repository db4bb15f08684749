"""Rows of staff, their sessions and second factors, their presence and their open connections."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id
from caredesk.core.sealed import HoldsPersonal, SealedText


class Staff(Base):
    """One person who signs in. `doctor_id` binds a doctor's account to the clinic's doctor.

    `department_id` is where a nurse works. `phone` and `wechat_id` are where the desk itself may tell this person
    something; `wecom_id` is their id in the hospital's WeCom. `password_at` is when the password was set, unknown for
    old ones; with `must_change` somebody else knows it.
    """

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60), default="")
    password_hash: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]]
    doctor_id: Mapped[str | None] = mapped_column(String(60))
    department_id: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    phone: Mapped[str] = mapped_column(String(30), default="", server_default=text("''"))
    wechat_id: Mapped[str] = mapped_column(String(80), default="", server_default=text("''"))
    wecom_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    password_at: Mapped[datetime | None]
    must_change: Mapped[bool] = mapped_column(default=False, server_default=false())


class EarlierPassword(Base):
    """A password from before, as its slow hash, so that it is not taken again."""

    __tablename__ = "earlier_password"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    password_hash: Mapped[str] = mapped_column(Text)


class StaffSession(Base):
    """A signed-in browser. The cookie's token is stored as a hash only.

    `last_seen_at` is its last request, `deed_at` the last thing that a person did there; from releases that did not
    tell the two apart there is none. Since `locked_at` nothing is answered until the password is shown again.
    """

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
    deed_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]


class KnownAddress(Base):
    """An address from which somebody has signed in lately; kept as a hash, for it is compared and never shown."""

    __tablename__ = "known_address"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class SignInFailure(Base):
    """Failed sign-ins in a row under one login, whether such an account exists or not: the answers must be alike.

    The login is kept as a hash, because people type their password into the wrong field. Addresses, and an account's
    codes, have rows of the same kind under hashes of their own.
    """

    __tablename__ = "sign_in_failure"

    login_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class SecondFactor(HoldsPersonal, Base):
    """The secret that somebody's authenticator shares with us (RFC 6238), sealed at rest.

    `pending` is one that was offered and not proven yet; the old one counts until then. `used_step` is the last time
    step whose code was taken: no code opens twice.
    """

    __tablename__ = "second_factor"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(SealedText("second_factor.secret", row="staff_id"), default="")
    pending: Mapped[str] = mapped_column(SealedText("second_factor.pending", row="staff_id"), default="")
    used_step: Mapped[int] = mapped_column(BigInteger, default=0)
    confirmed_at: Mapped[datetime | None]

    def key_holder(self) -> str:
        """Return whose key seals it: the member of staff's own."""
        return self.staff_id


class RecoveryCode(Base):
    """A code that opens once in place of the authenticator. It is random, so a plain hash is enough."""

    __tablename__ = "recovery_code"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)


class FactorDemand(Base):
    """A role whose people must have a second factor, from when it was asked and after how many days of grace."""

    __tablename__ = "factor_demand"
    __table_args__ = (CheckConstraint("grace_days between 0 and 90", name="grace_days"),)

    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    grace_days: Mapped[int]
    since: Mapped[datetime]


class HalfSignIn(Base):
    """A sign-in whose password was right and which is not through yet. Its ticket opens nothing but the next step.

    `proven` when the second factor was shown. `misses` counts wrong codes; too many, and it begins with the password.
    """

    __tablename__ = "half_sign_in"

    ticket_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    proven: Mapped[bool] = mapped_column(default=False)
    misses: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Passkey(Base):
    """A key that somebody's device holds (WebAuthn): here is only its public half. `name` is how they call it.

    `signed` is the device's own count of its signatures: one that goes back is a copy. Many devices leave it at zero.
    """

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    credential_hash: Mapped[str] = mapped_column(String(64), unique=True)
    credential_id: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(Text)
    signed: Mapped[int] = mapped_column(BigInteger, default=0)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a device must sign: made here, good once, for minutes, for one purpose, and for one session if any."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (CheckConstraint("purpose in ('add','sign_in','open')", name="purpose"),)

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(8))
    session_id: Mapped[str] = mapped_column(String(36), default="")
    expires_at: Mapped[datetime] = mapped_column(index=True)


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


class PresenceSpan(Base):
    """A stretch of time that somebody was in one state, kept when it ended: what a day's time at work is made of."""

    __tablename__ = "presence_span"
    __table_args__ = (
        Index("ix_presence_span_staff_id_since", "staff_id", "since"),
        Index("ix_presence_span_until", "until"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime]
    until: Mapped[datetime]


class ServerNode(Base):
    """One server process that holds live screens. Its heart beats here; whose heart stands still is forgotten (B29).

    `misses` counts the looks in a row that found the same beat. Looks are counted and not hours, so that a clock that
    jumps kills nobody.
    """

    __tablename__ = "server_node"

    node: Mapped[str] = mapped_column(String(40), primary_key=True)
    beats: Mapped[int] = mapped_column(default=0)
    seen_beats: Mapped[int] = mapped_column(default=-1)
    misses: Mapped[int] = mapped_column(default=0)


class Connection(Base):
    """One open live screen of a member of staff, and which conversation it shows (B29, B33)."""

    __tablename__ = "connection"

    sid: Mapped[str] = mapped_column(String(60), primary_key=True)
    node: Mapped[str] = mapped_column(String(40), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    opened_at: Mapped[datetime]
    viewing: Mapped[str | None] = mapped_column(Id, index=True)


class PushSubscription(Base):
    """A browser that may be told something while no page is open. Its address is the push service's and names nobody.

    An address belongs to one person: whoever signs in on a shared phone takes it over.
    """

    __tablename__ = "push_subscription"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(Text)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(String(60), default="")


class SignInRecord(Base):
    """One sign-in that another system vouched for, or its refusal: for the auditor, never for a screen."""

    __tablename__ = "sign_in_record"
    __table_args__ = (CheckConstraint("way in ('token','wecom')", name="way"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    way: Mapped[str] = mapped_column(String(8))
    outcome: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"), index=True)
    address: Mapped[str] = mapped_column(String(60), default="")


class UsedToken(Base):
    """A token that has opened a session and opens no other (RFC 7519, `jti`); forgotten once it has expired."""

    __tablename__ = "used_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
