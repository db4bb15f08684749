"""Pure decisions about staff: what each role may do, how passwords and states behave. Deny is the default."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum


class Role(StrEnum):
    """What a member of staff is; one person may be several."""

    AGENT = "agent"
    ASSISTANT = "assistant"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"
    ADMIN = "admin"
    DOCTOR = "doctor"


class Permission(StrEnum):
    """What a route or socket event asks for."""

    WORK = "work"
    """Take offers, reply, close: the console's daily work."""
    SEE_FLOOR = "see_floor"
    """See every conversation and every agent."""
    SEARCH_RECORDS = "search_records"
    EXPORT_RECORDS = "export_records"
    REVEAL = "reveal"
    """Uncover one masked value, with a reason, on the record."""
    READ_KNOWLEDGE = "read_knowledge"
    EDIT_KNOWLEDGE = "edit_knowledge"
    SEE_DOCTOR_DESK = "see_doctor_desk"
    SEE_METRICS = "see_metrics"
    SIGNED_IN = "signed_in"
    """Own account only: sign out, change the password, who am I."""


_OWN = frozenset({Permission.SIGNED_IN})
_AGENT = _OWN | {Permission.WORK, Permission.SEARCH_RECORDS, Permission.REVEAL, Permission.READ_KNOWLEDGE}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    Role.ASSISTANT: _AGENT,
    Role.SUPERVISOR: _AGENT | {Permission.SEE_FLOOR, Permission.EXPORT_RECORDS, Permission.SEE_METRICS},
    Role.EDITOR: _OWN | {Permission.READ_KNOWLEDGE, Permission.EDIT_KNOWLEDGE},
    # Separate duties: who administers accounts does not read conversations.
    Role.ADMIN: _OWN | {Permission.SEE_METRICS},
    Role.DOCTOR: _OWN | {Permission.SEE_DOCTOR_DESK},
}


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return what the roles together permit; an unknown role permits nothing."""
    known = [PERMISSIONS[Role(role)] for role in roles if role in Role]
    return frozenset().union(*known)


class PresenceState(StrEnum):
    """坐席状态."""

    READY = "ready"
    BUSY = "busy"
    BREAK = "break"
    OFFLINE = "offline"


MISSES_BEFORE_BREAK = 3
"""Offers missed in a row after which an agent is set to break and told why (B7)."""


def lock_after(*, failed_attempts: int, allowed: int, now: datetime, minutes: int) -> datetime | None:
    """Return until when the account is locked after so many failures in a row, or None."""
    return now + timedelta(minutes=minutes) if failed_attempts >= allowed else None


def is_locked(*, locked_until: datetime | None, now: datetime) -> bool:
    """Tell whether sign-in is refused at this instant whatever the password."""
    return locked_until is not None and now < locked_until


def session_is_live(
    *, expires_at: datetime, last_seen_at: datetime, idle: timedelta, now: datetime
) -> bool:
    """Tell whether a session still counts: neither too old nor left alone for too long."""
    return now < expires_at and now - last_seen_at < idle


MIN_PASSWORD = 10


def password_faults(password: str, *, login: str) -> list[str]:
    """Return codes of what is wrong with a new password: length first, as NIST SP 800-63B advises."""
    faults = []
    if len(password) < MIN_PASSWORD:
        faults.append("too_short")
    if len(password) > 200:
        faults.append("too_long")
    if login and login.lower() in password.lower():
        faults.append("contains_login")
    if len(set(password)) < 5:
        faults.append("too_uniform")
    return faults
