"""What stands in the rows: demo accounts, passwords that everybody knows, and the telephone engines."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from sqlalchemy.orm import Session

from caredesk.accounts import queries as accounts
from caredesk.accounts.passwords import password_matches
from caredesk.actions.call_engines import DOWN_AFTER
from caredesk.conversations.house_queries import get_hospital
from caredesk.core.clock import Clock
from caredesk.infra.checkup.finding import Finding, bad, ok, warn
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
