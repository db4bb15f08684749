"""Moving the timelines of long closed conversations into the archive, oldest first, a few at a time (ADR 0032)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from caredesk.clinic.hours import span_on
from caredesk.conversations import archive_queries
from caredesk.conversations.archive_queries import Amount
from caredesk.conversations.rules import end_of_month, kept_at_hand_since, month_of
from caredesk.core.clock import clinic_time
from caredesk.core.work import Work

AT_ONCE = 100
"""Conversations of one transaction: with all their events about 30 ms of SQLite's only writer."""

REST = timedelta(seconds=1)
"""Between two of them, so that whoever writes at night waits for one and not for all."""

ARCHIVES_AT = time(3, 30)
"""On the clinic's clock: when nobody is there, and after what else is done at night."""


@dataclass(frozen=True)
class Moved:
    """What one transaction moved, and the clinic's month in which all of it was closed."""

    month: str
    amount: Amount


def begin_archiving(work: Work) -> None:
    """Have old timelines looked for every night; after a start. Where a run ended in between, the next goes on."""
    _come_back_tonight(work)


def archive_nightly(work: Work, *, months: int) -> None:
    """Move some timelines and come back: after a short rest while there are more, else in the coming night."""
    if archive_some(work, months=months) is None:
        _come_back_tonight(work)
    else:
        work.enqueue("archive_timelines", {}, due_at=work.now + REST, key="archive_timelines")


def archive_some(work: Work, *, months: int) -> Moved | None:
    """Move the oldest timelines of one month, if any was closed so long ago; None when all is done.

    `months` whole months of the clinic and the one that has begun stay at hand.
    """
    before = kept_at_hand_since(work.now, months=months)
    oldest = archive_queries.find_oldest_due(work.session, before=before)
    if oldest is None:
        return None
    until = min(before, end_of_month(oldest))
    ids = archive_queries.lock_due(work.session, before=until, limit=AT_ONCE)
    if not ids:
        # Somebody else holds all that is left of it, and is done with it sooner than we could wait.
        return None
    return Moved(month_of(oldest), archive_queries.move_timelines(work.session, conversation_ids=ids, now=work.now))


def due_by_month(session: Session, *, now: datetime, months: int) -> Iterator[Moved]:
    """Yield what would be moved now, month by month, oldest first; nothing is changed."""
    before = kept_at_hand_since(now, months=months)
    since = archive_queries.find_oldest_due(session, before=before)
    while since is not None and since < before:
        until = min(before, end_of_month(since))
        amount = archive_queries.count_due(session, since=since, before=until)
        if amount.conversations:
            yield Moved(month_of(since), amount)
        since = until


def _come_back_tonight(work: Work) -> None:
    today = clinic_time(work.now).date()
    nights = (span_on(today + timedelta(days=n), opens=ARCHIVES_AT, closes=time()).start for n in (0, 1))
    due_at = next(night for night in nights if night > work.now)
    work.enqueue("archive_timelines", {}, due_at=due_at, key="archive_timelines")
