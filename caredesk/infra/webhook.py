"""Sends post to the hospital's own systems, signed.

The signature is that of Standard Webhooks: HMAC-SHA256 over id, timestamp and body, so that receivers find ready code
for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from caredesk.core.clock import Clock
from caredesk.edge.signatures import post_signature
from caredesk.infra.outside import post_outside
from caredesk.settings import Reach


@dataclass(frozen=True)
class HttpWebhook:
    """Posts JSON to one address. What is wrong comes back as a code; nothing of the answer is kept."""

    url: str
    secret: str
    clock: Clock
    reach: Reach = "public"
    seconds: float = 5.0

    def send(self, *, delivery_id: str, body: bytes) -> str:
        """Send one body and return an empty text, or the code of what was wrong."""
        headers = self._headers(delivery_id, body)
        posted = post_outside(self.url, body=body, headers=headers, reach=self.reach, seconds=self.seconds)
        if posted.fault:
            return posted.fault
        return "" if 200 <= posted.status < 300 else f"status_{posted.status}"

    def _headers(self, delivery_id: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self.clock.now().timestamp()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "caredesk-webhook",
            "webhook-id": delivery_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self.secret, delivery_id=delivery_id, timestamp=timestamp, body=body),
        }


def signature(secret: str, *, delivery_id: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature's header; a receiver computes the same and compares in constant time."""
    return post_signature(secret, post_id=delivery_id, timestamp=timestamp, body=body)
