"""Posts to addresses outside: to the very address that was resolved and judged, without following anybody.

A name that answers differently a moment later leads nowhere, and no address of the hospital's own net or of this
machine is reached unless a setting allows it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from caredesk.settings import Reach

MOST_READ = 1024
Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Posted:
    """The status of the answer, or the code of what was wrong when there is none."""

    status: int = 0
    fault: str = ""


def post_outside(url: str, *, body: bytes, headers: Mapping[str, str], reach: Reach, seconds: float) -> Posted:
    """Post one body; nothing of the answer is kept but its status."""
    fault = url_fault(url, reach=reach)
    if fault:
        return Posted(fault=fault)
    try:
        return _post(url, body=body, headers=headers, reach=reach, seconds=seconds)
    except TimeoutError:
        return Posted(fault="timeout")
    except ssl.SSLError:
        return Posted(fault="certificate")
    except (OSError, http.client.HTTPException, UnicodeError):
        return Posted(fault="unreachable")


def _post(url: str, *, body: bytes, headers: Mapping[str, str], reach: Reach, seconds: float) -> Posted:
    target = urlsplit(url)
    port = target.port or (443 if target.scheme == "https" else 80)
    address = _address_of(target.hostname or "", port, reach=reach)
    if address is None:
        return Posted(fault="address_refused")
    connection = _connection(target.scheme, host=target.hostname or "", port=port, timeout=seconds)
    connection.sock = _socket(target.scheme, host=target.hostname or "", to=(address, port), timeout=seconds)
    try:
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        connection.request("POST", path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        answer.read(MOST_READ)
        # A redirect is an answer that was not asked for: whoever moves changes the setting.
        return Posted(answer.status)
    finally:
        connection.close()


def _address_of(host: str, port: int, *, reach: Reach) -> str | None:
    """Return the first address of a host if every one of them may be reached, else None."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(may_reach(ip_address(one.partition("%")[0]), reach=reach) for one in addresses):
        return None
    return addresses[0]


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
