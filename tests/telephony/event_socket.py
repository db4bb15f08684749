"""A stand-in for FreeSWITCH: speaks its event socket, keeps the commands it gets, and tells what a test lets happen.

Written after FreeSWITCH's documentation and what was noted when an adapter ran against a real one (1.10.12); there is
no FreeSWITCH among the packages that tests can install.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import quote

from tests.telephony.tools import PATIENCE, wait_for

PASSWORD = "event-socket-password-of-tests"
INBOUND = {"variable_caredesk_inbound": "true", "Caller-Context": "caredesk", "Call-Direction": "inbound"}


@dataclass
class EventSocketDouble:
    """One FreeSWITCH with its connections. `commands` holds everything that was asked, in order."""

    commands: list[str] = field(default_factory=list)
    channels: list[dict[str, str]] = field(default_factory=list)
    registrations: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """What is said to a command that begins so, instead of `+OK`."""
    connections: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    _lines: list[socket.socket] = field(default_factory=list)
    _listener: socket.socket | None = None
    port: int = 0

    # ---- being there ----

    def start(self) -> None:
        """Listen, at the same port as before when there was one."""
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Be gone, as after a kill: connections break without a word."""
        if self._listener is not None:
            # A thread that waits in accept keeps the port; only this wakes it.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self.changed:
            lines, self._lines = self._lines, []
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), line, line.makefile("rb") as file:
            line.sendall(b"Content-Type: auth/request\n\n")
            while request := _read(file):
                self._take(line, request)

    def _take(self, line: socket.socket, request: str) -> None:
        first = request.split("\n", 1)[0]
        if first.startswith("auth "):
            good = first == f"auth {PASSWORD}"
            _reply(line, "+OK accepted" if good else "-ERR invalid")
        elif first.startswith("event "):
            _reply(line, "+OK event listener enabled plain")
            with self.changed:
                self.connections += 1
                self._lines.append(line)
                self.changed.notify_all()
        elif first.startswith("api "):
            _say(line, "api/response", self._answer(first[4:]))
            self._note(first[4:])
        elif first.startswith("bgapi "):
            _reply(line, "+OK Job-UUID: x")
            self._note(first[6:])
        else:
            _reply(line, "+OK")
            self._note(_told(request))

    def _answer(self, command: str) -> str:
        with self.changed:
            if command.startswith("show channels"):
                return json.dumps({"row_count": len(self.channels), "rows": self.channels})
            if command.startswith("show registrations"):
                return json.dumps({"row_count": len(self.registrations), "rows": self.registrations})
            return next((said for begin, said in self.answers.items() if command.startswith(begin)), "+OK\n")

    def _note(self, command: str) -> None:
        with self.changed:
            self.commands.append(command)
            self.changed.notify_all()

    # ---- what a test lets happen ----

    def emit(self, name: str, channel: str = "", body: str = "", **headers: str) -> None:
        """Tell an event; `_` in a header's name stands for `-` unless it begins with `variable_`."""
        told = {"Event-Name": name, **({"Unique-ID": channel} if channel else {})}
        if "::" in name:
            told |= {"Event-Name": "CUSTOM", "Event-Subclass": name}
        for key, value in headers.items():
            told[key if key.startswith("variable_") else key.replace("_", "-")] = value
        text = "".join(f"{key}: {quote(value)}\n" for key, value in told.items()) + "\n" + body
        with self.changed:
            lines = list(self._lines)
        for line in lines:
            with contextlib.suppress(OSError):
                _say(line, "text/event-plain", text)

    def call_in(self, channel: str, *, caller: str = "13900000001") -> None:
        """Let somebody call, whom the dial plan parks."""
        self.channels.append({"uuid": channel, "context": "caredesk", "direction": "inbound", "cid_num": caller})
        named = {"Caller-Caller-ID-Number": caller, "Caller-Destination-Number": "4000000000"}
        self.emit("CHANNEL_PARK", channel, **{**INBOUND, **named})

    def hang_up(self, channel: str, *, how: str = "recv_bye", cause: str = "NORMAL_CLEARING", code: str = "16") -> None:
        """Let a channel end; `how` is what `sip_hangup_disposition` says."""
        self.channels = [one for one in self.channels if one["uuid"] != channel]
        self.emit(
            "CHANNEL_HANGUP_COMPLETE",
            channel,
            Hangup_Cause=cause,
            variable_sip_hangup_disposition=how,
            variable_hangup_cause_q850=code,
        )

    def answer(self, channel: str) -> None:
        """Let a phone that is rung be answered."""
        self.channels.append({"uuid": channel, "context": "default", "direction": "outbound"})
        self.emit("CHANNEL_PROGRESS", channel)
        self.emit("CHANNEL_ANSWER", channel)

    def bridge(self, first: str, second: str) -> None:
        """Let two channels hear each other."""
        self.emit("CHANNEL_BRIDGE", first, Bridge_A_Unique_ID=first, Bridge_B_Unique_ID=second)

    # ---- what a test looks at ----

    def wait(self, pattern: str, *, number: int = 1, seconds: float = PATIENCE) -> re.Match[str]:
        """Return the so-manieth command that matches from its beginning."""

        def look() -> re.Match[str] | None:
            with self.changed:
                found = [match for one in self.commands if (match := re.match(pattern, one))]
            return found[number - 1] if len(found) >= number else None

        return wait_for(look, seconds=seconds, what=lambda: f"no {pattern}; came:\n" + "\n".join(self.commands))

    def wait_connection(self, number: int, *, seconds: float = PATIENCE) -> None:
        """Return when an engine has connected so many times."""
        wait_for(lambda: self.connections >= number, seconds=seconds, what=lambda: f"{self.connections} connections")


def _read(file: BinaryIO) -> str:
    lines: list[str] = []
    while (line := file.readline()) not in (b"", b"\n"):
        lines.append(line.decode().rstrip("\n"))
    return "\n".join(lines)


def _told(request: str) -> str:
    """Return a `sendmsg` as one line: channel, application, argument, mark."""
    fields = dict(one.split(": ", 1) for one in request.split("\n")[1:])
    words = [request.split("\n", 1)[0].removeprefix("sendmsg "), fields.get("execute-app-name", "")]
    words += [fields.get("execute-app-arg", "-"), fields.get("Event-UUID", "-")]
    return " ".join(["execute", *words])


def _reply(line: socket.socket, words: str) -> None:
    line.sendall(f"Content-Type: command/reply\nReply-Text: {words}\n\n".encode())


def _say(line: socket.socket, kind: str, text: str) -> None:
    content = text.encode()
    line.sendall(f"Content-Length: {len(content)}\nContent-Type: {kind}\n\n".encode() + content)
