"""What nobody could send or do however often it was tried: one list for supervisors, sent again or thrown away.

Every deed is on the trail with who did it; what is thrown away has a reason. Nothing of what a message says is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.actions import broadcast_sending, call_up_sending, floor_trail, webhooks
from caredesk.assistance import broadcast_queries, call_up_queries
from caredesk.core import outbox
from caredesk.core.work import Work
from caredesk.floor import post_queries
from caredesk.floor.errors import JobNotDead

Kind = Literal["call_up", "broadcast", "webhook", "job"]
SHOWN = 100


@dataclass(frozen=True)
class DeadLetter:
    """Something that was given up. `what` is a channel, a kind of post or a job's name; `to` is masked or a subject."""

    kind: Kind
    id: str
    what: str
    to: str
    error: str
    tries: int
    at: datetime


def list_dead(session: Session) -> list[DeadLetter]:
    """Return everything that was given up and that nobody has looked after, newest first."""
    legs = call_up_queries.list_dead(session, limit=SHOWN)
    told = broadcast_queries.list_dead(session, limit=SHOWN)
    post = post_queries.list_deliveries(session, states=["dead"], limit=SHOWN)
    jobs = outbox.list_dead_jobs(session, limit=SHOWN)
    found = [
        *(DeadLetter("call_up", one.id, one.channel, one.to, one.reason, one.tries, one.planned_at) for one, _ in legs),
        *(
            DeadLetter("broadcast", one.id, one.channel, one.to, one.reason, one.tries, one.planned_at)
            for one, _ in told
        ),
        *(DeadLetter("webhook", one.id, one.type, "", one.last_error, one.attempts, one.made_at) for one in post),
        *(DeadLetter("job", one.id, one.name, "", one.last_error or "", one.attempts, one.created_at) for one in jobs),
    ]
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:SHOWN]


def replay(work: Work, *, kind: Kind, letter_id: str) -> None:
    """Send or do something again now."""
    _AGAIN[kind](work, letter_id)
    _keep(work, what="letter_replayed", kind=kind, letter_id=letter_id, reason="")


def discard(work: Work, *, kind: Kind, letter_id: str, reason: str) -> None:
    """Throw something away, with a reason; what waited behind it goes on."""
    said = floor_trail.because(reason)
    _AWAY[kind](work, letter_id)
    _keep(work, what="letter_discarded", kind=kind, letter_id=letter_id, reason=said)


def _keep(work: Work, *, what: str, kind: Kind, letter_id: str, reason: str) -> None:
    floor_trail.keep(work, what=what, reason=reason, facts={"kind": kind, "letter_id": letter_id})


def _replay_job(work: Work, letter_id: str) -> None:
    if not outbox.revive_job(work.session, job_id=letter_id, now=work.now):
        raise JobNotDead
    work.has_jobs = True


def _discard_job(work: Work, letter_id: str) -> None:
    if not outbox.drop_dead_job(work.session, job_id=letter_id):
        raise JobNotDead


_AGAIN: dict[Kind, Callable[[Work, str], None]] = {
    "call_up": lambda work, id: call_up_sending.replay(work, leg_id=id),
    "broadcast": lambda work, id: broadcast_sending.replay(work, leg_id=id),
    "webhook": lambda work, id: webhooks.replay(work, delivery_id=id),
    "job": _replay_job,
}
_AWAY: dict[Kind, Callable[[Work, str], None]] = {
    "call_up": lambda work, id: call_up_sending.discard(work, leg_id=id),
    "broadcast": lambda work, id: broadcast_sending.discard(work, leg_id=id),
    "webhook": lambda work, id: webhooks.discard(work, delivery_id=id),
    "job": _discard_job,
}
