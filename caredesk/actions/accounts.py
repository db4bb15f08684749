"""Use cases of staff accounts: signing in and out, passwords, new accounts.

Hashing a password is slow on purpose, and the store may have one writer. So the slow halves, `check_password` and
`choose_password`, run before the write transaction, and its actions take their results.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import factor_queries, passkey_queries, queries
from caredesk.accounts.errors import (
    AccountLocked,
    BadCode,
    BadCredentials,
    BadLogin,
    BadName,
    LoginTaken,
    PasskeyRefused,
    UnknownRole,
    WeakPassword,
    WrongPassword,
)
from caredesk.accounts.models import Staff, StaffSession
from caredesk.accounts.password_rules import KEPT, password_faults
from caredesk.accounts.passwords import hash_password, needs_rehash, password_matches
from caredesk.accounts.presence_queries import ensure_presence
from caredesk.accounts.rules import (
    Permission,
    SignInPolicy,
    is_login,
    is_name,
    is_role,
    needs_touch,
    normal_login,
    permissions_of,
    session_is_live,
)
from caredesk.accounts.schemas import NewStaff, PasswordCheck, SignedIn
from caredesk.actions import call_engines, sign_in_failures, sign_in_steps
from caredesk.actions.sign_in_steps import SignInHalf
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id, new_token, token_hash
from caredesk.core.work import Work
from caredesk.events.catalogue import SignedOut

# ---- signing in and out ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignInOpened:
    """A new session; `token` is what the cookie carries and is kept nowhere else."""

    signed_in: SignedIn
    token: str


@dataclass(frozen=True)
class SignInRefused:
    """A refusal that has been counted; raise `error` after the commit, or the count is lost."""

    error: BadCredentials | AccountLocked | BadCode | PasskeyRefused


@dataclass(frozen=True)
class Place:
    """From where somebody comes, and how long a session lasts."""

    address: str
    user_agent: str
    policy: SignInPolicy


def check_password(session: Session, *, login: str, password: str) -> PasswordCheck:
    """Compare a password with the stored one; takes as long for a login that does not exist."""
    name = normal_login(login)
    staff = queries.find_staff_by_login(session, login=name)
    stored = staff.password_hash if staff and staff.active else None
    matches = password_matches(password, stored=stored)
    if staff is None or stored is None or not matches:
        return PasswordCheck(login_hash=token_hash(name), staff_id=None, account=staff.id if staff else "")
    fresh = hash_password(password) if needs_rehash(stored) else None
    return PasswordCheck(token_hash(name), staff_id=staff.id, account=staff.id, stored_hash=stored, fresh_hash=fresh)


STRANGER = "staff:"
"""Who failed to sign in: the login may be anybody's, or a password in the wrong field."""


def sign_in(
    work: Work, *, check: PasswordCheck, address: str, user_agent: str, policy: SignInPolicy
) -> SignInOpened | SignInHalf | SignInRefused:
    """Open a session when the password was right, by half when more is asked for, or count the failure.

    A locked login refuses the right password too. All is the same for logins that do not exist, so that answers do
    not tell which do. A refusal is returned, not raised, because an exception would roll the count back.
    """
    counts = sign_in_failures.counts_for(work, check=check, address=address)
    locked = sign_in_failures.find_lock(work, counts=counts)
    if locked is not None:
        work.attest(Deed("sign_in.refused", subject=STRANGER, why="locked"))
        return SignInRefused(locked)
    staff = _checked_staff(work, check=check)
    if staff is None:
        work.attest(Deed("sign_in.refused", subject=STRANGER, why="wrong"))
        return SignInRefused(sign_in_failures.count(work, counts=counts, policy=policy) or BadCredentials())
    if check.fresh_hash:
        staff.password_hash = check.fresh_hash
    step = sign_in_steps.step_for(work, staff=staff, proven=False, policy=policy)
    if step is not None:
        return sign_in_steps.open_half(work, staff=staff, step=step)
    return open_session(work, staff=staff, address=address, user_agent=user_agent, policy=policy)


