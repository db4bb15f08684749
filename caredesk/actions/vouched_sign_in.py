"""Signing in on the word of another system: the hospital's token, or its work chat. Every try stays on record.

Only people of the doctor's desk come this way. Whoever may see families or change accounts signs in with a password
of their own, so that a leaked secret opens nobody's console. No second factor is asked for: the other system has its
own, on a telephone that it knows (docs/decisions/0036).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.accounts import queries, vouched_queries
from caredesk.accounts.models import SignInRecord, Staff
from caredesk.accounts.rules import CLINICAL, normal_login, permissions_of
from caredesk.actions.accounts import Place, SignInOpened, open_session
from caredesk.core.ids import new_id
from caredesk.core.work import Work

Refusal = Literal["used", "account", "state", "code", "outsider", "provider"]


@dataclass(frozen=True)
class Vouched:
    """Whom another system has named: by login, by the clinic's doctor, or by their id in the work chat."""

    way: Literal["token", "wecom"]
    by: Literal["login", "doctor", "wecom"]
    subject: str
    fingerprint: str = ""
    """By what a second use is recognised; empty where the other system itself takes a code once."""
    expires_at: datetime | None = None


def sign_in_vouched(work: Work, *, vouched: Vouched, place: Place) -> SignInOpened | Refusal:
    """Open a session for whom another system vouches; a refusal is returned, so that its record is kept."""
    staff = _staff_of(work.session, vouched)
    if staff is None or not _may_come(staff):
        note_refusal(work, way=vouched.way, reason="account", address=place.address, staff=staff)
        return "account"
    if vouched.fingerprint and not vouched_queries.claim_token(
        work.session, fingerprint=vouched.fingerprint, expires_at=vouched.expires_at or work.now, now=work.now
    ):
        note_refusal(work, way=vouched.way, reason="used", address=place.address, staff=staff)
        return "used"
    _note(work, way=vouched.way, outcome="opened", address=place.address, staff=staff)
    return open_session(work, staff=staff, address=place.address, user_agent=place.user_agent, policy=place.policy)


def note_refusal(
    work: Work, *, way: Literal["token", "wecom"], reason: str, address: str, staff: Staff | None = None
) -> None:
    """Keep that somebody was not let in, and why."""
    _note(work, way=way, outcome=reason, address=address, staff=staff)


def _staff_of(session: Session, vouched: Vouched) -> Staff | None:
    if vouched.by == "login":
        return queries.find_staff_by_login(session, login=normal_login(vouched.subject))
    if vouched.by == "doctor":
        return queries.find_staff_by_doctor(session, doctor_id=vouched.subject)
    return queries.find_staff_by_wecom(session, wecom_id=vouched.subject)


def _may_come(staff: Staff) -> bool:
    desk = permissions_of(CLINICAL)
    return staff.active and bool(staff.roles) and permissions_of(staff.roles) <= desk


def _note(work: Work, *, way: str, outcome: str, address: str, staff: Staff | None) -> None:
    staff_id = staff.id if staff is not None else None
    record = SignInRecord(id=new_id(), at=work.now, way=way, outcome=outcome, staff_id=staff_id, address=address[:60])
    work.session.add(record)
    work.session.flush()
