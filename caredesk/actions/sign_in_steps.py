"""What stands between a right password and a session, and the ticket of a sign-in that is half open.

Below `accounts`, which opens sessions; what follows on a ticket is in `half_sign_in`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import factor_queries
from caredesk.accounts.models import HalfSignIn, Staff
from caredesk.accounts.password_rules import is_too_old
from caredesk.accounts.rules import Demand, SignInPolicy, SignInStep, factor_due, next_step
from caredesk.core.ids import new_token, token_hash
from caredesk.core.work import Work

TICKET_LIFE = timedelta(minutes=10)
"""Long enough to install an authenticator, too short for a forgotten browser."""


@dataclass(frozen=True)
class SignInHalf:
    """A sign-in whose password was right; the ticket is kept nowhere else and opens only `step`."""

    ticket: str
    step: SignInStep
    expires_at: datetime


def step_for(work: Work, *, staff: Staff, proven: bool, policy: SignInPolicy) -> SignInStep | None:
    """Return what somebody has to do before their session opens, None when nothing is left."""
    # When an old password was set is not known; then it counts from when the account was opened.
    too_old = is_too_old(set_at=staff.password_at or staff.created_at, longest=policy.password_age, now=work.now)
    return next_step(
        has_factor=factor_queries.has_factor(work.session, staff_id=staff.id),
        proven=proven,
        due_at=due_for(work.session, staff=staff),
        must_change=staff.must_change or too_old,
        now=work.now,
    )


def due_for(session: Session, *, staff: Staff) -> datetime | None:
    """Return from when somebody must have a second factor, None when their roles ask for none."""
    demands = [
        Demand(one.role, since=one.since, grace=timedelta(days=one.grace_days))
        for one in factor_queries.list_demands(session)
    ]
    return factor_due(demands, roles=staff.roles, created_at=staff.created_at)


def open_half(work: Work, *, staff: Staff, step: SignInStep, proven: bool = False) -> SignInHalf:
    """Open a sign-in by half; `proven` when both factors were shown already."""
    factor_queries.drop_old_half(work.session, now=work.now)
    ticket, expires_at = new_token(), work.now + TICKET_LIFE
    half = HalfSignIn(ticket_hash=token_hash(ticket), staff_id=staff.id, proven=proven, expires_at=expires_at)
    work.session.add(half)
    work.session.flush()
    return SignInHalf(ticket, step, expires_at)
