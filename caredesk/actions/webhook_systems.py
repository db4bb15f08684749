"""The hospital's systems that hear of news: added, changed, tried and removed by an administrator, with keys of theirs.

Keys are told once, when they are made. Every deed is in the audit, without address and key.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions.webhooks import SHOWN, announce_test, delivery_view
from caredesk.conversations.rules import tidy_text
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.floor import hook_queries, post_queries
from caredesk.floor.errors import AddressRefused, DeliveryNotFound, NameNeeded, TooManySubscriptions
from caredesk.floor.hook_models import WebhookSubscription
from caredesk.floor.hook_queries import PostCounts
from caredesk.floor.hook_rules import KINDS, MOST_SUBSCRIPTIONS, OLD_KEY_SIGNS, new_key, shown_url
from caredesk.floor.hook_schemas import GivenKey, LetterView, SubscriptionView, WantedSubscription, WebhooksPage

KEY_BYTES = 32


@dataclass(frozen=True)
class Receiver:
    """Where post goes, and the keys that sign it, the newest first."""

    url: str
    keys: Sequence[str]


def receiver_of(session: Session, *, subscription_id: str, now: datetime) -> Receiver | None:
    """Return where a system's post goes; None when it was removed."""
    found = hook_queries.find_subscription(session, subscription_id=subscription_id)
    if found is None:
        return None
    signs_still = found.old_until is not None and now < found.old_until
    return Receiver(found.url, [found.secret, *([found.old_secret] if signs_still else [])])


def page(session: Session, *, now: datetime) -> WebhooksPage:
    """Return all systems with how their post stands, and the newest post."""
    counts = hook_queries.post_counts(session)
    letters = post_queries.list_deliveries(session, states=["pending", "dead", "delivered"], limit=SHOWN)
    return WebhooksPage(
        subscriptions=[
            _view(one, counts=counts.get(one.id, PostCounts()), now=now)
            for one in hook_queries.list_subscriptions(session)
        ],
        kinds=list(KINDS),
        letters=[
            LetterView(**delivery_view(one).model_dump(), subscription_id=one.subscription_id or "") for one in letters
        ],
    )


def _view(one: WebhookSubscription, *, counts: PostCounts, now: datetime) -> SubscriptionView:
    return SubscriptionView(
        id=one.id,
        name=one.name,
        url=shown_url(one.url),
        kinds=[kind for kind in KINDS if kind in one.kinds],
        made_at=one.made_at,
        made_by=one.made_by,
        old_key_until=one.old_until if one.old_until is not None and now < one.old_until else None,
        waiting=counts.waiting,
        dead=counts.dead,
        delivered_at=counts.delivered_at,
    )


def add(work: Work, *, wanted: WantedSubscription, fault_of: Callable[[str], str]) -> GivenKey:
    """Add a system; it hears of what happens from now on."""
    if len(hook_queries.list_subscriptions(work.session)) >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptions(most=MOST_SUBSCRIPTIONS)
    url = _checked(wanted.url, fault_of=fault_of)
    added = WebhookSubscription(
        id=new_id(),
        name=_named(wanted.name),
        url=url,
        kinds=sorted(set(wanted.kinds)),
        secret=new_key(secrets.token_bytes(KEY_BYTES)),
        old_secret="",
        old_until=None,
        made_at=work.now,
        made_by=work.actor.name,
    )
    work.session.add(added)
    work.session.flush()
    _attest(work, "webhook.added", added)
    return GivenKey(subscription_id=added.id, key=added.secret)


def change(work: Work, *, subscription_id: str, wanted: WantedSubscription, fault_of: Callable[[str], str]) -> None:
    """Replace a system's name, address and kinds; an address that comes back as it is shown stays what it was."""
    found = hook_queries.get_subscription(work.session, subscription_id=subscription_id)
    if wanted.url != shown_url(found.url):
        found.url = _checked(wanted.url, fault_of=fault_of)
    found.name, found.kinds = _named(wanted.name), sorted(set(wanted.kinds))
    _attest(work, "webhook.changed", found)


def change_key(work: Work, *, subscription_id: str) -> GivenKey:
    """Give a system a new key; the one before signs beside it for a day, and any older one no more."""
    found = hook_queries.get_subscription(work.session, subscription_id=subscription_id)
    found.old_secret, found.old_until = found.secret, work.now + OLD_KEY_SIGNS
    found.secret = new_key(secrets.token_bytes(KEY_BYTES))
    _attest(work, "webhook.key_changed", found)
    return GivenKey(subscription_id=found.id, key=found.secret)


def remove(work: Work, *, subscription_id: str) -> None:
    """Forget a system; what it has not taken yet is dropped."""
    found = hook_queries.get_subscription(work.session, subscription_id=subscription_id)
    _attest(work, "webhook.removed", found)
    hook_queries.remove_subscription(work.session, subscription=found, now=work.now)


def announce_system_test(work: Work, *, subscription_id: str) -> str:
    """Have a system sent a harmless message; return its subject. Should the try fail, the job tries again."""
    found = hook_queries.get_subscription(work.session, subscription_id=subscription_id)
    _attest(work, "webhook.tried", found)
    return announce_test(work, to=found.id)


def check_is_systems(session: Session, *, delivery_id: str) -> None:
    """Refuse post that goes to no system that was added here: it is the supervisors' matter."""
    if post_queries.find_receiver(session, delivery_id=delivery_id) is None:
        raise DeliveryNotFound


def _checked(url: str, *, fault_of: Callable[[str], str]) -> str:
    fault = fault_of(url)
    if fault:
        raise AddressRefused(reason=fault)
    return url


def _named(name: str) -> str:
    tidied = tidy_text(name).strip()
    if not tidied:
        raise NameNeeded
    return tidied


def _attest(work: Work, name: str, system: WebhookSubscription) -> None:
    work.attest(Deed(name, subject=f"webhook:{system.id}"))
