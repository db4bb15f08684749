"""What the job that sends post does outside any transaction: read the next letter, send it, tell how it went."""

from __future__ import annotations

import json
from typing import Any

from caredesk.actions.webhooks import Sent, next_letter
from caredesk.edge.services import Services
from caredesk.edge.transactions import read


def send_next(services: Services, payload: dict[str, Any]) -> Sent:
    """Send what comes next about a subject. A crash after it sends it again: receivers know it by its id."""
    if services.webhook is None:
        return Sent(None, is_set=False)
    with read(services) as session:
        letter = next_letter(session, subject=payload["subject"])
    if letter is None:
        return Sent(None)
    body = json.dumps(letter.body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    with services.meters.post("webhook"):
        error = services.webhook.send(delivery_id=letter.delivery_id, body=body)
    services.meters.posts.labels("webhook", "later" if error else "taken").inc()
    return Sent(letter, error=error)
