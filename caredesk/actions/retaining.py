"""Following the time limits: what is over goes, class by class, a few rows in a transaction, every night.

Its place is a row, so that a crash costs one batch. What is held stays; what a job of its own removes is left to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from caredesk.actions.erasing import drop_pictures
from caredesk.clinic.hours import span_on
from caredesk.conversations import erasure_queries as talk_queries
from caredesk.core import key_queries
from caredesk.core.clock import clinic_time
from caredesk.core.deed import Deed
from caredesk.core.outbox import drop_streams
from caredesk.core.work import Work
from caredesk.retention import class_queries, queries
from caredesk.retention.classes import RecordClass, walked_classes
from caredesk.retention.models import RetentionRun
from caredesk.retention.rules import added, earlier_by
from caredesk.telephony import erasure_queries as call_queries

ROWS, CONVERSATIONS = 500, 50
"""Of one transaction: some tens of milliseconds of SQLite's only writer."""

REST = timedelta(seconds=1)
WALKS_AT = time(4, 15)
"""On the clinic's clock: behind the night's other work, the archiving among it."""


@dataclass(frozen=True)
class Planned:
    """What a run would remove of one class: rows or conversations by month, and how many only a hold keeps."""

    kind: RecordClass
    months: dict[str, int] = field(default_factory=dict)
    held: int = 0


def plan_retention(session: Session, *, now: datetime) -> list[Planned]:
    """Return what a run would remove now, class by class; nothing is changed."""
    held = queries.held_ids(session)
    return [_planned(session, kind, now=now, held=held) for kind in walked_classes()]


def _planned(session: Session, kind: RecordClass, *, now: datetime, held: set[str]) -> Planned:
    if kind.by == "kept":
        return Planned(kind, queries.count_kept_by_month(session, before=now))
    before = earlier_by(now, period=kind.period)
    if kind.by == "conversations":
        months = talk_queries.list_over_by_month(session, before=before, held=held)
        return Planned(kind, months, talk_queries.count_held(session, before=before, held=held))
    months = class_queries.count_by_month(session, kind, before=before, held=held)
    return Planned(kind, months, class_queries.count_held_rows(session, kind, before=before, held=held))


# ---- each night ------------------------------------------------------------------------------------------


def begin_retaining(work: Work) -> None:
    """Have the time limits followed every night; after a start. A run that was cut off goes on at once."""
    if queries.find_open_run(work.session) is not None:
        _come_back(work, after=REST)
    else:
        _come_back_tonight(work)


def retain_nightly(work: Work) -> None:
    """Remove some of what is over and come back: after a short rest while a run goes on, else in the coming night."""
    if retain_some(work) is None:
        _come_back_tonight(work)
    else:
        _come_back(work, after=REST)


def retain_some(work: Work) -> RetentionRun | None:
    """Do the next batch of the run that is open, or of a new one; None when that run has come to its end.

    Classes of which nothing is over are passed in the same transaction.
    """
    run = queries.find_open_run(work.session) or queries.begin_run(work.session, now=work.now)
    classes = walked_classes()
    begin = next((place for place, one in enumerate(classes) if one.id == run.place), 0)
    for kind in classes[begin:]:
        run.place = kind.id
        gone = _remove(work, kind, limit=CONVERSATIONS if kind.by == "conversations" else ROWS)
        if gone:
            run.gone = added(run.gone, name=kind.id, count=gone)
            return run
    run.ended_at = work.now
    why = f"removed={sum(run.gone.values())}"
    work.attest(Deed("retention.run", subject=f"retention_run:{run.id}", why=why, record=f"retention_run:{run.id}"))
    return None


def _remove(work: Work, kind: RecordClass, *, limit: int) -> int:
    if kind.by == "kept":
        return _remove_kept(work, limit=limit)
    before, held = earlier_by(work.now, period=kind.period), queries.held_ids(work.session)
    if kind.by == "conversations":
        return _remove_conversations(work, before=before, held=held, limit=limit)
    return class_queries.remove_rows(work.session, kind, before=before, held=held, limit=limit)


def _remove_conversations(work: Work, *, before: datetime, held: set[str], limit: int) -> int:
    ids = talk_queries.lock_over(work.session, before=before, held=held, limit=limit)
    pictures = [one for id in ids for one in talk_queries.picture_ids_of(work.session, conversation_id=id)]
    recordings = list(call_queries.recording_ids_of(work.session, conversation_ids=ids))
    drop_pictures(work, ids=pictures)
    if recordings:
        work.enqueue("drop_files", {"pictures": [], "recordings": recordings})
    drop_streams(work.session, streams=[f"{side}:{id}" for id in ids for side in ("staff", "patient")])
    talk_queries.drop_conversations(work.session, ids=ids)
    return len(ids)


def _remove_kept(work: Work, *, limit: int) -> int:
    over = queries.lock_kept_before(work.session, before=work.now, limit=limit)
    drop_pictures(work, ids=[picture for record in over for picture in record.body.get("pictures", [])])
    ids = [record.id for record in over]
    queries.drop_kept(work.session, ids=ids)
    key_queries.destroy_keys(work.session, holders=ids)
    return len(ids)


def _come_back(work: Work, *, after: timedelta) -> None:
    work.enqueue("follow_retention", {}, due_at=work.now + after, key="follow_retention")


def _come_back_tonight(work: Work) -> None:
    today = clinic_time(work.now).date()
    nights = (span_on(today + timedelta(days=n), opens=WALKS_AT, closes=time()).start for n in (0, 1))
    _come_back(work, after=next(night for night in nights if night > work.now) - work.now)
