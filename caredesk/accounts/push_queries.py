"""All SQL of browsers that may be woken; apart from sign-in, which knows nothing of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from caredesk.accounts.models import PushSubscription
from caredesk.core.db import upsert_into
from caredesk.core.ids import new_id, token_hash
from caredesk.core.ports import PushTarget

MOST_BROWSERS = 10
"""Of one person; whoever has more has forgotten the oldest."""


def put_subscription(session: Session, *, staff_id: str, target: PushTarget, now: datetime) -> None:
    """Keep a browser's address as this person's, whoever had it before; the oldest beyond ten are let go."""
    row = upsert_into(session, PushSubscription).values(
        id=new_id(),
        staff_id=staff_id,
        endpoint=target.endpoint,
        endpoint_hash=token_hash(target.endpoint),
        p256dh=target.p256dh,
        auth=target.auth,
        created_at=now,
        used_at=None,
        fault="",
    )
    kept = ("staff_id", "p256dh", "auth", "created_at", "used_at", "fault")
    fresh = {name: row.excluded[name] for name in kept}
    session.execute(row.on_conflict_do_update(index_elements=["endpoint_hash"], set_=fresh))
    surplus = [one.id for one in list_subscriptions(session, staff_id=staff_id)[MOST_BROWSERS:]]
    drop_subscriptions(session, ids=surplus)


def list_subscriptions(session: Session, *, staff_id: str) -> Sequence[PushSubscription]:
    """Return the browsers of a person, newest first."""
    query = select(PushSubscription).where(PushSubscription.staff_id == staff_id)
    newest = query.order_by(PushSubscription.created_at.desc(), PushSubscription.id.desc())
    return session.scalars(newest.execution_options(populate_existing=True)).all()


def drop_subscription(session: Session, *, staff_id: str, endpoint: str) -> None:
    """Forget a person's browser; another person's stays."""
    own = PushSubscription.staff_id == staff_id
    session.execute(delete(PushSubscription).where(own, PushSubscription.endpoint_hash == token_hash(endpoint)))


def drop_subscriptions(session: Session, *, ids: Collection[str]) -> None:
    """Forget browsers whose address is gone."""
    if ids:
        session.execute(delete(PushSubscription).where(PushSubscription.id.in_(ids)))


def find_subscription(session: Session, *, id: str) -> PushSubscription | None:
    """Return a browser, if it is still known."""
    return session.get(PushSubscription, id)
