"""A desk that only speaks the wire: takes facts, gives commands, phones and prompts, keeps recordings.

For tests of an engine by itself: the test plays the desk's part, command by command.
"""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from tests.telephony.sound import GREETING_HZ, MUSIC_HZ, read_wav, tone, write_wav
from tests.telephony.tools import PATIENCE, wait_for

Fact = dict[str, Any]
Command = dict[str, Any]

REALM = "caredesk"
WIRE = "/hooks/hotline/"


@dataclass(frozen=True)
class Recording:
    """What the engine has handed over."""

    recording_id: str
    call_id: str
    kind: str
    path: Path


@dataclass
class DeskDouble:
    """The state of the desk's side of the wire. `facts` holds each fact once, in the order of arrival."""

    folder: Path
    secret: str = field(default_factory=lambda: uuid.uuid4().hex)
    facts: list[Fact] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    """The ids of those facts."""
    repeated: int = 0
    """How often a fact came that was known already."""
    waiting: dict[str, Command] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    phones: dict[str, dict[str, str]] = field(default_factory=dict)
    prompts: dict[str, Path] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    refused: int = 0
    """Requests without the right secret."""
    cuts_short: bool = False
    """While true every answer is an empty one, as of a desk that is killed while it answers."""
    away: bool = False
    """While true every request is answered with 503, as by a desk that is starting again."""
    withholds_prompts: bool = False
    """While true nobody is told what callers hear, as by a desk that is still speaking it for the first time."""
    on_fact: Callable[[Fact], None] | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)
    numbers: int = 0
    questions: list[list[int]] = field(default_factory=list)
    """For each time that the engine asked for commands, the numbers that it said were under way."""

    def start(self) -> None:
        """Serve on a free port of the loopback interface."""
        handler = type("Handler", (_Handler,), {"desk": self})
        self.server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.add_prompt("greeting", hz=GREETING_HZ, seconds=1.0)
        self.add_prompt("hold", hz=MUSIC_HZ, seconds=2.0)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    # ---- what a test says ----

    def add_phone(self, user: str, *, secret: str, kind: str = "desk") -> None:
        """Let a phone register with this password."""
        # Digest authentication as SIP has it (RFC 3261, 22.4) is made of MD5.
        ha1 = hashlib.md5(f"{user}:{REALM}:{secret}".encode(), usedforsecurity=False).hexdigest()
        self.phones[user] = {"user": user, "ha1": ha1, "kind": kind, "name": f"Agent {user}"}

    def add_prompt(self, name: str, *, hz: float, seconds: float) -> None:
        """Offer a prompt that is a tone, so that a test can tell it from others."""
        self.prompts[name] = write_wav(self.folder / f"{name}.wav", samples=tone(hz, seconds=seconds))

    def command(self, call_id: str, verb: str, **args: Any) -> str:
        """Give a command; return its id. It is repeated to the engine until the engine says that it is done."""
        with self.changed:
            self.numbers += 1
            command_id = uuid.uuid4().hex
            self.waiting[command_id] = {
                "id": command_id,
                "n": self.numbers,
                "call_id": call_id,
                "verb": verb,
                "args": args,
            }
            self.changed.notify_all()
        return command_id

    def repeat(self, command: Command) -> None:
        """Give a command again under its old id, as after an acknowledgement that got lost."""
        with self.changed:
            self.waiting[command["id"]] = command
            self.changed.notify_all()

    def take_back(self, command_id: str) -> None:
        """Want a command no longer, as when its call has ended."""
        with self.changed:
            self.waiting.pop(command_id)

    # ---- what a test looks at ----

    def of(self, call_id: str, *types: str) -> list[Fact]:
        """Return the facts of a call, all or those of some types."""
        with self.changed:
            return [
                fact for fact in self.facts if fact.get("call_id") == call_id and (not types or fact["type"] in types)
            ]

    def wait_fact(self, type_: str, *, call: str | None = None, seconds: float = PATIENCE, **wanted: Any) -> Fact:
        """Return the first fact of this type, of this call, with these fields."""

        def look() -> Fact | None:
            with self.changed:
                for fact in self.facts:
                    fields = all(fact.get(name) == value for name, value in wanted.items())
                    if fact["type"] == type_ and fields and call in (None, fact.get("call_id")):
                        return fact
            return None

        return wait_for(look, seconds=seconds, what=lambda: f"no {type_} {wanted}; came:\n{self.story()}")

    def wait_nth(self, type_: str, *, number: int, seconds: float = PATIENCE) -> Fact:
        """Return the so-manieth fact of a type, counted from one."""

        def look() -> Fact | None:
            with self.changed:
                found = [fact for fact in self.facts if fact["type"] == type_]
                return found[number - 1] if len(found) >= number else None

        return wait_for(look, seconds=seconds, what=lambda: f"no {number}th {type_}; came:\n{self.story()}")

    def wait_done(self, command_id: str, *, seconds: float = PATIENCE) -> None:
        """Return when the engine has acknowledged a command."""
        wait_for(lambda: command_id in self.done, seconds=seconds, what=lambda: f"not done:\n{self.story()}")

    def wait_recording(self, recording_id: str, *, seconds: float = PATIENCE) -> Recording:
        """Return a recording once it has been handed over."""
        return wait_for(
            lambda: self.recordings.get(recording_id),
            seconds=seconds,
            what=lambda: f"no recording {recording_id}, but {list(self.recordings)}; came:\n{self.story()}",
        )

    def story(self) -> str:
        """Return all facts, one a line, for the report of a failed test."""
        with self.changed:
            return "\n".join(json.dumps(fact, ensure_ascii=False) for fact in self.facts)

    # ---- what the engine asks ----

    def take(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take a batch of facts and acknowledgements; a fact counts once however often it comes."""
        fresh: list[Fact] = []
        with self.changed:
            for fact in body["facts"]:
                if fact["id"] in self.known:
                    self.repeated += 1
                    continue
                self.known.add(fact["id"])
                self.facts.append(fact)
                fresh.append(fact)
            for command_id in body.get("done", []):
                self.done.add(command_id)
                self.waiting.pop(command_id, None)
            self.changed.notify_all()
        for fact in fresh:
            if self.on_fact is not None:
                self.on_fact(fact)
        return {"taken": [fact["id"] for fact in body["facts"]]}

    def open_commands(self, *, wait: float, known: Collection[int]) -> dict[str, Any]:
        """Return what is to be done, oldest first; wait for news as long as the engine wants."""
        with self.changed:
            self.questions.append(sorted(known))

            def has_news() -> bool:
                return self.away or any(command["n"] not in known for command in self.waiting.values())

            self.changed.wait_for(has_news, timeout=wait)
            return {"commands": sorted(self.waiting.values(), key=lambda command: int(command["n"]))}

    def describe_prompts(self) -> dict[str, Any]:
        return {
            "prompts": [
                {
                    "name": name,
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                    "seconds": len(read_wav(path)[0]) / 8_000,
                }
                for name, path in self.prompts.items()
            ]
        }

    def keep_recording(self, recording_id: str, *, call_id: str, kind: str, content: bytes) -> None:
        path = self.folder / f"recording-{recording_id}.wav"
        path.write_bytes(content)
        with self.changed:
            self.recordings[recording_id] = Recording(recording_id, call_id, kind, path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing about an engine that hung up while it was answered: tests kill engines."""


class _Handler(BaseHTTPRequestHandler):
    """The wire's five addresses."""

    protocol_version = "HTTP/1.1"
    # An answer is one packet: as two, the second waits until the engine's system has acknowledged the first.
    wbufsize = -1
    disable_nagle_algorithm = True
    desk: DeskDouble

    def do_GET(self) -> None:
        if self._is_refused():
            return
        split = urlsplit(self.path)
        what, asked = split.path.removeprefix(WIRE), parse_qs(split.query)
        if what == "commands":
            known = [int(number) for number in asked.get("known", [""])[0].split(",") if number]
            self._say(self.desk.open_commands(wait=float(asked.get("wait", ["0"])[0]), known=known))
        elif what == "phones":
            phones = list(self.desk.phones.values())
            self._say({"version": len(phones), "realm": REALM, "phones": phones})
        elif what.startswith("prompts") and self.desk.withholds_prompts:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"")
        elif what == "prompts":
            self._say(self.desk.describe_prompts())
        elif what.startswith("prompts/") and what[8:-4] in self.desk.prompts:
            self._answer(HTTPStatus.OK, self.desk.prompts[what[8:-4]].read_bytes(), kind="audio/wav")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"")

    def do_POST(self) -> None:
        content = self._body()
        if not self._is_refused():
            self._say(self.desk.take(json.loads(content)))

    def do_PUT(self) -> None:
        content = self._body()
        if not self._is_refused():
            recording_id = self.path.removeprefix(f"{WIRE}recordings/")
            call_id, kind = self.headers["X-Call-Id"], self.headers["X-Kind"]
            self.desk.keep_recording(recording_id, call_id=call_id, kind=kind, content=content)
            self._answer(HTTPStatus.NO_CONTENT, b"")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _is_refused(self) -> bool:
        if self.desk.away:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"")
        elif self.headers.get("Authorization") != f"Bearer {self.desk.secret}":
            self.desk.refused += 1
            self._answer(HTTPStatus.UNAUTHORIZED, b"")
        else:
            return False
        return True

    def _say(self, answer: dict[str, Any]) -> None:
        self._answer(HTTPStatus.OK, json.dumps(answer).encode())

    def _answer(self, status: HTTPStatus, content: bytes, *, kind: str = "application/json") -> None:
        content = b"" if self.desk.cuts_short else content
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the standard library's name)
        """Say nothing: a test's report shows the facts instead."""


def call_of(fact: Fact) -> str:
    """Return the call that a fact is about."""
    return cast("str", fact["call_id"])
