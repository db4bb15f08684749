"""All SQL of the systems that our post goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from caredesk.floor.errors import SubscriptionNotFound
from caredesk.floor.hook_models import WebhookSubscription
from caredesk.floor.models import WebhookDelivery


@dataclass(frozen=True)
class PostCounts:
    """How much post of a system waits or is dead, and when the last was taken."""

    waiting: int = 0
    dead: int = 0
    delivered_at: datetime | None = None


def list_subscriptions(session: Session) -> Sequence[WebhookSubscription]:
    """Return every system, in the order they were added."""
    return session.scalars(
        select(WebhookSubscription).order_by(WebhookSubscription.made_at, WebhookSubscription.id)
    ).all()


def find_subscription(session: Session, *, subscription_id: str) -> WebhookSubscription | None:
    """Return a system if it is still there."""
    return session.get(WebhookSubscription, subscription_id)


def get_subscription(session: Session, *, subscription_id: str) -> WebhookSubscription:
    """Return a system."""
    found = find_subscription(session, subscription_id=subscription_id)
    if found is None:
        raise SubscriptionNotFound
    return found


def remove_subscription(session: Session, *, subscription: WebhookSubscription, now: datetime) -> None:
    """Forget a system; its post that was not taken is dropped."""
    waiting = WebhookDelivery.state.in_(("pending", "dead"))
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.subscription_id == subscription.id, waiting)
        .values(state="dropped", ended_at=now)
    )
    session.delete(subscription)


def post_counts(session: Session) -> dict[str, PostCounts]:
    """Return how the post stands, by system."""
    of, state = WebhookDelivery.subscription_id, WebhookDelivery.state
    counted = session.execute(
        select(of, state, func.count(), func.max(WebhookDelivery.ended_at)).where(of.is_not(None)).group_by(of, state)
    ).all()
    found: dict[str, dict[str, tuple[int, datetime | None]]] = {}
    for subscription_id, in_state, number, last in counted:
        found.setdefault(str(subscription_id), {})[in_state] = (number, last)
    none: tuple[int, datetime | None] = (0, None)
    return {
        key: PostCounts(states.get("pending", none)[0], states.get("dead", none)[0], states.get("delivered", none)[1])
        for key, states in found.items()
    }
