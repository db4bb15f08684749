"""How observations become a condition: a dependency falls and recovers only after several looks that agree.

Whoever looks every few seconds sees single misses: a slow answer, a restart of a moment. Two looks in a row make a
fall, three a recovery, and whoever fell lately must be well for longer each time, so that no banner flickers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

UNKNOWN = "unknown"
"""What a look says that could see nothing, because it looks through something that is away itself."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many looks in a row make a fall and a recovery, and how long a fall is remembered."""

    down_after: int = 2
    up_after: int = 3
    most_up_after: int = 24
    remembered: timedelta = timedelta(minutes=10)


USUAL = Patience()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a dependency stands. `problem` is what is told, empty when well; `seen` is what the last look saw.

    `times` counts looks in a row that agree on well or not; `falls` are the last ones, by which it is mistrusted.
    """

    problem: str = ""
    since: datetime | None = None
    seen: str = ""
    times: int = 0
    falls: tuple[datetime, ...] = ()


def after_look(standing: Standing, *, seen: str, at: datetime, patience: Patience = USUAL) -> Standing:
    """Return how a dependency stands after one more look, which saw a problem or, with an empty word, none."""
    if seen == UNKNOWN:
        return standing
    times = standing.times + 1 if bool(seen) == bool(standing.seen) else 1
    noted = replace(standing, seen=seen, times=times)
    if bool(seen) == bool(standing.problem):
        # Down and down in another way: told when two looks agree on it.
        return replace(noted, problem=seen) if seen == standing.seen else noted
    if seen and times >= patience.down_after:
        recent = tuple(fall for fall in standing.falls if at - fall < patience.remembered)
        return replace(noted, problem=seen, since=at, falls=(*recent, at))
    if not seen and times >= needed_to_recover(standing, at=at, patience=patience):
        return replace(noted, problem="", since=at)
    return noted


def needed_to_recover(standing: Standing, *, at: datetime, patience: Patience = USUAL) -> int:
    """Return how many good looks in a row end a trouble: twice as many for each earlier fall of the last minutes."""
    recent = sum(at - fall < patience.remembered for fall in standing.falls)
    return min(patience.up_after << max(0, recent - 1), patience.most_up_after)


def is_settled(standing: Standing) -> bool:
    """Tell whether the last look says what is told; else somebody should look again soon."""
    return standing.seen == standing.problem


# ---- the clock -------------------------------------------------------------------------------------------

CLOCK_TOLERANCE = timedelta(seconds=5)
JUMP_TOLD_FOR = timedelta(minutes=10)
"""A clock that was set stays so; after this long it is the new truth, and the promises made before it are over."""


@dataclass(frozen=True, slots=True)
class ClockTrust:
    """What the machine's clock is believed to be ahead of its counter of seconds, and since when it is not so."""

    ahead: timedelta
    jumped_at: timedelta | None = None
    """On the counter, which nobody can set."""


def after_tick(trust: ClockTrust | None, *, wall: datetime, counted: timedelta, epoch: datetime) -> ClockTrust:
    """Return what is believed after one look at the clock and the counter.

    A slow drift, as time servers correct it, is followed; a jump is not, until it is old.
    """
    ahead = wall - epoch - counted
    if trust is None or abs(ahead - trust.ahead) <= CLOCK_TOLERANCE:
        return ClockTrust(ahead)
    if trust.jumped_at is None:
        return replace(trust, jumped_at=counted)
    return ClockTrust(ahead) if counted - trust.jumped_at >= JUMP_TOLD_FOR else trust


def clock_problem(trust: ClockTrust, *, differs_by: timedelta | None) -> str:
    """Return what is wrong with the clock: it jumped, or it differs from the database's by more than some seconds."""
    if trust.jumped_at is not None:
        return "jumped"
    return "differs" if differs_by is not None and abs(differs_by) > CLOCK_TOLERANCE else ""


# ---- the store's own words -------------------------------------------------------------------------------

StoreProblem = Literal["away", "read_only", "full", "locked"]

_OF_SQLITE: dict[int, StoreProblem] = {
    5: "locked",  # SQLITE_BUSY
    6: "locked",  # SQLITE_LOCKED
    8: "read_only",  # SQLITE_READONLY
    10: "read_only",  # SQLITE_IOERR: what cannot be written, for whatever reason
    13: "full",  # SQLITE_FULL
    14: "away",  # SQLITE_CANTOPEN
    11: "away",  # SQLITE_CORRUPT
    26: "away",  # SQLITE_NOTADB
}
"""By primary result code (https://www.sqlite.org/rescode.html)."""

_OF_POSTGRES: dict[str, StoreProblem] = {
    "25006": "read_only",  # read_only_sql_transaction
    "53100": "full",  # disk_full
    "53300": "away",  # too_many_connections
    "57P01": "away",  # admin_shutdown
    "57P02": "away",  # crash_shutdown
    "57P03": "away",  # cannot_connect_now
    "58030": "read_only",  # io_error
}
"""By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html); class 08 is the connection."""


def store_problem(*, sqlite_code: int | None, sqlstate: str | None, lost_connection: bool) -> StoreProblem | None:
    """Return what a database's error says of the database; None when it speaks of the statement."""
    if sqlite_code is not None:
        return _OF_SQLITE.get(sqlite_code & 0xFF)
    if sqlstate:
        return "away" if sqlstate.startswith("08") else _OF_POSTGRES.get(sqlstate)
    return "away" if lost_connection else None


# ---- the standby list ------------------------------------------------------------------------------------

STANDBY_EVERY = timedelta(seconds=30)
STANDBY_OLDEST = timedelta(hours=4)
"""Who waits changes by the minute; what is older than a shift misleads, and families' data are kept no longer."""


def is_standby_due(*, taken_at: datetime | None, now: datetime) -> bool:
    """Tell whether the list should be kept anew; also when the clock was set back."""
    return taken_at is None or not timedelta(0) <= now - taken_at < STANDBY_EVERY


def is_standby_usable(*, taken_at: datetime, now: datetime) -> bool:
    """Tell whether a kept list may still be shown."""
    return now - taken_at < STANDBY_OLDEST
