"""Sends post to the hospital's own systems, signed.

The signature is that of Standard Webhooks: HMAC-SHA256 over id, timestamp and body, so that receivers find ready code
for it. While a key is being changed there are two signatures, and a receiver is content with either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from caredesk.core.clock import Clock
from caredesk.edge.signatures import keys_in, post_signature
from caredesk.infra.outside import post_outside, url_fault
from caredesk.settings import Reach


@dataclass(frozen=True)
class HttpPostOffice:
    """Posts JSON to any address that may be reached. What is wrong comes back as a code; no answer is kept."""

    clock: Clock
    reach: Reach = "public"
    seconds: float = 5.0

    def fault_of(self, url: str) -> str:
        """Return why an address cannot be sent to; whom its name stands for is judged each time it is."""
        if not (url.isascii() and url.isprintable()) or " " in url:
            return "address_refused"
        return url_fault(url, reach=self.reach)

    def send_to(self, url: str, *, keys: Sequence[str], delivery_id: str, body: bytes) -> str:
        """Send one body and return an empty text, or the code of what was wrong."""
        timestamp = str(int(self.clock.now().timestamp()))
        signatures = [post_signature(key, post_id=delivery_id, timestamp=timestamp, body=body) for key in keys]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "caredesk-webhook",
            "webhook-id": delivery_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signatures),
        }
        posted = post_outside(url, body=body, headers=headers, reach=self.reach, seconds=self.seconds)
        if posted.fault:
            return posted.fault
        return "" if 200 <= posted.status < 300 else f"status_{posted.status}"


@dataclass(frozen=True)
class HttpWebhook:
    """Posts to the one address of the settings, signed with the secrets that are good now."""

    url: str
    secret: str
    clock: Clock
    reach: Reach = "public"
    seconds: float = 5.0

    def send(self, *, delivery_id: str, body: bytes) -> str:
        """Send one body and return an empty text, or the code of what was wrong."""
        office = HttpPostOffice(self.clock, reach=self.reach, seconds=self.seconds)
        return office.send_to(self.url, keys=keys_in(self.secret), delivery_id=delivery_id, body=body)


def signature(secret: str, *, delivery_id: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature's header; a receiver computes the same and compares in constant time."""
    return post_signature(secret, post_id=delivery_id, timestamp=timestamp, body=body)
