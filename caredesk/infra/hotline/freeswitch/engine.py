"""The engine's process: one thread that takes events of FreeSWITCH and commands of the desk, one after the other.

What comes from both sides is put into one queue, so that nothing here needs a lock and what is known is always
written down before anybody is told.
"""

from __future__ import annotations

import logging
import queue
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caredesk import __version__
from caredesk.core.clock import Clock
from caredesk.infra.hotline.fetching import MISSING_PAUSE, Fetcher
from caredesk.infra.hotline.freeswitch import deeds, hearing, verbs
from caredesk.infra.hotline.freeswitch.event_socket import Event, EventSocket, Switch, SwitchAway
from caredesk.infra.hotline.freeswitch.phones import Phones, rows_of
from caredesk.infra.hotline.freeswitch.shelf import PromptFiles, Tape, carry, tape_at
from caredesk.infra.hotline.freeswitch.state import Book, Call
from caredesk.infra.hotline.freeswitch.words import BadCommand
from caredesk.infra.hotline.http import DeskHttp
from caredesk.infra.hotline.link import Command, DeskLink

log = logging.getLogger(__name__)

ENGINE = "freeswitch"
CAPABILITIES = (
    "browser",
    "desk",
    "hold",
    "transfer",
    "record",
    "voicemail",
    "digits",
    "originate",
    "listen",
    "whisper",
    "join",
)
AWAY = "freeswitch_away"
CALLS_SECONDS = 30.0
CONTEXT = "caredesk"
"""The dial plan's context of calls that are the desk's."""


@dataclass(frozen=True)
class EngineSetup:
    """What one engine is told at its start; see the settings of the same names."""

    folder: Path
    desk_url: str
    secret: str
    host: str
    port: int
    password: str
    domain: str
    gateway: str


