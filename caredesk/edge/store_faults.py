"""What a database's error means for whoever asked: refused at once and in clear words, with nothing half done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from caredesk.continuity.rules import StoreProblem, store_problem
from caredesk.core.errors import CareDeskError

log = logging.getLogger(__name__)

RETRY_SECONDS = 5


class StoreUnavailable(CareDeskError):
    """The database cannot do what was asked; nothing of it was done. Try again after `retry_after` seconds."""

    code = "store"
    status = 503
    problem: ClassVar[StoreProblem] = "away"


class StoreAway(StoreUnavailable):
    """The database does not answer: nothing can be read or written."""

    code = "store.away"


class StoreReadOnly(StoreUnavailable):
    """The database can be read and not written."""

    code = "store.read_only"
    problem = "read_only"


class StoreFull(StoreUnavailable):
    """The database's disk is full: it can be read and not written."""

    code = "store.full"
    problem = "full"


class StoreLocked(StoreUnavailable):
    """Somebody else holds the database's lock: it can be read and not written."""

    code = "store.locked"
    problem = "locked"


_BY_PROBLEM: dict[str, type[StoreUnavailable]] = {
    kind.problem: kind for kind in (StoreAway, StoreReadOnly, StoreFull, StoreLocked)
}


def refusal_for(problem: str) -> StoreUnavailable:
    """Return the refusal that tells of a problem of the database."""
    return _BY_PROBLEM[problem](retry_after=RETRY_SECONDS)


def problem_in(fault: Exception) -> StoreProblem | None:
    """Return what an error says of the database itself; None when it speaks of a statement, or is none of its own."""
    if isinstance(fault, PoolTimeout):
        return "away"
    if not isinstance(fault, OperationalError | InterfaceError | DBAPIError):
        return None
    return store_problem(
        sqlite_code=getattr(fault.orig, "sqlite_errorcode", None),
        sqlstate=getattr(fault.orig, "sqlstate", None),
        lost_connection=fault.connection_invalidated or isinstance(fault, OperationalError),
    )


@contextmanager
def told_as_refusal(*, doubt: Callable[[str], None]) -> Iterator[None]:
    """Turn errors of the database itself into refusals, and say to `doubt` what was met; the rest passes as it is."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as fault:
        problem = problem_in(fault)
        if problem is None:
            raise
        # Without the error's own words, which may quote what people wrote.
        log.warning("store_refused", extra={"problem": problem, "fault": type(fault.__cause__ or fault).__name__})
        doubt(problem)
        raise refusal_for(problem) from fault
