"""The one door to addresses outside: the very address that was resolved and judged is spoken to, and nobody else.

A name that answers differently a moment later leads nowhere, no redirect is followed, and no address of the hospital's
own net or of this machine is reached unless a setting allows it. However slowly somebody sends, and however much, at
the limits it ends. Addresses, headers and bodies are never logged: they hold secrets (docs/operations.md).
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from caredesk.core.ports import NotFetched
from caredesk.settings import Reach

MOST_READ = 1024
PIECE = 65_536
Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host, as words."""

METADATA = frozenset(map(ip_address, ("169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")))
"""Where clouds (AWS, Alibaba, Tencent, Oracle) tell a machine its own keys: never reached, whatever is allowed."""
NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Answered:
    """The status and content of an answer, or in `fault` the code of what was wrong when there is none.

    `was_sent` tells whether the request may have arrived: then nobody knows what was done with it.
    """

    status: int = 0
    content: bytes = b""
    fault: str = ""
    was_sent: bool = True
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """What the answer says of itself, by names in small letters."""


@dataclass(frozen=True)
class Posted:
    """The status of the answer, or the code of what was wrong when there is none."""

    status: int = 0
    fault: str = ""


class _Refused(Exception):
    """The address may not be reached."""


def resolve_host(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as this machine knows them."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def ask_outside(
    url: str,
    *,
    method: str,
    body: bytes,
    headers: Mapping[str, str],
    reach: Reach,
    limits: FetchLimits,
    resolve: Resolve = resolve_host,
) -> Answered:
    """Make one request and return its answer, cut off at the limit; a redirect is an answer like any other."""
    fault = url_fault(url, reach=reach)
    if fault:
        return Answered(fault=fault, was_sent=False)
    was_sent = False
    try:
        with _connected(url, reach=reach, limits=limits, resolve=resolve) as connection:
            was_sent = True
            connection.request(method, _path_of(url), body=body, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read(limits.most_bytes)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answered(answer.status, content, headers=headers)
    except (_Refused, OSError, http.client.HTTPException, ValueError) as failed:
        return Answered(fault=_code_of(failed), was_sent=was_sent)


def post_outside(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    reach: Reach,
    seconds: float,
    resolve: Resolve = resolve_host,
) -> Posted:
    """Post one body; nothing of the answer is kept but its status."""
    limits = FetchLimits(MOST_READ, seconds, seconds)
    asked = ask_outside(url, method="POST", body=body, headers=headers, reach=reach, limits=limits, resolve=resolve)
    return Posted(asked.status, asked.fault)


def _code_of(failed: Exception) -> str:
    if isinstance(failed, _Refused):
        return "address_refused"
    if isinstance(failed, TimeoutError):
        return "timeout"
    return "certificate" if isinstance(failed, ssl.SSLError) else "unreachable"


def _path_of(url: str) -> str:
    target = urlsplit(url)
    return (target.path or "/") + (f"?{target.query}" if target.query else "")


# ---- fetching ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FetchLimits:
    """How much may come at most, how long each wait for it may be, and how long everything together, in seconds."""

    most_bytes: int
    seconds: float
    all_seconds: float


def fetch_outside(url: str, *, reach: Reach, limits: FetchLimits, resolve: Resolve = resolve_host) -> Iterator[bytes]:
    """Yield what is at an address, in pieces; raise NotFetched with a code when it does not come whole.

    Whoever drips or sends without end is left: at the limits nothing more is read.
    """
    fault = url_fault(url, reach=reach)
    if fault:
        raise NotFetched(fault, lasting=True)
    try:
        yield from _fetch(url, reach=reach, limits=limits, resolve=resolve)
    except (_Refused, OSError, http.client.HTTPException, ValueError) as failed:
        raise NotFetched(_code_of(failed), lasting=isinstance(failed, _Refused)) from None


def _fetch(url: str, *, reach: Reach, limits: FetchLimits, resolve: Resolve) -> Iterator[bytes]:
    with _connected(url, reach=reach, limits=limits, resolve=resolve) as connection:
        connection.request("GET", _path_of(url))
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            # Who moves things elsewhere is not followed, and what is gone does not come back.
            lasting = http.client.MULTIPLE_CHOICES <= answer.status < http.client.BAD_REQUEST
            raise NotFetched(f"status_{answer.status}", lasting=lasting or answer.status == http.client.GONE)
        yield from _pieces(answer, most=limits.most_bytes)


def _pieces(answer: http.client.HTTPResponse, *, most: int) -> Iterator[bytes]:
    told, taken = answer.length, 0
    if told is not None and told > most:
        raise NotFetched("too_large", lasting=True)
    # What has come is given on at once, so that nothing is kept of a sender who never ends.
    while piece := answer.read1(PIECE):
        taken += len(piece)
        if taken > most:
            raise NotFetched("too_large", lasting=True)
        yield piece
    if told is not None and taken < told:
        raise NotFetched("cut_short")


# ---- connecting --------------------------------------------------------------------------------------------


@contextmanager
def _connected(
    url: str, *, reach: Reach, limits: FetchLimits, resolve: Resolve
) -> Iterator[http.client.HTTPConnection]:
    """Open a connection to an address that was judged, and close it in the end."""
    target, until = urlsplit(url), time.monotonic() + limits.all_seconds
    port = target.port or (443 if target.scheme == "https" else 80)
    addresses = _judged(resolve(target.hostname or "", port), reach=reach)
    connection = http.client.HTTPConnection(target.hostname or "", port)
    # It never connects by itself; this only says which port goes without saying.
    connection.default_port = 443 if target.scheme == "https" else 80
    line = _socket(target, to=[(one, port) for one in addresses], until=until, seconds=limits.seconds)
    connection.sock = cast(Any, _Line(line, until=until, seconds=limits.seconds))
    try:
        yield connection
    finally:
        connection.close()
        line.close()


def _judged(addresses: Sequence[str], *, reach: Reach) -> Sequence[str]:
    """Return a host's addresses if every one of them may be reached; a name with a foot in two camps is refused."""
    if not addresses or not all(may_reach(ip_address(one.partition("%")[0]), reach=reach) for one in addresses):
        raise _Refused
    return addresses


def _socket(target: SplitResult, *, to: Sequence[tuple[str, int]], until: float, seconds: float) -> socket.socket:
    plain = _first_open(to, until=until, seconds=seconds)
    # Headers and body go by two writes: the second must not wait until the first one was confirmed.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if target.scheme != "https":
        return plain
    try:
        plain.settimeout(_left(until, seconds=seconds))
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.hostname)
    except BaseException:
        plain.close()
        raise


