"""What the job that sends a message does outside any transaction: claim it, hand it over, tell what became of it."""

from __future__ import annotations

from typing import Any

from caredesk.actions import broadcast_sending
from caredesk.actions.call_up_sending import Claimed, claim_message
from caredesk.core.ports import Handed
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
    messenger = services.sms if claimed.channel == "sms" else services.wechat
    if messenger is None or (messenger.is_play and not claimed.is_demo):
        # A hospital without a provider must not read that a message was sent.
        return Handed("refused", error="no_provider")
    return messenger.hand_over(claimed.message)
