"""Failed sign-ins and codes: counting them, and refusing whoever had too many."""

from __future__ import annotations

from datetime import datetime

from caredesk.accounts import queries
from caredesk.accounts.errors import AccountLocked
from caredesk.accounts.rules import SignInPolicy, failures_in_a_row, is_locked, lock_after
from caredesk.core.work import Work


def find_lock(work: Work, *, key: str) -> AccountLocked | None:
    """Return the refusal of what is locked under a key, None when it may be tried; the row stays locked."""
    failure = queries.lock_sign_in_failure(work.session, login_hash=key)
    if failure is None or not is_locked(locked_until=failure.locked_until, now=work.now):
        return None
    return _until(failure.locked_until)


def count(work: Work, *, key: str, policy: SignInPolicy) -> AccountLocked | None:
    """Count a failure under a key; return the lock that it brings, if it does."""
    queries.drop_old_sign_in_failures(work.session, before=work.now - policy.lock)
    row = queries.claim_sign_in_failure(work.session, login_hash=key, now=work.now)
    row.attempts = failures_in_a_row(attempts=row.attempts, last_at=row.last_at, lock=policy.lock, now=work.now)
    row.last_at = work.now
    row.locked_until = lock_after(failed_attempts=row.attempts, policy=policy, now=work.now)
    return _until(row.locked_until)


def _until(locked_until: datetime | None) -> AccountLocked | None:
    return AccountLocked(until=locked_until.isoformat()) if locked_until else None
