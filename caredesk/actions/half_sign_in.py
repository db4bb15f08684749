"""Going on with a sign-in that is half open: the second factor's code, adding a factor, or a new password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.accounts import factor_queries, queries
from caredesk.accounts.errors import BadCode, SignInOver
from caredesk.accounts.models import HalfSignIn, Staff
from caredesk.accounts.rules import SignInPolicy, SignInStep
from caredesk.accounts.schemas import OfferedFactor, RecoveryCodes
from caredesk.actions import second_factors, sign_in_failures, sign_in_steps
from caredesk.actions.accounts import (
    PasswordOwner,
    Place,
    SignInOpened,
    SignInRefused,
    open_session,
    password_owner,
    put_password,
)
from caredesk.actions.sign_in_steps import SignInHalf
from caredesk.core.deed import Deed
from caredesk.core.ids import token_hash
from caredesk.core.work import Work

MISSES = 5
"""Wrong codes that one right password is good for; then it is asked for again."""


@dataclass(frozen=True)
class Enrolled:
    """A factor was added on the way in: its recovery codes, and what has become of the sign-in."""

    codes: RecoveryCodes
    outcome: SignInOpened | SignInHalf


def give_code(work: Work, *, ticket: str, code: str, place: Place) -> SignInOpened | SignInHalf | SignInRefused:
    """Go on when the code is right, or count the failure; a refusal is returned, so that its count is kept.

    Codes have a count of their own for each account, so that new tickets bring no new tries.
    """
    half, staff = _taken(work, ticket=ticket, step=SignInStep.CODE, policy=place.policy)
    counts = [sign_in_failures.code_count(staff.id)]
    locked = sign_in_failures.find_lock(work, counts=counts)
    if locked is not None:
        return SignInRefused(locked)
    if second_factors.proves(work, staff_id=staff.id, code=code):
        half.proven = True
        return _go_on(work, half=half, staff=staff, ticket=ticket, place=place)
    work.attest(Deed("factor.refused", subject=f"staff:{staff.id}"))
    half.misses += 1
    if half.misses >= MISSES:
        factor_queries.drop_half(work.session, ticket_hash=half.ticket_hash)
    return SignInRefused(sign_in_failures.count(work, counts=counts, policy=place.policy) or BadCode())


def offer_factor(work: Work, *, ticket: str, policy: SignInPolicy) -> OfferedFactor:
    """Offer a factor to somebody whose role demands one."""
    _, staff = _taken(work, ticket=ticket, step=SignInStep.ENROL, policy=policy)
    return second_factors.offer(work, staff=staff)


def confirm_factor(work: Work, *, ticket: str, code: str, place: Place) -> Enrolled:
    """Let the offered factor count, on its first code, and go on."""
    half, staff = _taken(work, ticket=ticket, step=SignInStep.ENROL, policy=place.policy)
    codes = second_factors.confirm(work, staff_id=staff.id, code=code)
    half.proven = True
    return Enrolled(codes, outcome=_go_on(work, half=half, staff=staff, ticket=ticket, place=place))


def owner_of(session: Session, *, ticket: str, now: datetime) -> PasswordOwner:
    """Return whose new password a ticket waits for, for the slow half of choosing one."""
    half = factor_queries.find_half(session, ticket_hash=token_hash(ticket), now=now)
    if half is None:
        raise SignInOver
    return password_owner(session, staff_id=half.staff_id)


def choose_anew(work: Work, *, ticket: str, new_hash: str, place: Place) -> SignInOpened | SignInHalf:
    """Put one's own password in the place of one that somebody else knows or that is too old, and go on."""
    half, staff = _taken(work, ticket=ticket, step=SignInStep.PASSWORD, policy=place.policy)
    put_password(work, staff=staff, new_hash=new_hash, must_change=False)
    work.attest(Deed("staff.password_changed", subject=f"staff:{staff.id}"))
    return _go_on(work, half=half, staff=staff, ticket=ticket, place=place)


def _taken(work: Work, *, ticket: str, step: SignInStep, policy: SignInPolicy) -> tuple[HalfSignIn, Staff]:
    half = factor_queries.lock_half(work.session, ticket_hash=token_hash(ticket), now=work.now)
    staff = queries.find_staff(work.session, staff_id=half.staff_id) if half else None
    if half is None or staff is None or not staff.active:
        raise SignInOver
    # Asked anew each time: a factor may have been added, or reset, since the ticket was given.
    if sign_in_steps.step_for(work, staff=staff, proven=half.proven, policy=policy) is not step:
        raise SignInOver
    return half, staff


def _go_on(work: Work, *, half: HalfSignIn, staff: Staff, ticket: str, place: Place) -> SignInOpened | SignInHalf:
    step = sign_in_steps.step_for(work, staff=staff, proven=half.proven, policy=place.policy)
    if step is not None:
        return SignInHalf(ticket, step, half.expires_at)
    factor_queries.drop_half(work.session, ticket_hash=half.ticket_hash)
    return open_session(work, staff=staff, address=place.address, user_agent=place.user_agent, policy=place.policy)
