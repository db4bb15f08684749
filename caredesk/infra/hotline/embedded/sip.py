"""sippy as this engine uses it: one transaction manager behind a gate, nothing of a message in any log.

sippy prints what it cannot parse, whole messages with numbers in them; here only a count of its lines is kept.
"""

from __future__ import annotations

import io
import logging
import socket
import sys
import time
import traceback
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

from sippy.Core.Exceptions import dump_exception
from sippy.Network_server import Network_server, Remote_address
from sippy.SipAddress import SipAddress
from sippy.SipConf import MyPort, SipConf
from sippy.SipContact import SipContact
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse
from sippy.SipTransactionManager import SipTransactionManager
from sippy.SipURL import SipURL
from sippy.Time.MonoTime import MonoTime
from sippy.Time.Timeout import Timeout
from sippy.Udp_server import Udp_server, Udp_server_opts

from caredesk.infra.hotline.embedded.gate import Gate

log = logging.getLogger(__name__)

MOST_ERRORS = 20
ORDINARY = ("ConnectionClosedOK", "ConnectionClosedError")
"""What sippy shows as an error and is none: a browser went away."""


class _Hush(io.TextIOBase):
    """Swallows what a library prints and counts the lines; of an error it keeps the kind and the place, not the words.

    The words may hold a message with numbers of patients in it; at most `MOST_ERRORS` are told between two counts.
    """

    def __init__(self) -> None:
        self.lines = 0
        self._told = 0
        self._last: BaseException | None = None

    def write(self, text: str, /) -> int:
        """Swallow a text."""
        self.lines += text.count("\n")
        fault = sys.exc_info()[1]
        news = fault is not None and fault is not self._last and type(fault).__name__ not in ORDINARY
        if fault is not None and news and self._told < MOST_ERRORS:
            self._told, self._last = self._told + 1, fault
            places = [f"{Path(one.filename).name}:{one.lineno}" for one in traceback.extract_tb(fault.__traceback__)]
            log.warning("error in SIP", extra={"fault": type(fault).__name__, "places": places[-6:]})
        return len(text)

    def count(self) -> int:
        """Return the lines since the last count."""
        lines, self.lines, self._told, self._last = self.lines, 0, 0, None
        return lines


hush = _Hush()
"""Where sippy's words go."""
# The place to print to is a default of the function, taken when it was defined; every module has the same function.
dump_exception.__defaults__ = (hush, None)


NAME = "caredesk"
ANYWHERE = "0.0.0.0"  # noqa: S104 (what a setting may say)

OnRequest = Callable[[SipRequest, Any], Any]
Timer = Any
"""One of sippy's timers: it can be cancelled."""


class PortTaken(Exception):
    """Another program has a port of ours."""

    def __init__(self, port: int) -> None:
        super().__init__(str(port))
        self.port = port


class _NoLog:
    """sippy's logger of whole messages, silent."""

    def write(self, *_: object, **__: object) -> None:
        """Write nothing: messages carry numbers of patients."""


class _OneSender(Udp_server_opts):
    """With several threads that send, a 100 Trying may overtake the 200 OK that follows it."""

    nworkers = 1


class _Manager(SipTransactionManager):
    """The transaction manager behind the gate."""

    model_udp_server = (Udp_server, _OneSender)
    admits: Callable[[bytes, str], bool]

    def handleIncoming(self, data: bytes | str, ra: Remote_address, server: Network_server, rtime: MonoTime) -> None:  # noqa: N802
        """Drop what the gate does not admit; what cannot be understood is counted, not shown."""
        if isinstance(data, bytes) and not (self.admits(data, ra.address[0]) and _is_text(data)):
            return
        super().handleIncoming(data, ra, server, rtime)


class Sip:
    """The SIP stack of one process: its configuration, its addresses, who may speak to it."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        public: str,
        gate: Gate,
        phones: Callable[[], Container[str]],
        on_request: OnRequest,
    ) -> None:
        """Take the port; raise `PortTaken` when another program has it."""
        probe_port(host, port, kind=socket.SOCK_DGRAM)
        self.host, self.port, self.public = host, port, public
        self.gate = gate
        SipConf.my_port, SipConf.my_uaname = MyPort(port), NAME
        # Carriers like to write a caller as `tel:+86…`.
        SipConf.autoconvert_tel_url = True
        address: Any = SipConf.my_address if host == ANYWHERE else host
        self.config: dict[str, Any] = {"_sip_address": address, "_sip_port": port, "_sip_logger": _NoLog()}
        _Manager.admits = staticmethod(
            lambda data, sender: gate.admits(data, address=sender, phones=phones(), now=time.monotonic())
        )
        manager = _Manager(self.config, on_request)
        manager.nat_traversal = True
        self.config["_sip_tm"] = manager

    def reply(self, response: SipResponse, transaction: object) -> None:
        """Send an answer to a request that was left without one at first."""
        self.config["_sip_tm"].sendResponse(response, transaction)

    def contact(self) -> SipContact:
        """Return how we are reached, without a display name (some peers cannot read one in a Contact)."""
        if self.public:
            return SipContact(address=SipAddress(url=SipURL(username="hotline", host=self.public, port=self.port)))
        return SipContact(address=SipAddress(url=SipURL(username="hotline")))

    def media_address(self, towards: str) -> str:
        """Return the address that a peer shall send its sound to."""
        if self.public and towards != "127.0.0.1":
            return self.public
        if self.host != ANYWHERE:
            return self.host
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((towards, 9))
            return str(probe.getsockname()[0])


def later(seconds: float, run: Callable[[], None]) -> Timer:
    """Have something run in the event loop after a while; the timer that is returned can be cancelled."""
    return Timeout(run, seconds)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def probe_port(host: str, port: int, *, kind: socket.SocketKind) -> None:
    """Raise `PortTaken` for a port that is not free.

    sippy's own UDP sockets would share a port with another program's, and each would get half of the calls; its
    WebSocket server would end the process without saying why.
    """
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            # A port whose last connections are only now forgotten is free for a server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            raise PortTaken(port) from fault