class Engine:
    """Everything that lives as long as the process; what calls need of it is `deeds.Hub`."""

    def __init__(self, setup: EngineSetup, *, clock: Clock) -> None:
        """Prepare folders and both connections; nothing is opened yet."""
        self.domain, self.gateway = setup.domain, setup.gateway
        self.tapes = setup.folder / "recordings"
        self.tapes.mkdir(parents=True, exist_ok=True)
        self.book = Book()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._put_off: list[Command] = []
        self._is_away = False
        self._prompts = PromptFiles(setup.folder / "prompts")
        self._phones = Phones(setup.folder / "directory", told=self.report, now=clock.now)
        self._socket = EventSocket(
            setup.host,
            setup.port,
            password=setup.password,
            events=hearing.EVENTS,
            on_event=lambda event: self._work.put(lambda: self._hear(event)),
            on_connection=lambda up: self._work.put(self._back if up else self._away),
        )
        self.switch: Switch = self._socket
        self.link = DeskLink(
            setup.desk_url,
            secret=setup.secret,
            engine=ENGINE,
            folder=setup.folder,
            clock=clock,
            on_command=lambda command: self._work.put(lambda: self._command(command)),
            on_reconnect=lambda: self._work.put(self._desk_is_back),
        )
        self._phone_list = Fetcher(self._learn_phones, send=self.link.send_errand, call=self._work.put)
        self._prompt_files = Fetcher(self._prompts.fetch, send=self.link.send_errand, call=self._work.put)
        self._is_new = True

    def run(self) -> int:
        """Work until told to stop; return the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())
        self.start()
        self.work()
        return 0

    def start(self) -> None:
        """Open both connections, and bring what an earlier run has left to the desk."""
        self.report("engine.started", version=__version__, capabilities=list(CAPABILITIES), calls=[])
        # Until FreeSWITCH is there nothing can ring.
        self._away()
        self.link.start()
        self._socket.start()
        # Phones first: prompts may take a while when the desk has to make them.
        self._phone_list.ask()
        self._prompt_files.ask()
        for path in sorted(self.tapes.glob("*.wav")):
            self.hand_over(path)

    def work(self) -> None:
        """Take one thing after the other until `stop`."""
        due = time.monotonic() + CALLS_SECONDS
        while True:
            try:
                deed = self._work.get(timeout=max(0.05, due - time.monotonic()))
            except queue.Empty:
                deed = self._tell_calls
                due = time.monotonic() + CALLS_SECONDS
            if deed is None:
                break
            self._do(deed)
        self._socket.stop()
        self.link.stop()

    def stop(self) -> None:
        """End the process; calls that are on end with it, as with every engine."""
        self._work.put(self._part)
        self._work.put(None)

    def _do(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except SwitchAway:
            # What it was about is found out when FreeSWITCH is back.
            log.info("FreeSWITCH went away")

    # ---- what calls need (deeds.Hub) ----

    def report(self, type: str, *, call_id: str = "", **fields: Any) -> None:  # noqa: ANN401 (facts differ)
        """Tell the desk a fact."""
        self.link.report(type, call_id=call_id, **fields)

    def sounds(self, names: Sequence[str]) -> list[str]:
        """Return the files of prompts; one that is missing is asked for, for the next caller."""
        if self._prompts.lacks(names):
            self._prompt_files.ask_again(after=MISSING_PAUSE)
        return self._prompts.find_all(names)

    def hand_over(self, path: Path) -> None:
        """Bring a finished recording to the desk."""
        tape = tape_at(path)
        if tape is not None:
            self.link.send_errand(carry(tape, ready=self._handed))

    def _handed(self, tape: Tape) -> None:
        self.report(
            "recording.ready",
            call_id=tape.call_id,
            recording_id=tape.recording_id,
            kind=tape.kind,
            seconds=tape.seconds,
        )

    # ---- the desk ----

    def _command(self, command: Command) -> None:
        done = str(command["id"])
        if command["verb"] == "phones_changed":
            self._phone_list.ask(lambda: self.link.acknowledge(done))
        elif command["verb"] == "prompts_changed":
            self._prompt_files.ask(lambda: self.link.acknowledge(done))
        else:
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        verb, call_id, args = str(command["verb"]), str(command["call_id"]), command.get("args") or {}
        call = self.book.calls.get(call_id)
        heard = (call.hearing, call.playing) if call is not None else ("nothing", None)
        try:
            if verb == "originate" and call is None:
                verbs.begin_call_out(self, call_id, args)
            elif call is not None:
                verbs.carry_out(self, call, verb, args)
        except SwitchAway:
            # Done when FreeSWITCH is back, if the call still is; nothing of it has come about yet.
            if call is not None:
                call.hearing, call.playing = heard
            self._put_off.append(command)
            return
        except (BadCommand, KeyError, TypeError, ValueError, AttributeError) as fault:
            log.warning("command makes no sense", extra={"verb": verb, "fault": type(fault).__name__})
            if verb == "originate":
                self.report("call.ended", call_id=call_id, by="system", cause=0, reason="bad_command")
        self.link.acknowledge(str(command["id"]))

    def _learn_phones(self, desk: DeskHttp) -> None:
        shape = desk.get("/phones")
        self._work.put(lambda: self._phones.learn(shape, switch=self.switch))

    def _desk_is_back(self) -> None:
        """The desk may be another version than the one that went away, and was told nothing meanwhile."""
        self._tell_calls()
        self._phone_list.ask()
        self._prompt_files.ask()

    def _tell_calls(self) -> None:
        self.report("engine.calls", calls=sorted(self.book.calls))

    # ---- FreeSWITCH ----

    def _hear(self, event: Event) -> None:
        if event.name.startswith("sofia::"):
            self._lose(self._phones.hear(event), reason=event.name)
        else:
            hearing.hear(self, event)

    def _lose(self, user: str, *, reason: str) -> None:
        """A phone is gone: whoever talks on it is, too (B52)."""
        lost = "registration_lost" if reason == "sofia::expire" else "tab_closed"
        for call in list(self.book.calls.values()):
            for leg in list(call.legs.values()):
                if user and leg.user == user and leg.state == "up":
                    leg.lost = lost
                    deeds.kill(self, leg, cause="NORMAL_CLEARING")

    def _away(self) -> None:
        self._is_away = True
        self.report("engine.trouble", code=AWAY)

    def _back(self) -> None:
        """FreeSWITCH is there, perhaps again: what happened meanwhile is found out, then what was put off is done."""
        if self._is_new:
            # Calls of an earlier run are over for the desk; nobody would ever end them here.
            self._is_new = False
            for mark in ("caredesk_leg", "caredesk_inbound"):
                self.switch.api(f"hupall NORMAL_TEMPORARY_FAILURE {mark} true")
        else:
            self._reconcile(rows_of(self.switch.api("show channels as json")))
        # The directory may have been written while nobody could be told.
        self.switch.api("reloadxml")
        self._phones.tell_all(self.switch)
        if self._is_away:
            self._is_away = False
            self.report("engine.recovered", code=AWAY)
        self._tell_calls()
        commands, self._put_off = self._put_off, []
        for command in commands:
            self._carry_out(command)

    def _reconcile(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """End what FreeSWITCH has no channel for any more, and take up who has called meanwhile."""
        channels = {str(row.get("uuid")) for row in rows}
        for call in list(self.book.calls.values()):
            if call.channel and call.channel not in channels:
                deeds.finish(self, call, by="trunk", reason="lost")
                continue
            for leg in list(call.legs.values()):
                if leg.channel not in channels:
                    self._lost_leg(call, leg_id=leg.id)
        for row in rows:
            if row.get("context") == CONTEXT and row.get("direction") == "inbound":
                hearing.arrive(self, _parked(row))

    def _lost_leg(self, call: Call, *, leg_id: str) -> None:
        leg = call.legs[leg_id]
        if leg.state == "up":
            leg.lost = leg.lost or "media_lost"
            deeds.gone(self, call, leg, by="system")
        else:
            deeds.fail(self, call, leg, reason="error")

    def _part(self) -> None:
        for call in list(self.book.calls.values()):
            call.ended_by_us = "shutdown"
            if call.channel:
                deeds.run(self, f"uuid_kill {call.channel} NORMAL_TEMPORARY_FAILURE")
            deeds.finish(self, call, by="system", reason="shutdown")


def _parked(row: Mapping[str, Any]) -> Event:
    """Return what would have been heard of a caller who was parked while nobody listened."""
    names = {"Unique-ID": "uuid", "Caller-Caller-ID-Number": "cid_num", "Caller-Destination-Number": "dest"}
    headers = {header: str(row.get(name, "")) for header, name in names.items()}
    return Event({"Event-Name": "CHANNEL_PARK", hearing.INBOUND: "true", **headers})
