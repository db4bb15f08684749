"""三员: who opens and closes accounts, and who says what they may do; two people, so that neither can do it alone.

Neither has power over the other, nor over the auditor: that is done by command on the machine (ADR 0034).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import factor_queries, passkey_queries, queries
from caredesk.accounts.errors import OfficersAccount, OwnAccount, RolesClash
from caredesk.accounts.models import Staff, StaffSession
from caredesk.accounts.rules import PERMISSIONS, Permission, Role, are_separate, is_officer, permissions_of
from caredesk.accounts.schemas import AccountsPage, AccountView, OpenAccount, RightsRow
from caredesk.actions import accounts, call_engines, presence
from caredesk.conversations.rules import tidy_text
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import SignedOut


def check_separate(roles: Iterable[str]) -> None:
    """Refuse roles that no one person may have together."""
    if not are_separate(roles):
        raise RolesClash


def accounts_page(session: Session, *, idle: timedelta, now: datetime) -> AccountsPage:
    """Return all accounts with who is signed in, and the table of rights."""
    opened: dict[str, list[StaffSession]] = defaultdict(list)
    for one in queries.list_sessions(session, idle=idle, now=now):
        opened[one.staff_id].append(one)
    proven, passkeys = factor_queries.who_have_factors(session), passkey_queries.count_passkeys(session)
    return AccountsPage(
        accounts=[
            _view(staff, sessions=opened[staff.id], has_factor=staff.id in proven, passkeys=passkeys[staff.id])
            for staff in queries.list_staff(session)
        ],
        rights=[RightsRow(role=role, permissions=sorted(PERMISSIONS[role])) for role in Role],
        permissions=[one for one in Permission if one is not Permission.SIGNED_IN],
    )


# ---- who manages accounts --------------------------------------------------------------------------------


def open_account(work: Work, *, new: OpenAccount, password_hash: str) -> str:
    """Open an account without any role, which may do nothing until it is given one; return its login."""
    staff = Staff(
        id=new_id(),
        login=accounts.free_login(work, login=new.login),
        name=accounts.shown_name(tidy_text(new.name)),
        name_en=tidy_text(new.name_en).strip(),
        password_hash=password_hash,
        roles=[],
        active=True,
        created_at=work.now,
        password_at=work.now,
        must_change=True,
    )
    work.session.add(staff)
    work.session.flush()
    _attest(work, "staff.added", staff=staff)
    return staff.login


def set_active(work: Work, *, staff_id: str, active: bool) -> None:
    """Close an account, ending its sessions, or open it again."""
    staff = _managed(work, staff_id=staff_id)
    if not active:
        _leave(work, staff=staff)
    accounts.set_active(work, login=staff.login, active=active)
    _attest(work, "staff.opened" if active else "staff.closed", staff=staff)


def reset_password(work: Work, *, staff_id: str, new_hash: str) -> str:
    """Give an account a new password, ending its sessions and lifting a lock; return its login."""
    staff = _managed(work, staff_id=staff_id)
    _leave(work, staff=staff)
    accounts.set_password(work, login=staff.login, new_hash=new_hash, must_change=True)
    _attest(work, "staff.password_reset", staff=staff)
    return staff.login


def reset_factor(work: Work, *, staff_id: str) -> None:
    """Take away lost second factors and passkeys of somebody, ending their sessions; roles demand it anew."""
    staff = _managed(work, staff_id=staff_id)
    _leave(work, staff=staff)
    accounts.reset_factor(work, login=staff.login)
    _attest(work, "factor.reset", staff=staff)


def sign_out_everywhere(work: Work, *, staff_id: str) -> None:
    """End all sessions of somebody; their screens close."""
    staff = _managed(work, staff_id=staff_id)
    queries.end_sessions(work.session, staff_id=staff.id)
    work.emit(SignedOut(staff_id=staff.id))
    _leave(work, staff=staff)
    _attest(work, "staff.signed_out", staff=staff)


# ---- who says what they may do ---------------------------------------------------------------------------


def give_roles(work: Work, *, staff_id: str, roles: Iterable[str]) -> None:
    """Replace somebody's roles, none included. They sign in anew, for open screens show what they may see no more."""
    staff = queries.lock_staff(work.session, staff_id=staff_id)
    _refuse_own(work, staff=staff)
    wanted = sorted(set(roles))
    check_separate(wanted)
    if Permission.WORK in permissions_of(staff.roles):
        _leave(work, staff=staff)
    staff.roles = wanted
    if Permission.WORK in permissions_of(wanted):
        presence.ensure(work, staff_id=staff.id)
    call_engines.phones_changed(work)
    queries.end_sessions(work.session, staff_id=staff.id)
    work.emit(SignedOut(staff_id=staff.id))
    _attest(work, "staff.roles_given", staff=staff, why="+".join(wanted))


# ---- helpers ---------------------------------------------------------------------------------------------


def _managed(work: Work, *, staff_id: str) -> Staff:
    staff = queries.lock_staff(work.session, staff_id=staff_id)
    _refuse_own(work, staff=staff)
    if is_officer(staff.roles):
        raise OfficersAccount
    return staff


def _refuse_own(work: Work, *, staff: Staff) -> None:
    if staff.id == work.actor.id:
        raise OwnAccount


def _leave(work: Work, *, staff: Staff) -> None:
    if Permission.WORK in permissions_of(staff.roles):
        presence.leave(work, staff_id=staff.id)


def _attest(work: Work, name: str, *, staff: Staff, why: str = "") -> None:
    work.attest(Deed(name, subject=f"staff:{staff.id}", why=why))


def _view(staff: Staff, *, sessions: list[StaffSession], has_factor: bool, passkeys: int) -> AccountView:
    return AccountView(
        id=staff.id,
        login=staff.login,
        name=staff.name,
        name_en=staff.name_en,
        roles=sorted(staff.roles),
        active=staff.active,
        officer=is_officer(staff.roles),
        clashes=not are_separate(staff.roles),
        sessions=len(sessions),
        second_factor=has_factor,
        passkeys=passkeys,
        last_seen_at=sessions[0].last_seen_at if sessions else None,
        created_at=staff.created_at,
    )
