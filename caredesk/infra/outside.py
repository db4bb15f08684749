"""Posts to addresses outside, and fetches from them: the very address that was resolved and judged, following nobody.

A name that answers differently a moment later leads nowhere, and no address of the hospital's own net or of this
machine is reached unless a setting allows it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from caredesk.core.ports import NotFetched
from caredesk.settings import Reach

MOST_READ = 1024
PIECE = 65_536
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
    connection = _connected(url, reach=reach, seconds=seconds)
    if connection is None:
        return Posted(fault="address_refused")
    try:
        connection.request("POST", _path_of(url), body=body, headers=dict(headers))
        answer = connection.getresponse()
        answer.read(MOST_READ)
        # A redirect is an answer that was not asked for: whoever moves changes the setting.
        return Posted(answer.status)
    finally:
        connection.close()


def _connected(url: str, *, reach: Reach, seconds: float) -> http.client.HTTPConnection | None:
    """Return an open connection to the address that was judged; None when it may not be reached."""
    target = urlsplit(url)
    port = target.port or (443 if target.scheme == "https" else 80)
    address = _address_of(target.hostname or "", port, reach=reach)
    if address is None:
        return None
    connection = _connection(target.scheme, host=target.hostname or "", port=port, timeout=seconds)
    connection.sock = _socket(target.scheme, host=target.hostname or "", to=(address, port), timeout=seconds)
    return connection


def _path_of(url: str) -> str:
    target = urlsplit(url)
    return (target.path or "/") + (f"?{target.query}" if target.query else "")


# ---- fetching ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FetchLimits:
    """How much may come at most, how long each answer may take, and how long everything together, in seconds."""

    most_bytes: int
    seconds: float
    all_seconds: float


def fetch_outside(url: str, *, reach: Reach, limits: FetchLimits) -> Iterator[bytes]:
    """Yield what is at an address, in pieces; raise NotFetched with a code when it does not come whole.

    Whoever drips or sends without end is left: at the limits nothing more is read.
    """
    fault = _fault_of(url, reach=reach)
    if fault:
        raise NotFetched(fault, lasting=True)
    try:
        yield from _fetch(url, reach=reach, limits=limits)
    except TimeoutError:
        raise NotFetched("timeout") from None
    except ssl.SSLError:
        raise NotFetched("certificate") from None
    except (OSError, http.client.HTTPException, UnicodeError):
        raise NotFetched("unreachable") from None


def _fault_of(url: str, *, reach: Reach) -> str:
    try:
        # The port is read only here: one that is no number is found out now.
        return url_fault(url, reach=reach) if urlsplit(url).port != 0 else "address_refused"
    except ValueError:
        return "address_refused"


def _fetch(url: str, *, reach: Reach, limits: FetchLimits) -> Iterator[bytes]:
    until = time.monotonic() + limits.all_seconds
    connection = _connected(url, reach=reach, seconds=limits.seconds)
    if connection is None:
        raise NotFetched("address_refused", lasting=True)
    try:
        connection.request("GET", _path_of(url))
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            # Who moves things elsewhere is not followed, and what is gone does not come back.
            lasting = http.client.MULTIPLE_CHOICES <= answer.status < http.client.BAD_REQUEST
            raise NotFetched(f"status_{answer.status}", lasting=lasting or answer.status == http.client.GONE)
        yield from _pieces(answer, until=until, most=limits.most_bytes)
    finally:
        connection.close()


def _pieces(answer: http.client.HTTPResponse, *, until: float, most: int) -> Iterator[bytes]:
    told, taken = answer.length, 0
    if told is not None and told > most:
        raise NotFetched("too_large", lasting=True)
    # What has come is given on at once, so that a slow sender is noticed between two packets.
    while piece := answer.read1(PIECE):
        taken += len(piece)
        if taken > most:
            raise NotFetched("too_large", lasting=True)
        if time.monotonic() > until:
            raise NotFetched("timeout")
        yield piece
    if told is not None and taken < told:
        raise NotFetched("cut_short")


# ---- judging -----------------------------------------------------------------------------------------------


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