def _first_open(to: Sequence[tuple[str, int]], *, until: float, seconds: float) -> socket.socket:
    for address in to[:-1]:
        try:
            return socket.create_connection(address, timeout=_left(until, seconds=seconds))
        except TimeoutError:
            raise
        except OSError:
            # A machine without IPv6 still reaches a host that has it.
            continue
    return socket.create_connection(to[-1], timeout=_left(until, seconds=seconds))


def _left(until: float, *, seconds: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, seconds)


class _Line:
    """A socket as HTTP's client uses one, in a hurry: no wait is longer than what is left of the whole time."""

    def __init__(self, plain: socket.socket, *, until: float, seconds: float) -> None:
        self._plain, self._until, self._seconds = plain, until, seconds

    def sendall(self, content: Any) -> None:  # noqa: ANN401 (whatever a socket takes)
        self._plain.settimeout(_left(self._until, seconds=self._seconds))
        self._plain.sendall(content)

    def receive_into(self, room: memoryview) -> int:
        self._plain.settimeout(_left(self._until, seconds=self._seconds))
        return self._plain.recv_into(room)

    def makefile(self, *_mode: object, **_settings: object) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Do nothing: an answer is still read after its connection is given up; who opened the socket closes it."""


class _Reader(io.RawIOBase):
    """What comes along a line."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:  # noqa: ANN401 (a buffer)
        return self._line.receive_into(room)


# ---- judging -----------------------------------------------------------------------------------------------


def url_fault(url: str, *, reach: Reach) -> str:
    """Return why an address cannot be sent to, or nothing: HTTPS always, plain HTTP to this machine if allowed."""
    try:
        target = urlsplit(url)
        # The port is read only here: one that is no number is found out now.
        refused = target.port == 0 or target.username or target.password or not target.hostname
    except ValueError:
        return "address_refused"
    if refused:
        return "address_refused"
    plain = target.scheme == "http" and reach == "loopback" and is_loopback(target.hostname or "")
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
    return all(_may_reach(one, reach=reach) for one in _meant_by(address))


def _meant_by(address: Address) -> list[Address]:
    """Return who is spoken to by an address: an IPv6 one may carry an IPv4 one that a router on the way takes out."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    carried = [address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        carried.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in carried if one is not None)]


def _may_reach(address: Address, *, reach: Reach) -> bool:
    if address in METADATA:
        return False
    if address.is_loopback:
        return reach == "loopback"
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    return address.is_global or reach in ("private", "loopback")
