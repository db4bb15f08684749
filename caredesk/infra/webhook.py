"""Sends post to the hospital's own systems: signed, to the address that was checked, without following anybody.

The signature is that of Standard Webhooks: HMAC-SHA256 over id, timestamp and body, so that receivers find ready code
for it. The connection is made to the very address that was resolved and judged; a name that answers differently a
moment later leads nowhere.
"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from caredesk.core.clock import Clock
from caredesk.edge.signatures import post_signature
from caredesk.settings import Reach

log = logging.getLogger(__name__)

MOST_READ = 1024
Address = IPv4Address | IPv6Address


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
        try:
            return self._send(delivery_id=delivery_id, body=body)
        except TimeoutError:
            return "timeout"
        except ssl.SSLError:
            return "certificate"
        except (OSError, http.client.HTTPException):
            return "unreachable"

    def _send(self, *, delivery_id: str, body: bytes) -> str:
        target = urlsplit(self.url)
        fault = url_fault(self.url, reach=self.reach)
        if fault:
            return fault
        port = target.port or (443 if target.scheme == "https" else 80)
        address = self._address_of(target.hostname or "", port)
        if address is None:
            return "address_refused"
        connection = _connection(target.scheme, host=target.hostname or "", port=port, timeout=self.seconds)
        connection.sock = _socket(target.scheme, host=target.hostname or "", to=(address, port), timeout=self.seconds)
        try:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            connection.request("POST", path, body=body, headers=self._headers(delivery_id, body))
            answer = connection.getresponse()
            answer.read(MOST_READ)
            # A redirect is an answer that was not asked for: whoever moves changes the setting.
            return "" if 200 <= answer.status < 300 else f"status_{answer.status}"
        finally:
            connection.close()

    def _headers(self, delivery_id: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self.clock.now().timestamp()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "caredesk-webhook",
            "webhook-id": delivery_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self.secret, delivery_id=delivery_id, timestamp=timestamp, body=body),
        }

    def _address_of(self, host: str, port: int) -> str | None:
        """Return the first address of a host if every one of them may be reached, else None."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(
            may_reach(ip_address(one.partition("%")[0]), reach=self.reach) for one in addresses
        ):
            return None
        return addresses[0]


def signature(secret: str, *, delivery_id: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature's header; a receiver computes the same and compares in constant time."""
    return post_signature(secret, post_id=delivery_id, timestamp=timestamp, body=body)


def url_fault(url: str, *, reach: Reach) -> str:
    """Return why an address cannot be sent to, or nothing: HTTPS always, plain HTTP to this machine if allowed."""
    target = urlsplit(url)
    if target.username or target.password or not target.hostname:
        return "address_refused"
    plain = target.scheme == "http" and reach == "loopback" and is_loopback(target.hostname)
    return "" if target.scheme == "https" or plain else "scheme_refused"


def is_loopback(host: str) -> bool:
    """Tell whether a host is named as this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def may_reach(address: Address, *, reach: Reach) -> bool:
    """Tell whether post may go to an address: public ones, the hospital's own net or this machine only if allowed."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    judged = mapped or address
    if judged.is_loopback:
        return reach == "loopback"
    if judged.is_link_local or judged.is_multicast or judged.is_unspecified or judged.is_reserved:
        return False
    return judged.is_global or reach in ("private", "loopback")


def _connection(scheme: str, *, host: str, port: int, timeout: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout)
    return http.client.HTTPConnection(host, port, timeout=timeout)


def _socket(scheme: str, *, host: str, to: tuple[str, int], timeout: float) -> socket.socket:
    plain = socket.create_connection(to, timeout=timeout)
    if scheme != "https":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
