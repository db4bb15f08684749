"""Locking a screen that nobody has touched for a while, and opening it again for who knows the password.

Only deeds of a person count, and running calls: not what a page asks by itself, and not its open socket. What a locked
session asks is refused by the edge; its sockets close, and its agent is expected back as one whose line was cut.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.accounts import queries
from caredesk.accounts.errors import BadCredentials, CallGoesOn, NotLocked
from caredesk.accounts.models import StaffSession
from caredesk.accounts.rules import SignInPolicy, needs_touch, quiet_since
from caredesk.accounts.schemas import LockView, PasswordCheck, SignedIn
from caredesk.actions import sign_in_failures
from caredesk.actions.accounts import SignInRefused, is_still_right
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.events.catalogue import SignedOut
from caredesk.telephony.queries import talks_of

Screen = SignedIn | StaffSession


def is_shut(session: Session, *, screen: Screen, policy: SignInPolicy, now: datetime) -> bool:
    """Tell whether nothing may be answered to a session: it is locked, or due to be."""
    if screen.locked_at is not None:
        return True
    due = locks_at(session, screen=screen, policy=policy, now=now)
    return due is not None and due <= now


def locks_at(session: Session, *, screen: Screen, policy: SignInPolicy, now: datetime) -> datetime | None:
    """Return when a session locks if nobody does anything more; None: never."""
    if policy.idle_lock is None:
        return None
    done, talks = _last_deed(screen), []
    # Calls are looked up only when they can make a difference: a request of somebody at work costs nothing.
    if now - done >= policy.idle_lock:
        talks = talks_of(session, staff_id=screen.staff_id, since=done)
    return quiet_since(deed_at=done, talks=talks, lock=policy.idle_lock, now=now) + policy.idle_lock


def is_deed_due(me: SignedIn, *, now: datetime) -> bool:
    """Tell whether a deed should be noted by `note_deed`; true about once a minute."""
    return needs_touch(last_seen_at=_last_deed(me), now=now)


def note_deed(work: Work, *, session_id: str) -> None:
    """Note that a person does something at a session."""
    queries.note_deed(work.session, session_id=session_id, now=work.now)


def lock_left_alone(work: Work, *, session_id: str, staff_id: str) -> None:
    """Lock a session at which nobody has done anything for too long; its sockets close."""
    _lock(work, session_id=session_id, staff_id=staff_id, why="idle")


def lock_by_hand(work: Work, *, me: SignedIn) -> None:
    """Lock one's own screen before one leaves it."""
    talks = talks_of(work.session, staff_id=me.staff_id, since=work.now)
    if any(ended is None for _, ended in talks):
        raise CallGoesOn
    _lock(work, session_id=me.session_id, staff_id=me.staff_id, why="hand")


def open_by_password(
    work: Work, *, me: SignedIn, check: PasswordCheck, address: str, policy: SignInPolicy
) -> SignInRefused | None:
    """Open a locked session when the password is right, or count the failure as one of signing in.

    A refusal is returned, not raised, because an exception would roll the count back.
    """
    if me.locked_at is None:
        raise NotLocked
    counts = sign_in_failures.counts_for(work, check=check, address=address)
    locked = sign_in_failures.find_lock(work, counts=counts)
    if locked is not None:
        _attest(work, "screen.refused", session_id=me.session_id, staff_id=me.staff_id, why="locked")
        return SignInRefused(locked)
    if check.staff_id != me.staff_id or not is_still_right(work, check=check):
        _attest(work, "screen.refused", session_id=me.session_id, staff_id=me.staff_id, why="wrong")
        return SignInRefused(sign_in_failures.count(work, counts=counts, policy=policy) or BadCredentials())
    open_screen(work, me=me)
    return None


def open_screen(work: Work, *, me: SignedIn) -> None:
    """Let a locked session go on, about whose person there is no doubt any more."""
    if not queries.open_locked_session(work.session, session_id=me.session_id, now=work.now):
        raise NotLocked
    _attest(work, "screen.opened", session_id=me.session_id, staff_id=me.staff_id)


def lock_view(session: Session, *, me: SignedIn, policy: SignInPolicy, now: datetime) -> LockView:
    """Return how the lock of one's own screen stands."""
    shut = is_shut(session, screen=me, policy=policy, now=now)
    due = None if shut else locks_at(session, screen=me, policy=policy, now=now)
    return LockView(
        login=me.login,
        name=me.name,
        locked=shut,
        locks_at=due,
        after_seconds=int(policy.idle_lock.total_seconds()) if policy.idle_lock else None,
        csrf_token=me.csrf_token,
    )


def _last_deed(screen: Screen) -> datetime:
    return screen.deed_at or screen.last_seen_at


def _lock(work: Work, *, session_id: str, staff_id: str, why: str) -> None:
    # Of several who find it left alone at once, one locks it and says so.
    if queries.lock_session(work.session, session_id=session_id, now=work.now):
        work.emit(SignedOut(staff_id=staff_id))
        _attest(work, "screen.locked", session_id=session_id, staff_id=staff_id, why=why)


def _attest(work: Work, name: str, *, session_id: str, staff_id: str, why: str = "") -> None:
    work.attest(Deed(name, subject=f"staff:{staff_id}", record=f"staff_session:{session_id}", why=why))
