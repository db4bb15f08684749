"""Web Push: sealed for one browser (RFC 8291), signed as this desk (RFC 8292), sent only to where pushes may go.

The library seals and signs; the post goes our own way, because the address came from a browser and could be anybody's.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException
from pywebpush import WebPusher, WebPushException

from caredesk.core.clock import Clock
from caredesk.core.ports import Pushed, PushTarget
from caredesk.infra.outside import Posted, post_outside, url_fault
from caredesk.settings import Reach

KEY_BYTES = 32
POINT_BYTES = 65
AUTH_BYTES = 16
STALE_AFTER = 1800
"""Seconds that a push service keeps what it cannot deliver; news of a request is of no use later."""
SIGNED_FOR = 3600
GONE = (404, 410)
"""The browser has taken its subscription back (RFC 8030, 7.3)."""
FOR_NOW = (408, 425, 429)


@dataclass(frozen=True)
class HttpWebPush:
    """Sends pushes. `hosts` are the only hosts that may be sent to, `*.` stands for any below; none: every public one.

    `contact` is whom a push service asks about what we send: a `mailto:` or an address of the hospital.
    """

    key: str
    contact: str
    clock: Clock
    hosts: Sequence[str] = ()
    reach: Reach = "public"
    seconds: float = 5.0

    @property
    def public_key(self) -> str:
        """The public half of the key, as an uncompressed point."""
        point = self._vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return _unpadded(point)

    def fault_of(self, target: PushTarget) -> str:
        """Return why nothing may be sent there: no HTTPS, a host that is not listed, or keys that are none."""
        if not (target.endpoint.isascii() and target.endpoint.isprintable()) or " " in target.endpoint:
            return "address_refused"
        try:
            host = (urlsplit(target.endpoint).hostname or "").lower()
            fault = url_fault(target.endpoint, reach=self.reach)
        except ValueError:
            return "address_refused"
        if fault:
            return fault
        if self.hosts and not any(_is_listed(host, listed=one.lower()) for one in self.hosts):
            return "host_refused"
        return "" if _are_keys(target) else "keys_refused"

    def send(self, target: PushTarget, *, body: bytes, topic: str) -> Pushed:
        """Seal, sign and send; also what was allowed when the browser subscribed is judged anew."""
        fault = self.fault_of(target)
        if fault:
            return Pushed("refused", fault)
        keys = {"p256dh": target.p256dh, "auth": target.auth}
        try:
            sealed = WebPusher({"endpoint": target.endpoint, "keys": keys}).encode(body)["body"]
            headers = self._headers(target, topic=topic)
        except (WebPushException, VapidException, ValueError):
            return Pushed("refused", "keys_refused")
        address, seconds = target.endpoint, self.seconds
        return judge(post_outside(address, body=sealed, headers=headers, reach=self.reach, seconds=seconds))

    def _headers(self, target: PushTarget, *, topic: str) -> dict[str, str]:
        at = urlsplit(target.endpoint)
        expires = int(self.clock.now().timestamp()) + SIGNED_FOR
        claims = {"aud": f"{at.scheme}://{at.netloc}", "exp": expires, "sub": self.contact}
        return {
            **self._vapid().sign(claims),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(STALE_AFTER),
            "Topic": topic,
            "Urgency": "high",
        }

    def _vapid(self) -> Vapid02:
        made = Vapid02.from_raw(self.key.encode())
        # The library takes no port in an address of contact, which the standard allows.
        made.conf["no-strict"] = True
        return made


def judge(posted: Posted) -> Pushed:
    """Return what the answer of a push service says about a push."""
    if posted.fault in ("timeout", "unreachable"):
        return Pushed("later", posted.fault)
    if posted.fault:
        return Pushed("refused", posted.fault)
    if 200 <= posted.status < 300:
        return Pushed("taken")
    error = f"status_{posted.status}"
    if posted.status in GONE:
        return Pushed("gone", error)
    return Pushed("later" if posted.status >= 500 or posted.status in FOR_NOW else "refused", error)


def new_key() -> str:
    """Return a new private key of P-256, as 32 bytes in base64url."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _unpadded(number.to_bytes(KEY_BYTES, "big"))


def _is_listed(host: str, *, listed: str) -> bool:
    return host.endswith(listed[1:]) if listed.startswith("*.") else host == listed


def _are_keys(target: PushTarget) -> bool:
    try:
        point = base64.b64decode(_padded(target.p256dh), altchars=b"-_", validate=True)
        secret = base64.b64decode(_padded(target.auth), altchars=b"-_", validate=True)
        if len(point) != POINT_BYTES or len(secret) != AUTH_BYTES:
            return False
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True


def _padded(text: str) -> str:
    bare = text.rstrip("=")
    return bare + "=" * (-len(bare) % 4)


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
