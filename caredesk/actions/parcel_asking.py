"""Asking the carrier where parcels are: whom and when, what an answer changes, and work when nothing moves.

A question is claimed in one transaction, asked outside of any, and recorded in another; however a process ends, no
parcel is asked about more often than the tracking service bears.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from caredesk.actions.parcel_stuck import raise_stuck
from caredesk.actions.parcels import learn, report_of, tell
from caredesk.core.ports import Tracked
from caredesk.core.work import Work
from caredesk.patients import parcel_queries as queries
from caredesk.patients.carriers import code_of
from caredesk.patients.errors import ParcelOver, TrackingNotSet
from caredesk.patients.models import Parcel
from caredesk.patients.parcel_rules import FINISHED

EVERY = timedelta(minutes=10)
"""How often the desk looks for parcels that are due."""
GIVEN_UP_AFTER = timedelta(days=30)
"""A parcel that has stood still for so long is no longer asked about by itself."""
AT_ONCE = 200
RARER_WHEN_PUSHED = 4
PASSING = frozenset({"timeout", "unreachable", "service_busy", "service_broken"})
"""Faults that may be over soon. Every question costs money: what is not found yet is not asked for twice an hour."""


@dataclass(frozen=True)
class Manner:
    """How parcels are asked about: `pause` at least between two questions, `every` between those without a reason."""

    can_ask: bool
    pause: timedelta
    every: timedelta
    stuck_after: timedelta


@dataclass(frozen=True)
class ParcelQuestion:
    """What the carrier is to be asked: the end of the recipient's number is all it learns of a family."""

    parcel_id: str
    carrier_code: str
    number: str
    phone_tail: str
    is_subscribed: bool


@dataclass(frozen=True)
class Heard:
    """What came of a question; `answer` is None when it was not asked, because it was asked just now."""

    manner: Manner
    answer: Tracked | None = None
    subscribed: bool = False


@dataclass(frozen=True)
class Asking:
    """Whether a question is on its way, or when the next one may be asked."""

    soon: bool
    next_at: datetime


def begin_following(work: Work) -> None:
    """Have parcels looked after from now on; at the start of a process."""
    work.enqueue("follow_parcels", {}, key="follow_parcels", not_later=True)


def follow_parcels(work: Work, *, manner: Manner) -> None:
    """Have everything asked that is due, make work of what does not move, and come back."""
    since = work.now - GIVEN_UP_AFTER
    raise_stuck(work, after=manner.stuck_after, moved_since=since)
    if manner.can_ask:
        for parcel_id in queries.list_due(work.session, now=work.now, moved_since=since, limit=AT_ONCE):
            have_asked(work, parcel_id=parcel_id)
    work.enqueue("follow_parcels", {}, due_at=work.now + EVERY, key="follow_parcels")


def ask_soon(work: Work, *, parcel_id: str, guardian_id: str, manner: Manner) -> Asking:
    """Have the carrier asked about a family's parcel because somebody wants to know now."""
    parcel = queries.lock_parcel_of(work.session, parcel_id=parcel_id, guardian_id=guardian_id)
    if parcel.status in FINISHED:
        raise ParcelOver
    if not manner.can_ask or not (parcel.carrier_code or code_of(parcel.carrier)):
        raise TrackingNotSet
    next_at = parcel.asked_at + manner.pause if parcel.asked_at else work.now
    if next_at > work.now:
        return Asking(soon=False, next_at=next_at)
    have_asked(work, parcel_id=parcel_id)
    return Asking(soon=True, next_at=work.now + manner.pause)


def have_asked(work: Work, *, parcel_id: str) -> None:
    """Have the carrier asked about a parcel, as soon as the pause allows it."""
    work.enqueue("ask_parcel", {"parcel_id": parcel_id}, key=f"parcel:{parcel_id}", not_later=True)


def claim_question(work: Work, *, parcel_id: str, manner: Manner) -> ParcelQuestion | None:
    """Return what is to be asked now and note that it is; None when it was asked a moment ago or makes no sense."""
    parcel = queries.get_parcel(work.session, parcel_id=parcel_id)
    carrier_code = parcel.carrier_code or code_of(parcel.carrier)
    if not carrier_code:
        return None
    before = work.now - manner.pause
    if not queries.claim_question(work.session, parcel_id=parcel_id, before=before, now=work.now):
        return None
    owner = queries.owner_of(work.session, parcel=parcel)
    return ParcelQuestion(
        parcel_id=parcel_id,
        carrier_code=carrier_code,
        number=parcel.number,
        phone_tail=owner.phone_tail,
        is_subscribed=parcel.subscribed_at is not None,
    )


def keep_heard(work: Work, *, parcel_id: str, heard: Heard) -> None:
    """Keep what the carrier answered, or what was wrong, and when to ask again."""
    parcel = queries.lock_parcel(work.session, parcel_id=parcel_id)
    answer = heard.answer
    if answer is None:
        # Asked a moment ago, or of a carrier that nobody knows.
        due = parcel.asked_at + heard.manner.pause if parcel.asked_at else work.now + heard.manner.every
        parcel.next_ask_at = max(due, work.now + EVERY)
        return
    if heard.subscribed:
        parcel.subscribed_at = work.now
    _keep_answer(work, parcel, answer=answer)
    parcel.next_ask_at = work.now + _pause_after(
        answer, manner=heard.manner, subscribed=parcel.subscribed_at is not None
    )


def _pause_after(answer: Tracked, *, manner: Manner, subscribed: bool) -> timedelta:
    if answer.error in PASSING or answer.error.startswith("status_5"):
        return manner.pause
    # What is pushed is asked about only to make sure that the pushes still come.
    return manner.every * RARER_WHEN_PUSHED if subscribed and not answer.error else manner.every


def _keep_answer(work: Work, parcel: Parcel, *, answer: Tracked) -> None:
    before = parcel.fault
    if answer.error:
        parcel.fault = answer.error[:60]
        if parcel.fault != before:
            tell(work, parcel)
        return
    parcel.fault, parcel.heard_at = "", work.now
    parcel.carrier_code = parcel.carrier_code or answer.carrier_code
    if not learn(work, parcel, report=report_of(answer)):
        # Nothing has moved, but when that was last heard stands on the card.
        tell(work, parcel)
