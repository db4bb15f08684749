"""What stands in the rows: demo accounts, passwords that everybody knows, telephone engines, backups and drills."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from sqlalchemy.orm import Session

from caredesk.accounts import queries as accounts
from caredesk.accounts.passwords import password_matches
from caredesk.actions.backups import backups_state, late_matters
from caredesk.actions.call_engines import DOWN_AFTER
from caredesk.conversations.house_queries import get_hospital
from caredesk.core.clock import Clock
from caredesk.infra.backup.faults import BackupFault
from caredesk.infra.backup.source import Source
from caredesk.infra.checkup.finding import Finding, bad, ok, warn
from caredesk.settings import Settings
from caredesk.telephony import queries as telephony

DEMO_PASSWORD = "caredesk-demo"  # noqa: S105 (it stands in the readme)
MOST_ACCOUNTS = 60
"""Hashing is slow on purpose; who has power is asked first."""

POWERFUL = ("admin", "supervisor")


def check_accounts(session: Session) -> Iterator[Finding]:
    """Does anybody sign in with the demo's password, and is this a demo?"""
    if get_hospital(session).demo:
        yield warn("accounts", "accounts.demo")
        return
    active = [staff for staff in accounts.list_staff(session) if staff.active]
    if not active:
        yield warn("accounts", "accounts.none")
        return
    powerful_first = sorted(active, key=lambda staff: not set(POWERFUL) & set(staff.roles))[:MOST_ACCOUNTS]
    known = [staff.login for staff in powerful_first if password_matches(DEMO_PASSWORD, stored=staff.password_hash)]
    if known:
        yield bad("accounts", "accounts.known_password", logins=", ".join(known))
    else:
        yield ok("accounts", "accounts.own", count=len(active))


def check_hotline(session: Session, *, clock: Clock) -> Iterator[Finding]:
    """Does the telephone engine talk to the desk, where there is one?"""
    engines = telephony.list_engines(session)
    if not engines:
        yield ok("hotline", "hotline.none")
        return
    silent = [one.name for one in engines if clock.now() - one.heard_at > DOWN_AFTER]
    if silent:
        yield warn("hotline", "hotline.silent", names=", ".join(silent))
    else:
        yield ok("hotline", "hotline.speaks", names=", ".join(one.name for one in engines))
    if "embedded" in silent and not all(importlib.util.find_spec(name) for name in ("sippy", "rtp")):
        yield warn("hotline", "hotline.no_packages")


def check_backups(session: Session, *, settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Is there a key to seal backups to and a place for them, and are the last backup and the last drill in time?"""
    source = Source(settings)
    try:
        if not source.public_key():
            yield ok("backups", "backups.demo") if get_hospital(session).demo else warn("backups", "backups.no_key")
            return
        place = source.place()
    except BackupFault as fault:
        yield warn("backups", "backups.unfit", fault=str(fault))
        return
    days = settings.backup_drill_days
    state = backups_state(session, now=clock.now(), drill_days=days, wanted=True)
    late = late_matters(session, now=clock.now(), drill_days=days)
    if state.fault:
        yield warn("backups", "backups.failed", fault=state.fault)
    if state.backup is None:
        yield warn("backups", "backups.none")
    elif state.backup_overdue:
        yield warn("backups", "backups.late", at=f"{state.backup.at:%Y-%m-%d}")
    elif not state.fault:
        yield ok("backups", "backups.made", at=f"{state.backup.at:%Y-%m-%d}", place=str(place))
    if state.drill is not None and not state.drill.passed:
        yield warn("backups", "backups.drill_failed")
    elif "drill_overdue" in late:
        yield warn("backups", "backups.drill_late", days=days)
