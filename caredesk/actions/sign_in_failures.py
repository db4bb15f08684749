"""Failed sign-ins and codes: counting them, and refusing whoever had too many, for pauses that grow.

Strangers share one count under a login, so that a guess spread over many addresses is one guess. Whoever comes from an
address that the account knows has a count of their own: strangers can keep nobody out of their own hospital.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from caredesk.accounts import queries
from caredesk.accounts.devices import address_key
from caredesk.accounts.errors import AccountLocked, AddressLocked
from caredesk.accounts.models import Staff
from caredesk.accounts.rules import KNOWN_FOR, SignInPolicy, failures_in_a_row, is_locked, lock_after
from caredesk.accounts.schemas import PasswordCheck
from caredesk.core.deed import Deed
from caredesk.core.ids import token_hash
from caredesk.core.work import Work

MANY = 6
"""An address bears so many times the failures of an account: a hospital's staff share one."""


@dataclass(frozen=True)
class Count:
    """What failures are counted under, and how many times those of one account it bears."""

    key: str
    kind: Literal["account", "address", "code"]
    bears: int = 1


def counts_for(work: Work, *, check: PasswordCheck, address: str) -> list[Count]:
    """Return what a sign-in is counted under; the same is looked up for logins that do not exist."""
    place = _place(address)
    if queries.knows_address(work.session, staff_id=check.account, address_hash=place, since=work.now - KNOWN_FOR):
        return [Count(_key_at(check.login_hash, place=place), "account")]
    shared = [Count(place, "address", bears=MANY)] if address else []
    return [Count(check.login_hash, "account"), *shared]


def code_count(staff_id: str) -> Count:
    """Return what wrong codes of an account are counted under: new tickets bring no new tries."""
    return Count(token_hash(f"code:{staff_id}"), "code")


def find_lock(work: Work, *, counts: Iterable[Count]) -> AccountLocked | None:
    """Return the refusal of what is locked, None when it may be tried; the rows stay locked."""
    for one in counts:
        failure = queries.lock_sign_in_failure(work.session, login_hash=one.key)
        if failure is not None and is_locked(locked_until=failure.locked_until, now=work.now):
            return _refusal(one, until=failure.locked_until)
    return None


def count(work: Work, *, counts: Iterable[Count], policy: SignInPolicy) -> AccountLocked | None:
    """Count a failure; return the first lock that it brings, if it does."""
    queries.drop_old_sign_in_failures(work.session, before=work.now - policy.lock)
    locks = [_count_one(work, one=one, policy=policy) for one in counts]
    return next((lock for lock in locks if lock is not None), None)


def succeed(work: Work, *, staff: Staff, address: str) -> None:
    """Start counting afresh under an account, and know the address from now on.

    What is counted of an address stays: who has one password may be trying others.
    """
    forget(work, staff=staff)
    if address:
        queries.drop_old_addresses(work.session, before=work.now - KNOWN_FOR)
        queries.know_address(work.session, staff_id=staff.id, address_hash=_place(address), now=work.now)


def forget(work: Work, *, staff: Staff) -> None:
    """Lift every lock of an account."""
    login_hash = token_hash(staff.login)
    places = queries.list_known_addresses(work.session, staff_id=staff.id)
    keys = [login_hash, code_count(staff.id).key, *(_key_at(login_hash, place=place) for place in places)]
    queries.forget_sign_in_failures(work.session, keys=keys)


def _count_one(work: Work, *, one: Count, policy: SignInPolicy) -> AccountLocked | None:
    row = queries.claim_sign_in_failure(work.session, login_hash=one.key, now=work.now)
    row.attempts = failures_in_a_row(
        attempts=row.attempts, last_at=row.last_at, locked_until=row.locked_until, lock=policy.lock, now=work.now
    )
    row.last_at = work.now
    row.locked_until = lock_after(failed_attempts=row.attempts, bears=one.bears, policy=policy, now=work.now)
    if row.locked_until is None:
        return None
    work.attest(Deed("sign_in.paused", why=one.kind))
    return _refusal(one, until=row.locked_until)


def _refusal(one: Count, *, until: datetime | None) -> AccountLocked:
    kind = AddressLocked if one.kind == "address" else AccountLocked
    return kind(until=until.isoformat() if until else "")


def _place(address: str) -> str:
    return token_hash(f"address:{address_key(address)}")


def _key_at(login_hash: str, *, place: str) -> str:
    return token_hash(f"{login_hash}@{place}")