def find_signed_in(session: Session, *, token: str, idle: timedelta, now: datetime) -> SignedIn | None:
    """Return the person behind a session's token while the session is live."""
    found = queries.find_session(session, token_hash=token_hash(token))
    if found is None:
        return None
    live = session_is_live(expires_at=found.expires_at, last_seen_at=found.last_seen_at, idle=idle, now=now)
    return found if live else None


def is_touch_due(signed_in: SignedIn, *, now: datetime) -> bool:
    """Tell whether the session's use should be noted by `touch_session`; true about once a minute."""
    return needs_touch(last_seen_at=signed_in.last_seen_at, now=now)


def touch_session(work: Work, *, session_id: str) -> None:
    """Note that a session is in use, so that it does not end as idle."""
    queries.touch_session(work.session, session_id=session_id, now=work.now)


def sign_out(work: Work, *, session_id: str, staff_id: str) -> None:
    """End one session; its sockets are closed."""
    queries.end_session(work.session, session_id=session_id)
    work.emit(SignedOut(staff_id=staff_id))


# ---- passwords -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PasswordOwner:
    """What a new password of somebody is compared with; `hashes` is the one in force and those before it."""

    login: str
    names: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()


def password_owner(session: Session, *, staff_id: str) -> PasswordOwner:
    """Return what somebody's new password must not be like."""
    staff = queries.get_staff(session, staff_id=staff_id)
    earlier = queries.list_earlier_passwords(session, staff_id=staff_id)
    return PasswordOwner(staff.login, (staff.name, staff.name_en), (staff.password_hash, *earlier))


def choose_password(password: str, *, owner: PasswordOwner) -> str:
    """Return the hash of a new password, or refuse a weak one with what is wrong with it."""
    faults = password_faults(password, login=normal_login(owner.login), names=owner.names)
    if not faults:
        # One after the other and slow each: only what passes all else is compared.
        current, *earlier = owner.hashes or ("",)
        if password_matches(password, stored=current or None):
            faults = ["unchanged"]
        elif any(password_matches(password, stored=one) for one in earlier):
            faults = ["used_before"]
    if faults:
        raise WeakPassword(faults=faults)
    return hash_password(password)


def change_password(work: Work, *, session_id: str, check: PasswordCheck, new_hash: str) -> None:
    """Replace one's own password after the current one was right, and end one's other sessions."""
    staff = _checked_staff(work, check=check)
    if staff is None or staff.id != work.actor.id:
        raise WrongPassword
    put_password(work, staff=staff, new_hash=new_hash, must_change=False)
    queries.end_sessions(work.session, staff_id=staff.id, keep=session_id)
    work.emit(SignedOut(staff_id=staff.id))
    work.attest(Deed("staff.password_changed", subject=f"staff:{staff.id}"))


def put_password(work: Work, *, staff: Staff, new_hash: str, must_change: bool) -> None:
    """Replace a password, keeping the hash of that before; `must_change` when somebody else knows the new one."""
    queries.keep_earlier_password(work.session, staff_id=staff.id, password_hash=staff.password_hash, keep=KEPT)
    staff.password_hash, staff.password_at, staff.must_change = new_hash, work.now, must_change


def set_password(work: Work, *, login: str, new_hash: str, must_change: bool = False) -> Staff:
    """Give an account a new password, end all its sessions and lift a lock."""
    staff = queries.get_staff_by_login(work.session, login=normal_login(login))
    put_password(work, staff=staff, new_hash=new_hash, must_change=must_change)
    queries.end_sessions(work.session, staff_id=staff.id)
    work.emit(SignedOut(staff_id=staff.id))
    sign_in_failures.forget(work, staff=staff)
    return staff


def reset_factor(work: Work, *, login: str) -> bool:
    """Take away an account's second factor, recovery codes and passkeys, ending its sessions; False without any."""
    staff = queries.get_staff_by_login(work.session, login=normal_login(login))
    queries.end_sessions(work.session, staff_id=staff.id)
    work.emit(SignedOut(staff_id=staff.id))
    sign_in_failures.forget(work, staff=staff)
    had_passkeys = passkey_queries.drop_passkeys(work.session, staff_id=staff.id) > 0
    return factor_queries.drop_factor(work.session, staff_id=staff.id) or had_passkeys


