"""What the jobs that ask about parcels do outside any transaction: claim the question, ask, tell what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from caredesk.actions.parcel_asking import Heard, Manner, ParcelQuestion, claim_question
from caredesk.core.ports import ParcelTracker
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import write

PUSH_PATH = "/hooks/parcels/kuaidi100"
"""Where the tracking service pushes to; told to it with each subscription."""


def manner_of(services: Services, _payload: dict[str, Any] | None = None) -> Manner:
    """Return how this desk asks about parcels."""
    settings = services.settings
    return Manner(
        can_ask=services.parcels is not None,
        pause=timedelta(minutes=settings.parcel_pause_minutes),
        every=timedelta(minutes=settings.parcel_every_minutes),
        stuck_after=timedelta(days=settings.parcel_stuck_days),
    )


def ask_carrier(services: Services, payload: dict[str, Any]) -> Heard:
    """Ask about one parcel. A crash after the claim costs this one question; the next is due after the pause."""
    manner = manner_of(services)
    if services.parcels is None:
        return Heard(manner)
    with write(services, actor=SYSTEM) as work:
        question = claim_question(work, parcel_id=payload["parcel_id"], manner=manner)
    if question is None:
        return Heard(manner)
    answer = services.parcels.ask(
        carrier_code=question.carrier_code, number=question.number, phone_tail=question.phone_tail
    )
    return Heard(manner, answer=answer, subscribed=_subscribed(services.parcels, question))


def _subscribed(tracker: ParcelTracker, question: ParcelQuestion) -> bool:
    """Have changes pushed, once for each parcel; without it the desk asks by itself."""
    if question.is_subscribed:
        return False
    fault = tracker.subscribe(
        carrier_code=question.carrier_code, number=question.number, phone_tail=question.phone_tail
    )
    return not fault
