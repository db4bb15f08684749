"""Pure decisions about parcels: which numbers make sense, what a report changes, and how old the knowledge is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

ParcelState = Literal["packed", "shipped", "in_transit", "out_for_delivery", "delivered", "returned", "trouble"]
"""`trouble` is what carriers call 疑难: held up, and somebody must ask why."""
Knowledge = Literal["fresh", "stale", "unknown"]
Source = Literal["hospital", "carrier", "staff"]

STATES: tuple[str, ...] = get_args(ParcelState)
FINISHED = frozenset({"delivered", "returned"})
UNDER_WAY = tuple(state for state in STATES if state not in FINISHED)

STALE_AFTER = timedelta(days=3)
"""A parcel on its way that nobody has spoken of for so long is told as unknown, not as being there."""
HEARD_FOR = timedelta(hours=24)
"""So long an answer of the carrier is good enough when asking again fails."""
AHEAD = timedelta(days=1)
"""A carrier's clock may be wrong by hours; what it reports of later days is not believed."""
MOST_STEPS = 100
LONGEST_TEXT = 200

_NUMBER = re.compile(r"[0-9A-Z](?:[0-9A-Z-]{4,30})[0-9A-Z]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Step:
    """One report of where a parcel is: when it was there, in whose words, told by whom."""

    at: datetime
    text: str
    source: Source = "hospital"

    def as_row(self) -> dict[str, Any]:
        """Return the step as it is kept."""
        return {"at": self.at.isoformat(), "text": self.text, "source": self.source}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a parcel: its state and its steps, oldest first."""

    status: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody tells of a parcel. Without a `status` only the steps count."""

    status: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ParcelStatus:
    """What may be told of a parcel: the last report with its time, and how far it can be relied on.

    `stale` and `unknown` mean that the place is not to be told as if it were true now. `silent_days` are the whole days
    since the last report; `heard_at` is when the carrier last answered at all.
    """

    status: str
    knowledge: Knowledge
    last_at: datetime | None
    last_text: str
    silent_days: int
    heard_at: datetime | None
    source: Source


# ---- numbers and words -----------------------------------------------------------------------------------


def tidy_number(number: str) -> str | None:
    """Return a parcel's number as it is kept, or None when it is none: 6 to 32 letters, digits and hyphens."""
    plain = "".join(unicodedata.normalize("NFKC", number).split()).upper()
    return plain if _NUMBER.fullmatch(plain) else None


def tidy_text(text: str) -> str:
    """Return a report's words on one line, without what no screen can show."""
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", text))
    return " ".join(plain.split())[:LONGEST_TEXT]


# ---- what a report changes -------------------------------------------------------------------------------


def steps_of(trace: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Return the steps of a kept trace, oldest first."""
    rows = (Step(_moment(row["at"]), str(row["text"]), row.get("source", "hospital")) for row in trace)
    return tuple(sorted(rows, key=lambda step: step.at))


def _moment(at: object) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(str(at))


def learned(known: Known, report: Report, *, now: datetime) -> Known:
    """Return what is known after a report; the same when it tells nothing new.

    Reports may come twice and in any order: steps are put together, and the state follows the newest step only.
    """
    told = [step for step in report.steps if step.at <= now + AHEAD and step.text]
    kept = {(step.at, step.text) for step in known.steps}
    new = {(step.at, step.text): step for step in told if (step.at, step.text) not in kept}
    steps = tuple(sorted((*known.steps, *new.values()), key=lambda step: step.at))[-MOST_STEPS:]
    status = report.status if _leads(known, report, told=told) else known.status
    return Known(status or known.status, steps if new else known.steps)


def _leads(known: Known, report: Report, *, told: Sequence[Step]) -> bool:
    """Tell whether a report is not older than what is known."""
    if report.status is None:
        return False
    if not known.steps:
        return True
    if not told:
        return False
    newest, told_last = known.steps[-1].at, max(step.at for step in told)
    # Of two words on one moment the end of the way is the later one.
    return told_last > newest or (told_last == newest and known.status not in FINISHED)


# ---- what may be told ------------------------------------------------------------------------------------


def standing(known: Known, *, heard_at: datetime | None, failing: bool, now: datetime) -> ParcelStatus:
    """Return what may be told of a parcel; `failing` says that the carrier could not be asked the last time."""
    last = known.steps[-1] if known.steps else None
    return ParcelStatus(
        status=known.status,
        knowledge=_knowledge(known, last=last, heard_at=heard_at, failing=failing, now=now),
        last_at=last.at if last else None,
        last_text=last.text if last else "",
        silent_days=max((now - last.at).days, 0) if last else 0,
        heard_at=heard_at,
        source=last.source if last else "hospital",
    )


def _knowledge(
    known: Known, *, last: Step | None, heard_at: datetime | None, failing: bool, now: datetime
) -> Knowledge:
    if last is None:
        return "unknown"
    if known.status in FINISHED:
        return "fresh"
    heard = max(last.at, heard_at or last.at)
    unheard = failing and now - heard > HEARD_FOR
    return "stale" if unheard or now - last.at > STALE_AFTER else "fresh"


def promised(eta: datetime | None, *, standing: ParcelStatus, now: datetime) -> datetime | None:
    """Return when a parcel may be told to arrive: nothing that is over, and nothing while its place is not certain."""
    if eta is None or eta < now or standing.knowledge == "stale" or standing.status in FINISHED:
        return None
    return eta


def is_stuck(*, status: str, moved_at: datetime, after: timedelta, now: datetime) -> bool:
    """Tell whether a parcel that should be moving has not done so for too long."""
    return status not in FINISHED and now - moved_at >= after
