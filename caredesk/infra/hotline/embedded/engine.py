"""The engine's process: SIP, sound, registrations, the link to the desk, and what watches over them, in one event loop.

sippy's loop owns the main thread; everything that waits (the desk, files) is in threads that call back into it.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sippy.Core.EventDispatcher import ED2
from sippy.SipResponse import SipResponse
from sippy.Time.Timeout import Timeout

from caredesk import __version__
from caredesk.core.clock import Clock
from caredesk.core.ids import new_id
from caredesk.infra.hotline.embedded.call import Call
from caredesk.infra.hotline.embedded.doors import Doors
from caredesk.infra.hotline.embedded.gate import Gate
from caredesk.infra.hotline.embedded.listening import MODES
from caredesk.infra.hotline.embedded.media import MediaPlane
from caredesk.infra.hotline.embedded.prompts import PromptShelf
from caredesk.infra.hotline.embedded.recorder import Name, Recorder
from caredesk.infra.hotline.embedded.registrar import Registrar
from caredesk.infra.hotline.embedded.sip import Sip, hush, later
from caredesk.infra.hotline.embedded.trunk import Trunk
from caredesk.infra.hotline.embedded.verbs import BadCommand, carry_out, originate
from caredesk.infra.hotline.embedded.wss import BrowserServer, certificate_in
from caredesk.infra.hotline.fetching import Fetcher
from caredesk.infra.hotline.http import DeskHttp
from caredesk.infra.hotline.link import Command, DeskLink

log = logging.getLogger(__name__)

ENGINE = "embedded"
CAPABILITIES = (
    "browser", "desk", "hold", "transfer", "record", *MODES, "voicemail", "digits", "originate",
)  # fmt: skip
STUCK_SECONDS = 2.0
"""A media command that has no answer by then will get none: rtp.io has locked itself up."""
STUCK = 70
"""The exit status that says so (EX_SOFTWARE); the supervisor starts another process."""
WATCH_SECONDS, CALLS_SECONDS, TELL_SECONDS = 5.0, 30.0, 60.0
REFRESH_SECONDS = 300.0
FAREWELL_SECONDS = 0.7
LOOP_HERTZ = 250.0
"""How often sippy's loop looks for what is due. It sleeps in between, so every step of a call waits for half of that;
idle it costs two hundredths of a core, at sippy's own 100 Hz one."""


@dataclass(frozen=True)
class EngineSetup:
    """What one engine is told at its start; see the settings of the same names."""

    folder: Path
    desk_url: str
    secret: str
    host: str
    port: int
    wss_port: int
    public: str
    trunk: Trunk
    registers_at_trunk: bool
    most_calls: int
    rtp_ports: tuple[int, int]
    certificate: Path | None
    key: Path | None


