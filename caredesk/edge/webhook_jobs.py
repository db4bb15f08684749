"""What the job that sends post does outside any transaction: read the next letter, send it, tell how it went."""

from __future__ import annotations

import json
from typing import Any

from caredesk.actions.webhook_systems import Receiver, announce_system_test, receiver_of
from caredesk.actions.webhooks import Sent, keep_sent, next_letter
from caredesk.core.work import Actor
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write


def send_next(services: Services, payload: dict[str, Any]) -> Sent:
    """Send what comes next about a subject. A crash after it sends it again: receivers know it by its id."""
    to = payload.get("to")
    if to is None and services.webhook is None:
        return Sent(None, is_set=False)
    with read(services) as session:
        letter = next_letter(session, subject=payload["subject"], to=to)
        receiver = receiver_of(session, subscription_id=to, now=services.clock.now()) if to else None
    # Whoever was removed meanwhile hears no more: their post was dropped with them.
    if letter is None or (to and receiver is None):
        return Sent(None)
    body = json.dumps(letter.body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    with services.meters.post("webhook"):
        error = _send(services, receiver, delivery_id=letter.delivery_id, body=body)
    services.meters.posts.labels("webhook", "later" if error else "taken").inc()
    return Sent(letter, error=error)


def _send(services: Services, receiver: Receiver | None, *, delivery_id: str, body: bytes) -> str:
    if receiver is not None:
        return services.post_office.send_to(receiver.url, keys=receiver.keys, delivery_id=delivery_id, body=body)
    return services.webhook.send(delivery_id=delivery_id, body=body) if services.webhook else "not_set"


def try_system(services: Services, *, actor: Actor, subscription_id: str) -> str:
    """Send a system a harmless message now; return an empty text, or the code of what was wrong."""
    with write(services, actor=actor) as work:
        subject = announce_system_test(work, subscription_id=subscription_id)
    sent = send_next(services, {"subject": subject, "to": subscription_id})
    with write(services, actor=actor) as work:
        keep_sent(work, subject=subject, sent=sent)
    return sent.error
