"""What the job that sends a message does outside any transaction: claim it, hand it over, tell what became of it."""

from __future__ import annotations

from typing import Any

from caredesk.actions import broadcast_sending
from caredesk.actions.call_up_sending import Claimed, claim_message
from caredesk.core.ports import Handed, OutgoingMessage
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import write


def send_message(services: Services, payload: dict[str, Any]) -> Handed | None:
    """Send one message of a call-up. A crash after it sends it again under the same request id."""
    with write(services, actor=SYSTEM) as work:
        claimed = claim_message(work, leg_id=payload["leg_id"])
    return hand_over(services, claimed) if claimed is not None else None


def send_broadcast(services: Services, payload: dict[str, Any]) -> Handed | None:
    """Send a message to all waiting families to one of them, under the same rule."""
    with write(services, actor=SYSTEM) as work:
        claimed = broadcast_sending.claim_message(work, leg_id=payload["leg_id"])
    return hand_over(services, claimed) if claimed is not None else None


def hand_over(services: Services, claimed: Claimed) -> Handed:
    """Give a claimed message to its provider and return what became of it."""
    channel = "sms" if claimed.channel == "sms" else "wechat"
    return hand_to(services, channel, message=claimed.message, is_demo=claimed.is_demo)


def hand_to(services: Services, channel: str, *, message: OutgoingMessage, is_demo: bool) -> Handed:
    """Give a message to the provider of a channel, counted and timed."""
    messenger = services.sms if channel == "sms" else services.wechat
    if messenger is None or (messenger.is_play and not is_demo):
        # A hospital without a provider must not read that a message was sent.
        return Handed("refused", error="no_provider")
    with services.meters.post(channel):
        handed = messenger.hand_over(message)
    services.meters.posts.labels(channel, handed.fate).inc()
    return handed