class Engine:
    """Everything that lives as long as the process."""

    def __init__(self, setup: EngineSetup, *, clock: Clock) -> None:
        """Take ports and folders; raise `PortTaken` when another program has the SIP port."""
        self.setup, self.trunk, self._clock = setup, setup.trunk, clock
        self.calls: dict[str, Call] = {}
        self._stopping = False
        self.shelf = PromptShelf(setup.folder / "prompts")
        # Commands of rtp.io are divided by blanks, so sounds are named without a folder.
        os.chdir(self.shelf.folder)
        self.link = DeskLink(
            setup.desk_url,
            secret=setup.secret,
            engine=ENGINE,
            folder=setup.folder,
            clock=clock,
            on_command=lambda command: ED2.callFromThread(self._command, command),
            on_reconnect=lambda: ED2.callFromThread(self._desk_is_back),
        )
        self.prompts = Fetcher(self.shelf.fetch, send=self.link.send_errand, call=ED2.callFromThread)
        self.phones = Fetcher(self._learn_phones, send=self.link.send_errand, call=ED2.callFromThread)
        self.recorder = Recorder(setup.folder / "recordings", send=self.link.send_errand, ready=self._recorded)
        self.recorder.prepare()
        self.plane = MediaPlane(
            address=setup.host,
            ports=setup.rtp_ports,
            recordings=self.recorder.folder,
            advertised=setup.public,
            on_digit=self._digit,
        )
        gate = Gate(setup.trunk.hosts)
        self.registrar = Registrar(told=self.report, failed=lambda _address: None, utc=self._in_seconds)
        self.doors = Doors(self, gate=gate)
        self.sip = Sip(
            host=setup.host,
            port=setup.port,
            public=setup.public,
            gate=gate,
            phones=self.registrar.addresses,
            on_request=self.doors.take,
        )

    def run(self) -> int:
        """Work until told to stop; return the exit status."""
        # sippy prints; what it prints may hold numbers of patients.
        sys.stdout = hush
        if self.setup.wss_port:
            self._open_browsers()
        self.recorder.start()
        self.report("engine.started", version=__version__, capabilities=list(CAPABILITIES), calls=[])
        self.link.start()
        self.phones.ask()
        self.prompts.ask()
        if self.setup.registers_at_trunk:
            self.doors.register_at_trunk()
        for number in (signal.SIGINT, signal.SIGTERM):
            ED2.regSignal(number, self.stop)
        Timeout(self._watch_media, STUCK_SECONDS / 4, -1)
        Timeout(self._watch_calls, WATCH_SECONDS, -1)
        Timeout(self._tell_calls, CALLS_SECONDS, -1)
        Timeout(self._tell_noise, TELL_SECONDS, -1)
        Timeout(self._refresh, REFRESH_SECONDS, -1)
        log.info("hotline is open", extra={"sip": f"{self.setup.host}:{self.setup.port}", "wss": self.setup.wss_port})
        status = ED2.loop(freq=LOOP_HERTZ)
        self.link.stop()
        return int(status or 0)

    def stop(self, *, status: int = 0, reason: str = "shutdown") -> None:
        """End all calls as politely as there is time for, then the process."""
        self._stopping = True
        for call in list(self.calls.values()):
            call.finish(by="system", reason=reason, code=503)
        later(FAREWELL_SECONDS, lambda: ED2.breakLoop(status))

    # ---- what calls need ----

    def report(self, type: str, *, call_id: str = "", **fields: Any) -> None:  # noqa: ANN401 (facts differ)
        """Tell the desk a fact."""
        self.link.report(type, **({"call_id": call_id} if call_id else {}), **fields)

    def forget(self, call: Call) -> None:
        """Take a call that has ended off the list."""
        self.calls.pop(call.id, None)
        self.doors.note_room()

    def reply(self, response: SipResponse, transaction: object) -> None:
        """Answer a request that had to wait for its answer."""
        self.sip.reply(response, transaction)

    def new_call(self, *, id: str = "", trunk: str = "") -> Call:
        """Put a call on the list."""
        call = Call(self, id=id or new_id().replace("-", ""), trunk=trunk)
        self.calls[call.id] = call
        return call

    # ---- what the desk says ----

    def _command(self, command: Command) -> None:
        done = str(command["id"])
        if command["verb"] == "phones_changed":
            self.phones.ask(lambda: self.link.acknowledge(done))
        elif command["verb"] == "prompts_changed":
            self.prompts.ask(lambda: self.link.acknowledge(done))
        elif command["verb"] == "originate":
            self._carry_out(command, call=self.new_call(id=str(command["call_id"])), deed=originate)
        elif call := self.calls.get(str(command["call_id"])):
            call.when_ready(lambda: self._carry_out(command, call=call))
        else:
            # The call has ended meanwhile; that was told.
            self.link.acknowledge(done)

    def _carry_out(
        self, command: Command, *, call: Call, deed: Callable[[Call, Mapping[str, Any]], None] | None = None
    ) -> None:
        try:
            if not call.over:
                args = command.get("args") or {}
                deed(call, args) if deed else carry_out(call, str(command["verb"]), args)
        except (BadCommand, KeyError, TypeError, ValueError, AttributeError) as fault:
            kind = type(fault).__name__
            log.warning("command makes no sense", extra={"verb": command["verb"], "call": call.id, "fault": kind})
            if deed is not None:
                call.finish(by="system", reason="bad_command")
        self.link.acknowledge(str(command["id"]))

    def fetch_phones(self, then: Callable[[], None]) -> None:
        """Bring the list of phones up to date; `then` comes when it is."""
        self.phones.ask(then)

    def _learn_phones(self, desk: DeskHttp) -> None:
        shape = desk.get("/phones")
        ED2.callFromThread(self.registrar.learn, shape)

    def _refresh(self) -> None:
        """Look whether the desk says other words now, or has other names: not every change is told."""
        self.prompts.ask_again(after=REFRESH_SECONDS / 2)

    def _desk_is_back(self) -> None:
        """The desk may be another version than the one that went away, and was told nothing meanwhile."""
        self._tell_calls()
        self.phones.ask()
        self.prompts.ask()

    # ---- what is told ----

    def _recorded(self, name: Name, seconds: float) -> None:
        """A recording has been handed over; told in the link's thread, which the link allows."""
        self.report(
            "recording.ready",
            call_id=name.call_id,
            recording_id=name.recording_id,
            kind=name.kind,
            seconds=round(seconds, 1),
        )

    def _tell_calls(self) -> None:
        self.report("engine.calls", calls=sorted(self.calls))

    def _tell_noise(self) -> None:
        """Say once a minute what was dropped or could not be understood, and nothing of its contents."""
        dropped, lines = self.doors.gate.tell(), hush.count()
        if dropped or lines:
            log.warning("strangers on the SIP port", extra={"dropped": dropped, "unreadable_lines": lines})

    def _in_seconds(self, seconds: float) -> str:
        return (self._clock.now() + timedelta(seconds=seconds)).isoformat(timespec="seconds")

    # ---- watching ----

    def _digit(self, session: str, digit: str) -> None:
        for call in self.calls.values():
            for party in (call.caller, *call.legs.values()):
                if party.dialog.session.id == session:
                    call.hear_digit(party, digit)
                    return

    def _watch_media(self) -> None:
        """A stuck media plane cannot be mended from within: tell it, part from the callers, start anew."""
        if self._stopping or self.plane.unanswered_seconds() < STUCK_SECONDS:
            return
        log.critical("media plane does not answer; starting anew", extra={"calls": len(self.calls)})
        self.report("engine.trouble", code="media_stuck")
        self.stop(status=STUCK, reason="media_stuck")

    def _watch_calls(self) -> None:
        for call in list(self.calls.values()):
            call.watch()

    def _open_browsers(self) -> None:
        setup = self.setup
        if setup.certificate and setup.key:
            certificate, key = setup.certificate, setup.key
        else:
            names = ["localhost", "127.0.0.1", *([setup.public] if setup.public else []), setup.host]
            certificate, key = certificate_in(setup.folder, names=sorted(set(names)), now=self._clock.now())
        BrowserServer(
            self.sip, port=setup.wss_port, certificate=certificate, key=key, on_closed=self.doors.browser_closed
        )


def allow_many_files() -> None:
    """Every call takes a dozen sockets: ask for as many as the system gives."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
