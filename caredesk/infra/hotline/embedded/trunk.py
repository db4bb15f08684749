"""The carrier's side: from where calls are taken, and where numbers are called."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

SIP_PORT = 5060
_NUMBER = re.compile(r"^\+?[0-9*#]{2,20}$")
_SHOWN = re.compile(r"[^+0-9A-Za-z._-]")


@dataclass(frozen=True)
class Trunk:
    """The carrier's addresses; the first is where we call. `login` answers its challenges, if it makes any."""

    addresses: tuple[tuple[str, int], ...]
    login: tuple[str, str] | None = None

    @property
    def hosts(self) -> frozenset[str]:
        """From where calls are taken."""
        return frozenset(host for host, _ in self.addresses)


def read_addresses(text: str) -> tuple[tuple[str, int], ...]:
    """Return the addresses of `host[:port] …`, names resolved; raise OSError for a name that nobody knows."""
    return tuple(_address(one) for one in text.split())


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    return socket.gethostbyname(host), int(port or SIP_PORT)


def is_number(text: str) -> bool:
    """Tell whether something may be dialled: digits, with a plus in front if need be."""
    return bool(_NUMBER.match(text))


def shown_number(said: Sequence[object]) -> str:
    """Return the first useful caller's number among what a trunk says: odd signs taken out, nameless callers empty."""
    for one in said:
        text = _SHOWN.sub("", str(one or ""))[:40]
        if text and text.lower() not in ("anonymous", "unavailable", "unknown", "restricted"):
            return text
    return ""
