"""Telling the hospital's own systems: post as rows, one subject in order, sent outside transactions, tried again.

What is sent names things by ids and codes only: no names, no words of people, no secrets (B66).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.floor import hook_queries, post_queries
from caredesk.floor.hook_rules import TRIED, News, news_of
from caredesk.floor.models import WebhookDelivery
from caredesk.floor.schemas import DeliveryView

MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=30)
SHOWN = 50


@dataclass(frozen=True)
class Letter:
    """What is to be sent now: the body is exactly what is signed. `to` is the system, None the address in settings."""

    delivery_id: str
    subject: str
    attempts: int
    kind: str
    body: dict[str, object]
    to: str | None = None


@dataclass(frozen=True)
class Sent:
    """How an attempt went: delivered, or the code of what was wrong. `letter` is None when there was nothing to do."""

    letter: Letter | None
    error: str = ""
    is_set: bool = True


def announce(work: Work, *, subject: str, kind: str, facts: dict[str, str]) -> None:
    """Have the hospital's systems told about a subject, after everything that they were told about it before."""
    post_queries.lock_subjects(work.session, subjects=[subject])
    _write(work, subject=subject, kind=kind, facts=facts, to=None)
    for system in hook_queries.list_subscriptions(work.session):
        if kind in system.kinds:
            _write(work, subject=subject, kind=kind, facts=facts, to=system.id)


def announce_events(work: Work) -> None:
    """Have the systems that ask for it told what this transaction's events are news of; the edge calls it once."""
    news = news_of(work.events, now=work.now)
    if not news:
        return
    systems = hook_queries.list_subscriptions(work.session)
    wanted = [(system.id, one) for system in systems for one in news if one.kind in system.kinds]
    post_queries.lock_subjects(work.session, subjects=[one.subject for _, one in wanted])
    for to, one in wanted:
        # Two transactions of one instant may both speak of what happened in it.
        if not _is_told(work, one, to=to):
            _write(work, subject=one.subject, kind=one.kind, facts=one.facts, to=to)


def _is_told(work: Work, news: News, *, to: str) -> bool:
    return post_queries.is_told(work.session, subject=news.subject, kind=news.kind, to=to, at=work.now)


def announce_test(work: Work, *, to: str | None = None) -> str:
    """Have a harmless message sent, to try an address; return its subject."""
    subject = f"test:{new_id()}"
    _write(work, subject=subject, kind=TRIED, facts={}, to=to)
    return subject


def _write(work: Work, *, subject: str, kind: str, facts: dict[str, str], to: str | None) -> None:
    body: dict[str, object] = {"type": kind, "subject": subject, "at": work.now.isoformat(), "facts": facts}
    post_queries.add_delivery(work.session, subject=subject, kind=kind, body=body, to=to, now=work.now)
    _send_soon(work, subject=subject, to=to)


def _send_soon(work: Work, *, subject: str, to: str | None) -> None:
    payload, key = _job_of(subject, to=to)
    work.enqueue("send_webhook", payload, key=key, not_later=True)


def _job_of(subject: str, *, to: str | None) -> tuple[dict[str, str], str]:
    """Return the payload and key of the job that sends about a subject; one for each receiver, whom none delays."""
    if to is None:
        return {"subject": subject}, f"webhook:{subject}"
    return {"subject": subject, "to": to}, f"webhook:{to}:{subject}"


def next_letter(session: Session, *, subject: str, to: str | None = None) -> Letter | None:
    """Return what is to be sent next about a subject; None behind something dead, which somebody must look at."""
    found = post_queries.find_next(session, subject=subject, to=to)
    if found is None or found.state != "pending":
        return None
    return Letter(found.id, found.subject, found.attempts, found.type, {"id": found.id, **found.body}, to)


def keep_sent(work: Work, *, subject: str, sent: Sent) -> None:
    """Keep how an attempt went and have the next one made: at once, after a pause, or never without a person."""
    if not sent.is_set:
        post_queries.drop(work.session, subject=subject)
        return
    letter = sent.letter
    if letter is None:
        return
    attempts = letter.attempts + 1
    if not sent.error:
        _record(work, letter, state="delivered", attempts=attempts)
        _send_soon(work, subject=subject, to=letter.to)
    elif attempts >= MOST_ATTEMPTS:
        _record(work, letter, state="dead", attempts=attempts, error=sent.error)
    else:
        _record(work, letter, state="pending", attempts=attempts, error=sent.error)
        payload, key = _job_of(subject, to=letter.to)
        work.enqueue("send_webhook", payload, due_at=work.now + pause_after(attempts), key=key)


def _record(work: Work, letter: Letter, *, state: str, attempts: int, error: str = "") -> None:
    post_queries.record(
        work.session,
        delivery_id=letter.delivery_id,
        state=state,
        attempts=attempts,
        error=error[:60],
        ended_at=None if state == "pending" else work.now,
    )


def pause_after(attempts: int) -> timedelta:
    """Return the pause after so many failed attempts: doubled each time, up to half an hour."""
    return min(FIRST_PAUSE * (1 << (attempts - 1)), LONGEST_PAUSE)


def replay(work: Work, *, delivery_id: str) -> None:
    """Send dead post again; whatever waited behind it follows in order."""
    delivery = post_queries.revive(work.session, delivery_id=delivery_id)
    _send_soon(work, subject=delivery.subject, to=delivery.subscription_id)


def discard(work: Work, *, delivery_id: str) -> None:
    """Throw dead post away; whatever waited behind it goes out."""
    delivery = post_queries.throw_away(work.session, delivery_id=delivery_id, now=work.now)
    _send_soon(work, subject=delivery.subject, to=delivery.subscription_id)


def undelivered(session: Session) -> list[DeliveryView]:
    """Return the post that has failed at least once or is dead."""
    found = post_queries.list_deliveries(session, states=["pending", "dead"], limit=SHOWN)
    return [delivery_view(one) for one in found if one.state == "dead" or one.attempts]


def all_post(session: Session) -> list[DeliveryView]:
    """Return the newest post in any state."""
    found = post_queries.list_deliveries(session, states=["pending", "dead", "delivered"], limit=SHOWN)
    return [delivery_view(one) for one in found]


def delivery_view(row: WebhookDelivery) -> DeliveryView:
    """Return one piece of post as the floor shows it."""
    return DeliveryView(
        id=row.id,
        subject=row.subject,
        type=row.type,
        state="dead" if row.state == "dead" else "delivered" if row.state == "delivered" else "pending",
        attempts=row.attempts,
        last_error=row.last_error,
        made_at=row.made_at,
    )
