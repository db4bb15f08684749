"""A client of FreeSWITCH's event socket (mod_event_socket): commands with their answers, events in order, reconnecting.

Our own, because what a header says comes from strangers: a caller's name may hold an encoded line break, and clients
that decode an event before they divide it into lines take what follows for headers. Here a header is divided first.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol
from urllib.parse import unquote

log = logging.getLogger(__name__)

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to connect; the last is repeated."""
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
SILENT_SECONDS = 65.0
"""FreeSWITCH beats every 20 seconds: a connection on which nothing comes for so long is dead."""
LONGEST_LINE, MOST_LINES, LONGEST_BODY = 65_536, 2_000, 16_000_000


class SwitchAway(Exception):
    """FreeSWITCH cannot be reached, or did not answer in time."""


class _Closed(Exception):
    """The connection ended."""


@dataclass(frozen=True)
class Event:
    """One event: its headers as they were meant, and what follows them."""

    headers: Mapping[str, str]
    body: str = ""

    def get(self, name: str) -> str:
        """Return a header, empty when it is not there."""
        return self.headers.get(name, "")

    @property
    def name(self) -> str:
        """Return the kind of event; CUSTOM ones go by their subclass."""
        return self.get("Event-Subclass") if self.get("Event-Name") == "CUSTOM" else self.get("Event-Name")


class Switch(Protocol):
    """What an engine needs of FreeSWITCH."""

    def api(self, command: str) -> str:
        """Run a command and return what it says (`+OK …`, `-ERR …`); raise SwitchAway."""
        ...

    def background(self, command: str, *, job: str) -> None:
        """Run a slow command; its outcome comes as a BACKGROUND_JOB event with this Job-UUID."""
        ...

    def execute(self, channel: str, *, app: str, arg: str = "", mark: str = "") -> None:
        """Have a channel run an application; its end comes as CHANNEL_EXECUTE_COMPLETE with Application-UUID `mark`."""
        ...


@dataclass
class _Connection:
    line: socket.socket
    file: BinaryIO
    answers: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)


class EventSocket:
    """One connection to one FreeSWITCH, made again whenever it breaks.

    `on_event` and `on_connection` are called in the connection's thread and must not wait for an answer of `api`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        password: str,
        events: str,
        on_event: Callable[[Event], None],
        on_connection: Callable[[bool], None],
    ) -> None:
        """Take where FreeSWITCH listens, what it wants to hear, and the events to subscribe to (`plain …`)."""
        self._address, self._password, self._events = (host, port), password, events
        self._on_event, self._on_connection = on_event, on_connection
        self._connection: _Connection | None = None
        self._asking = threading.Lock()
        self._failures = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="event-socket")

    def start(self) -> None:
        """Connect, and stay connected."""
        self._thread.start()

    def stop(self) -> None:
        """Part from FreeSWITCH; calls go on there."""
        self._stop.set()
        connection = self._connection
        if connection is not None:
            _shut(connection.line)
        if self._thread.is_alive():
            self._thread.join(CONNECT_SECONDS)

    def api(self, command: str) -> str:
        """Run a command and return what it says; raise SwitchAway when there is nobody to say it."""
        return self._ask(f"api {_one_line(command)}")

    def background(self, command: str, *, job: str) -> None:
        """Run a slow command under a job's id."""
        self._ask(f"bgapi {_one_line(command)}\nJob-UUID: {_one_line(job)}")

    def execute(self, channel: str, *, app: str, arg: str = "", mark: str = "") -> None:
        """Have a channel run an application after what it does now."""
        lines = [f"sendmsg {channel}", "call-command: execute", f"execute-app-name: {app}"]
        lines += [f"execute-app-arg: {arg}"] if arg else []
        lines += [f"Event-UUID: {mark}"] if mark else []
        self._ask("\n".join(_one_line(line) for line in lines))

    # ---- asking ----

    def _ask(self, words: str) -> str:
        with self._asking:
            connection = self._connection
            if connection is None:
                raise SwitchAway
            return self._exchange(connection, words)

    @staticmethod
    def _exchange(connection: _Connection, words: str) -> str:
        try:
            connection.line.sendall(f"{words}\n\n".encode())
            answer = connection.answers.get(timeout=ANSWER_SECONDS)
        except (OSError, queue.Empty):
            # Whatever is answered later would be taken for the answer to another question.
            _shut(connection.line)
            raise SwitchAway from None
        if answer is None:
            raise SwitchAway
        return answer

    # ---- listening ----

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._stay_connected()
            except (OSError, _Closed) as fault:
                if not self._failures:
                    log.warning("event socket is away", extra={"fault": type(fault).__name__})
                self._stop.wait(PAUSES[min(self._failures, len(PAUSES) - 1)])
                self._failures += 1

    def _stay_connected(self) -> None:
        """Connect, tell so, and listen until it breaks, which is always raised."""
        line = socket.create_connection(self._address, timeout=CONNECT_SECONDS)
        connection = _Connection(line, line.makefile("rb"))
        try:
            self._introduce(connection)
            line.settimeout(SILENT_SECONDS)
            self._connection = connection
            self._failures = 0
            self._on_connection(True)  # noqa: FBT003 (up or down)
            while True:
                self._hear(connection)
        finally:
            if self._connection is connection:
                self._connection = None
                connection.answers.put(None)
                self._on_connection(False)  # noqa: FBT003 (up or down)
            _shut(line)
            connection.file.close()
            line.close()

    def _introduce(self, connection: _Connection) -> None:
        kind, _, _ = _read_message(connection.file)
        if kind != "auth/request":
            raise _Closed
        for words in (f"auth {_one_line(self._password)}", f"event {self._events}"):
            connection.line.sendall(f"{words}\n\n".encode())
            _, headers, _ = _read_message(connection.file)
            if not headers.get("Reply-Text", "").startswith("+OK"):
                log.error("event socket refuses us")
                raise _Closed

    def _hear(self, connection: _Connection) -> None:
        kind, headers, body = _read_message(connection.file)
        if kind == "command/reply":
            connection.answers.put(headers.get("Reply-Text", ""))
        elif kind == "api/response":
            connection.answers.put(body)
        elif kind == "text/event-plain":
            self._on_event(read_event(body))
        elif kind in ("text/disconnect-notice", "text/rude-rejection"):
            raise _Closed


def read_event(text: str) -> Event:
    """Return an event as it is written in the plain form. What a value holds never becomes a header."""
    head, _, body = text.partition("\n\n")
    return Event(_headers(head.split("\n")), body)


def _headers(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(": ") for line in lines)
    return {name.strip(): unquote(value.strip()) for name, colon, value in pairs if colon}


def _read_message(file: BinaryIO) -> tuple[str, dict[str, str], str]:
    """Return the kind, the headers and the body of the next message."""
    lines: list[str] = []
    while True:
        line = file.readline(LONGEST_LINE)
        if not line.endswith(b"\n") or len(lines) > MOST_LINES:
            raise _Closed
        if line == b"\n" and lines:
            break
        if line != b"\n":
            lines.append(line.decode("utf-8", "replace").rstrip("\n"))
    headers = _headers(lines)
    length = headers.get("Content-Length", "0")
    if not length.isdecimal() or int(length) > LONGEST_BODY:
        raise _Closed
    body = file.read(int(length))
    if len(body) < int(length):
        raise _Closed
    return headers.get("Content-Type", ""), headers, body.decode("utf-8", "replace")


def _one_line(words: str) -> str:
    """Refuse what would become a second command."""
    if "\n" in words or "\r" in words:
        raise ValueError("a command is one line")
    return words


def _shut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