# ---- accounts --------------------------------------------------------------------------------------------


def add_staff(work: Work, *, new: NewStaff) -> Staff:
    """Open an account; those who work at the console start offline."""
    staff = Staff(
        id=new_id(),
        login=free_login(work, login=new.login),
        name=shown_name(new.name),
        name_en=new.name_en.strip()[:60],
        password_hash=new.password_hash,
        roles=known_roles(new.roles),
        doctor_id=new.doctor_id,
        department_id=new.department_id,
        active=True,
        created_at=work.now,
        password_at=work.now,
        must_change=new.must_change,
    )
    work.session.add(staff)
    work.session.flush()
    if Permission.WORK in permissions_of(staff.roles):
        ensure_presence(work.session, staff_id=staff.id, capacity=new.capacity, now=work.now)
    return staff


def set_active(work: Work, *, login: str, active: bool) -> Staff:
    """Close an account, ending its sessions, or open it again; what the person did stays on record."""
    staff = queries.get_staff_by_login(work.session, login=normal_login(login))
    staff.active = active
    # A telephone is let in by the same word as a browser.
    call_engines.phones_changed(work)
    if not active:
        queries.end_sessions(work.session, staff_id=staff.id)
        work.emit(SignedOut(staff_id=staff.id))
    return staff


# ---- helpers ---------------------------------------------------------------------------------------------


def _checked_staff(work: Work, *, check: PasswordCheck) -> Staff | None:
    # The comparison was made before this transaction; the account may have been closed or changed since.
    staff = queries.find_staff(work.session, staff_id=check.staff_id) if check.staff_id else None
    return staff if staff and staff.active and staff.password_hash == check.stored_hash else None


def is_still_right(work: Work, *, check: PasswordCheck) -> bool:
    """Tell whether a password that was compared before this transaction still opens the account."""
    return _checked_staff(work, check=check) is not None


def open_session(work: Work, *, staff: Staff, address: str, user_agent: str, policy: SignInPolicy) -> SignInOpened:
    """Open a session for somebody about whom there is no doubt any more."""
    queries.drop_dead_sessions(work.session, idle=policy.session_idle, now=work.now)
    sign_in_failures.succeed(work, staff=staff, address=address)
    token = new_token()
    opened = StaffSession(
        id=new_id(),
        token_hash=token_hash(token),
        csrf_token=new_token(),
        staff_id=staff.id,
        created_at=work.now,
        last_seen_at=work.now,
        expires_at=work.now + policy.session_life,
        deed_at=work.now,
        address=address[:60],
        user_agent=user_agent[:200],
    )
    work.session.add(opened)
    work.session.flush()
    work.attest(Deed("staff.signed_in", subject=f"staff:{staff.id}", record=f"staff_session:{opened.id}"))
    return SignInOpened(_signed_in(staff, opened=opened), token=token)


def _signed_in(staff: Staff, *, opened: StaffSession) -> SignedIn:
    return SignedIn(
        staff_id=staff.id,
        session_id=opened.id,
        login=staff.login,
        name=staff.name,
        name_en=staff.name_en,
        roles=frozenset(staff.roles),
        doctor_id=staff.doctor_id,
        csrf_token=opened.csrf_token,
        last_seen_at=opened.last_seen_at,
        expires_at=opened.expires_at,
        department_id=staff.department_id,
        deed_at=opened.deed_at,
        locked_at=opened.locked_at,
    )


def free_login(work: Work, *, login: str) -> str:
    """Return a login as it is stored; refuse what is none, and one that somebody has."""
    name = normal_login(login)
    if not is_login(name):
        raise BadLogin
    if queries.find_staff_by_login(work.session, login=name):
        raise LoginTaken
    return name


def shown_name(name: str) -> str:
    """Return a name as families see it, or refuse it."""
    if not is_name(name.strip()):
        raise BadName
    return name.strip()


def known_roles(roles: Iterable[str]) -> list[str]:
    """Return roles as they are stored; refuse unknown ones, and none at all."""
    wanted = sorted(set(roles))
    unknown = [role for role in wanted if not is_role(role)]
    if unknown or not wanted:
        raise UnknownRole(role=", ".join(unknown))
    return wanted
