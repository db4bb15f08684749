"""Asks ClamAV's daemon about a file, by its command INSTREAM (clamd(8)), over TCP or a Unix socket.

It speaks no HTTP, so that it does not go through `infra/outside.py`; its address is a setting and nobody's word.
"""

from __future__ import annotations

import logging
import socket
import struct

from caredesk.core.ports import Scanned

log = logging.getLogger(__name__)

CHUNK = 65_536
LONGEST_ANSWER = 4096


class ClamAv:
    """A clamd at an address: `host:port`, or the path of its socket."""

    def __init__(self, address: str, *, seconds: float) -> None:
        """Take where it is, and how long it may take for each step of an answer."""
        self._address, self._seconds = address, seconds

    def scan(self, content: bytes) -> Scanned:
        """Return what it says of a file; whatever goes wrong is `away`, with a code."""
        try:
            said = self._ask(content)
        except TimeoutError:
            return self._away("time_out")
        except (OSError, ValueError):
            return self._away("no_answer")
        if said.endswith(" FOUND"):
            return Scanned("found")
        # Anything else is no yes: a limit of its own, a database that is being loaded, words that we do not know.
        return Scanned("clean") if said == "stream: OK" else self._away("no_verdict")

    def _ask(self, content: bytes) -> str:
        with self._connected() as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                piece = content[start : start + CHUNK]
                line.sendall(struct.pack("!L", len(piece)) + piece)
            line.sendall(struct.pack("!L", 0))
            said = b""
            while not said.endswith(b"\0") and len(said) < LONGEST_ANSWER and (more := line.recv(LONGEST_ANSWER)):
                said += more
        return said.rstrip(b"\0").decode("ascii", "replace")

    def _connected(self) -> socket.socket:
        host, _, port = self._address.rpartition(":")
        is_path = self._address.startswith("/")
        family = socket.AF_UNIX if is_path else socket.AF_INET6 if ":" in host else socket.AF_INET
        line = socket.socket(family, socket.SOCK_STREAM)
        line.settimeout(self._seconds)
        try:
            line.connect(self._address if is_path else (host.strip("[]"), int(port)))
        except BaseException:
            line.close()
            raise
        return line

    def _away(self, code: str) -> Scanned:
        log.warning("scanner_away", extra={"code": code})
        return Scanned("away", code=code)
