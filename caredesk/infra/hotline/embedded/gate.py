"""Who may send us SIP, judged before a byte of it is understood: a telephone port on the internet is scanned all day.

Pure but for what it has counted: seconds come in. An address that is neither the trunk's nor a registered phone's may
only try to register, and not often; everything else of it is dropped without an answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass, field

REGISTERS = 60
"""Attempts to register that an address without a phone may make in `WINDOW` seconds: a ward's phones at once."""
WINDOW = 20.0
MOST_FAILURES = 10
"""Wrong passwords after which an address is not heard for `SHUT_OUT` seconds."""
SHUT_OUT = 300.0
MOST_ADDRESSES = 4096


@dataclass
class _Seen:
    begin: float
    registers: int = 0
    failures: int = 0
    shut_until: float = 0.0


@dataclass
class Gate:
    """Admits datagrams by their sender. `trunks` are the carrier's addresses."""

    trunks: frozenset[str]
    dropped: int = 0
    """How many were dropped since the last `tell`."""
    _seen: OrderedDict[str, _Seen] = field(default_factory=OrderedDict)

    def admits(self, data: bytes, *, address: str, phones: Container[str], now: float) -> bool:
        """Tell whether a datagram may go on to the SIP stack."""
        if address in self.trunks:
            return True
        # A phone of ours that calls gets an answer (403) from the engine; a stranger that calls gets none. One phone
        # with a wrong password does not shut out the others that share its address.
        if address in phones:
            return True
        seen = self._of(address, now)
        if now < seen.shut_until:
            self.dropped += 1
            return False
        if data.startswith(b"REGISTER ") and seen.registers < REGISTERS:
            seen.registers += 1
            return True
        self.dropped += 1
        return False

    def fail(self, address: str, *, now: float) -> None:
        """Count a wrong password; too many of them shut the address out."""
        seen = self._of(address, now)
        seen.failures += 1
        if seen.failures >= MOST_FAILURES:
            seen.shut_until, seen.failures = now + SHUT_OUT, 0

    def tell(self) -> int:
        """Return how many datagrams were dropped since the last time, for one line of log."""
        dropped, self.dropped = self.dropped, 0
        return dropped

    def _of(self, address: str, now: float) -> _Seen:
        seen = self._seen.setdefault(address, _Seen(now))
        self._seen.move_to_end(address)
        if now - seen.begin > WINDOW:
            seen.begin, seen.registers = now, 0
        if len(self._seen) > MOST_ADDRESSES:
            self._seen.popitem(last=False)
        return seen
