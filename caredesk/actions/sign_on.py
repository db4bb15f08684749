"""Signing in on the word of the hospital's provider of identities: who has an account here, and nobody's roles.

The three officers sign in with a password of their own, for else whoever runs the provider were all of them. Whose
sign-in takes two steps comes this way only when the provider has asked for two.
"""

from __future__ import annotations

from typing import Literal

from caredesk.accounts import factor_queries, queries, vouched_queries
from caredesk.accounts.models import Staff
from caredesk.accounts.rules import is_officer, normal_login
from caredesk.actions.accounts import STRANGER, Place, SignInOpened, open_session
from caredesk.actions.sign_in_steps import due_for
from caredesk.core.deed import Deed
from caredesk.core.ports import SignOnUser
from caredesk.core.work import Work

SignOnRefusal = Literal["state", "code", "token", "provider", "account", "two_steps"]


def sign_on(work: Work, *, user: SignOnUser, place: Place) -> SignInOpened | SignOnRefusal:
    """Open a session for whom the provider names; a refusal is returned, so that its record is kept."""
    staff = queries.find_staff_by_login(work.session, login=normal_login(user.login)) if user.login else None
    if staff is None or not staff.active or not staff.roles or is_officer(staff.roles):
        return refuse(work, reason="account", staff=staff)
    if not user.has_two_steps and _takes_two_steps(work, staff=staff):
        return refuse(work, reason="two_steps", staff=staff)
    fresh = vouched_queries.claim_token(
        work.session, fingerprint=user.fingerprint, expires_at=user.expires_at or work.now, now=work.now
    )
    if not fresh:
        return refuse(work, reason="token", staff=staff)
    return open_session(work, staff=staff, address=place.address, user_agent=place.user_agent, policy=place.policy)


def refuse(work: Work, *, reason: SignOnRefusal, staff: Staff | None = None) -> SignOnRefusal:
    """Put into the audit that somebody was not let in, and why."""
    subject = f"staff:{staff.id}" if staff is not None else STRANGER
    work.attest(Deed("sign_in.refused", subject=subject, why=f"oidc_{reason}"))
    return reason


def _takes_two_steps(work: Work, *, staff: Staff) -> bool:
    due = due_for(work.session, staff=staff)
    return factor_queries.has_factor(work.session, staff_id=staff.id) or (due is not None and due <= work.now)
