"""What is news to the hospital's own systems, and what of it is told: ids and codes, never names or words (B66)."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from caredesk.core.event import Event
from caredesk.events.catalogue import AssistChanged, CallChanged, ConversationChanged, OfferEnded

NewsKind = Literal[
    "conversation.opened",
    "conversation.accepted",
    "conversation.closed",
    "call.started",
    "call.ended",
    "request.raised",
    "request.accepted",
    "request.ended",
    "alert.escalated",
    "alert.acknowledged",
    "alert.ended",
    "queue.set_by_hand",
]
"""What a system can ask to be told of; `docs/webhooks.md` says what each one carries."""
KINDS: tuple[NewsKind, ...] = get_args(NewsKind)
TRIED = "webhook.tested"

MOST_SUBSCRIPTIONS = 20
OLD_KEY_SIGNS = timedelta(hours=24)
"""How long the key before still signs after a change, so that a receiver can take up the new one in its own time."""


Times = dict[NewsKind, datetime | None]
"""When each kind of news about one thing happened, None while it has not."""


@dataclass(frozen=True)
class News:
    """Something that has happened. Everything about one subject is told in its order."""

    kind: NewsKind
    subject: str
    facts: dict[str, str]


def news_of(events: Iterable[Event], *, now: datetime) -> list[News]:
    """Return what a transaction's events are news of, each thing once. `now` is the transaction's time.

    A state is told again and again to screens; it is news in the transaction whose time it bears.
    """
    found = {(one.kind, one.subject): one for event in events for one in _news(event, now=now)}
    return list(found.values())


def _news(event: Event, *, now: datetime) -> list[News]:
    if isinstance(event, ConversationChanged):
        return _of_conversation(event, now=now)
    if isinstance(event, OfferEnded) and event.outcome == "accepted":
        subject = f"conversation:{event.conversation_id}"
        return [
            News("conversation.accepted", subject, {"conversation": event.conversation_id, "agent": event.staff_id})
        ]
    if isinstance(event, AssistChanged):
        return _of_request(event, now=now)
    return _of_call(event, now=now) if isinstance(event, CallChanged) else []


def _of_conversation(event: ConversationChanged, *, now: datetime) -> list[News]:
    seen = event.conversation
    facts = _told(conversation=seen.id, number=seen.number, channel=seen.channel, queue=seen.queue_id)
    subject = f"conversation:{seen.id}"
    found = [News("conversation.opened", subject, facts)] if seen.created_at == now else []
    if seen.status == "closed" and seen.closed_at == now:
        ended = _told(category=seen.close_category, outcome=seen.close_outcome)
        found.append(News("conversation.closed", subject, {**facts, **ended}))
    return found


def _of_request(event: AssistChanged, *, now: datetime) -> list[News]:
    seen = event.request
    facts = _told(
        request=seen.id,
        conversation=seen.conversation_id,
        number=seen.number,
        type=seen.type_key,
        appointment=seen.appointment_id,
        state=seen.state,
        outcome=seen.outcome,
    )
    subject = f"conversation:{seen.conversation_id}"
    times: Times = {
        "request.raised": seen.raised_at,
        "request.accepted": seen.accepted_at,
        "request.ended": seen.ended_at,
    }
    return _of_this_instant(times, subject=subject, facts=facts, now=now)


def _of_call(event: CallChanged, *, now: datetime) -> list[News]:
    seen = event.call
    facts = _told(
        call=seen.id,
        conversation=seen.conversation_id,
        direction=seen.direction,
        agent=seen.agent_id,
        disposition=seen.disposition,
    )
    subject = f"conversation:{seen.conversation_id}"
    times: Times = {"call.started": seen.started_at, "call.ended": seen.ended_at}
    return _of_this_instant(times, subject=subject, facts=facts, now=now)


def _of_this_instant(times: Times, *, subject: str, facts: dict[str, str], now: datetime) -> list[News]:
    """Return what has happened now of all that has a time."""
    return [News(kind, subject, facts) for kind, at in times.items() if at == now]


def _told(**facts: str | None) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def new_key(random: bytes) -> str:
    """Return a key as Standard Webhooks writes one, of 32 random bytes."""
    return f"whsec_{base64.b64encode(random).decode()}"


def shown_url(url: str) -> str:
    """Return an address as it is shown: without what may be a token in its question."""
    plain, asks, _ = url.partition("?")
    return f"{plain}?…" if asks else plain
