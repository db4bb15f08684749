"""All SQL of the webhook's post; apart from the floor's because jobs and commands read it, not the wallboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zlib import crc32

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from caredesk.core.ids import new_id
from caredesk.floor.errors import DeliveryNotFound
from caredesk.floor.models import WebhookDelivery

POST_LOCK = 1_204_705
"""The first half of the locks that subjects are told by; any number that nothing else locks by."""


def lock_subjects(session: Session, *, subjects: Iterable[str]) -> None:
    """Let one transaction at a time write about each of these subjects, until it ends; SQLite has one writer anyway.

    All that a transaction speaks of is locked in one order, so that no two wait for each other. Subjects of one sum
    share a lock, which costs them a wait and nothing else.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for key in sorted({crc32(subject.encode()) - (1 << 31) for subject in subjects}):
        session.execute(select(func.pg_advisory_xact_lock(POST_LOCK, key)))


def add_delivery(
    session: Session, *, subject: str, kind: str, body: dict[str, object], to: str | None, now: datetime
) -> WebhookDelivery:
    """Append to a subject's post, to one system or (None) to the address in the settings.

    Its number follows the last of all about the subject, which the caller has locked: nobody else takes the same.
    """
    last = session.scalar(select(func.max(WebhookDelivery.number)).where(WebhookDelivery.subject == subject)) or 0
    delivery = WebhookDelivery(
        id=new_id(),
        subject=subject,
        number=last + 1,
        type=kind,
        body=body,
        subscription_id=to,
        state="pending",
        attempts=0,
        made_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery


def find_next(session: Session, *, subject: str, to: str | None) -> WebhookDelivery | None:
    """Return the first of a subject's post to a receiver that is neither delivered nor thrown away: the rest waits."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.subject == subject,
        WebhookDelivery.subscription_id == to if to else WebhookDelivery.subscription_id.is_(None),
        WebhookDelivery.state.not_in(("delivered", "dropped")),
    )
    return session.scalars(query.order_by(WebhookDelivery.number).limit(1)).first()


def record(
    session: Session, *, delivery_id: str, state: str, attempts: int, error: str, ended_at: datetime | None
) -> None:
    """Keep how an attempt went."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == "pending")
        .values(state=state, attempts=attempts, last_error=error, ended_at=ended_at)
    )


def revive(session: Session, *, delivery_id: str) -> WebhookDelivery:
    """Make a dead delivery pending again."""
    revived = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == "dead")
        .values(state="pending", attempts=0, ended_at=None)
        .returning(WebhookDelivery)
        .execution_options(populate_existing=True)
    )
    delivery = session.scalars(revived).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def throw_away(session: Session, *, delivery_id: str, now: datetime) -> WebhookDelivery:
    """Give up a dead delivery for good; whatever follows it waits no longer."""
    dropped = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == "dead")
        .values(state="dropped", ended_at=now)
        .returning(WebhookDelivery)
        .execution_options(populate_existing=True)
    )
    delivery = session.scalars(dropped).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def list_deliveries(session: Session, *, states: Sequence[str], limit: int) -> Sequence[WebhookDelivery]:
    """Return post in some states, newest first."""
    query = select(WebhookDelivery).where(WebhookDelivery.state.in_(states))
    return session.scalars(query.order_by(WebhookDelivery.made_at.desc(), WebhookDelivery.id.desc()).limit(limit)).all()


def is_told(session: Session, *, subject: str, kind: str, to: str, at: datetime) -> bool:
    """Tell whether a system was written to about something that happened at an instant."""
    query = select(WebhookDelivery.id).where(
        WebhookDelivery.subject == subject,
        WebhookDelivery.type == kind,
        WebhookDelivery.subscription_id == to,
        WebhookDelivery.made_at == at,
    )
    return session.scalar(query.limit(1)) is not None


def find_receiver(session: Session, *, delivery_id: str) -> str | None:
    """Return to which system post goes; None when it goes to none, or there is no such post."""
    return session.scalar(select(WebhookDelivery.subscription_id).where(WebhookDelivery.id == delivery_id))


def drop(session: Session, *, subject: str) -> None:
    """Forget a subject's post to the address in the settings, which is not set: nobody will ever take it."""
    unset = WebhookDelivery.subscription_id.is_(None)
    for delivery in session.scalars(select(WebhookDelivery).where(WebhookDelivery.subject == subject, unset)):
        session.delete(delivery)
    session.flush()
