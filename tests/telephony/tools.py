"""The programs that play the other side of the line, free ports for them, and patience."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

Found = TypeVar("Found")

INSTALL = "apt-get install sip-tester baresip-core"
# Above the ports of the engine's sound (`engine_process.py`), below those that the system gives away.
LOWEST, HIGHEST = 20_000, 32_000


def _blocks() -> Iterator[int]:
    """Yield the first ports of blocks of ten, for ever; each process of the tests begins elsewhere."""
    blocks = range(LOWEST, HIGHEST, 10)
    begin = os.getpid() * 700 % len(blocks)
    return itertools.cycle([*blocks[begin:], *blocks[:begin]])


_PORTS = _blocks()


PATIENCE = 90.0
"""Seconds for which something that must come is waited for. A slow machine is no fault of what is tested: what comes
at once costs nothing, and nothing here is judged by how fast it was."""


class NothingCame(AssertionError):
    """What was waited for did not happen; says what did."""


def missing_tools() -> str | None:
    """Return why these tests cannot run here, or None."""
    absent = [name for name in ("sipp", "baresip") if shutil.which(name) is None]
    if absent:
        return f"no {' and no '.join(absent)} here: {INSTALL}"
    # sipp plays captured audio through a raw socket.
    return None if os.geteuid() == 0 else "sipp plays audio for root only"


def free_udp_port() -> int:
    """Return a port that is free for UDP and TCP, with nine free ones above it.

    Peers bind neighbours by themselves: RTCP beside RTP, and baresip TLS beside SIP.
    """
    for port in itertools.islice(_PORTS, (HIGHEST - LOWEST) // 10):
        if all(_is_free(port + above) for above in (0, 1, 2, 3, 5)):
            return port
    raise NothingCame("no ten free ports in a row")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def wait_for(look: Callable[[], Found | None], *, seconds: float = PATIENCE, what: Callable[[], str]) -> Found:
    """Look again and again until there is something; raise with the explanation after the given time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise NothingCame(what())
        pause.wait(0.02)
