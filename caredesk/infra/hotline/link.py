"""The link between an engine and the desk: facts go, commands come, files are carried; usable by every engine.

Three threads, so that nothing waits for anything else: facts as they happen, commands by a held request, errands
(phones, prompts, recordings) one after the other. Nothing here blocks the engine's own loop, and nothing is lost when
the desk is away: facts wait on disk, commands are repeated by the desk until they are acknowledged.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from caredesk.core.clock import Clock
from caredesk.core.ids import new_id
from caredesk.infra.hotline.http import DeskHttp, DeskUnreachable
from caredesk.infra.hotline.spool import Spool

log = logging.getLogger(__name__)

Command = Mapping[str, Any]
Errand = Callable[[DeskHttp], None]

BATCH = 200
HOLD_SECONDS = 20
"""How long the desk may hold a request for commands before it answers that there are none."""
MOST_KNOWN = 200
"""So many commands that are under way are named to the desk; a call has a handful at most."""
MOST_ANSWERED = 500
"""An answer with so many commands may not be all."""
IDLE_SECONDS = 0.05
REFUSALS = (400, 404, 409, 413, 415, 422)
"""Statuses with which the desk says that asking again would not help."""
PAUSES = (0.1, 0.3, 1.0, 2.0)
"""Seconds between attempts while the desk is away; the last is repeated."""


class DeskLink:
    """Connects one engine to the desk. Callbacks come in the link's threads."""

    def __init__(
        self,
        url: str,
        *,
        secret: str,
        engine: str,
        folder: Path,
        clock: Clock,
        on_command: Callable[[Command], None],
        on_reconnect: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare the link. `on_command` gets each command once; `on_reconnect` is told when the desk is back."""
        self.engine = engine
        self.run = new_id()
        self._clock = clock
        self._spool = Spool(folder / "spool.sqlite3")
        self._on_command, self._on_reconnect = on_command, on_reconnect
        self._new: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._done: list[str] = []
        self._begun: dict[str, int] = {}
        """Commands, with their numbers, until the desk has heard that they are done; it need not repeat them."""
        self._begun_lock = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._errands: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
        self._away = False
        self._http = [DeskHttp(url, secret=secret, seconds=seconds) for seconds in (10.0, 10.0, 120.0)]
        bodies = (self._tell, self._listen, self._run_errands)
        self._threads = [threading.Thread(target=body, daemon=True, name=body.__name__) for body in bodies]

    @property
    def is_away(self) -> bool:
        """Whether the desk did not take what it was told last."""
        return self._away

    def start(self) -> None:
        """Begin to talk to the desk."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, seconds: float = 3.0) -> None:
        """Tell what is left if the desk takes it in time, and end."""
        self._stop.set()
        self._wake.set()
        self._errands.put(None)
        self._threads[0].join(seconds)
        for one in self._http:
            one.part()
        for thread in self._threads:
            thread.join(1.0)
        for one in self._http:
            one.close()

    def report(self, type: str, *, call_id: str = "", **fields: Any) -> None:  # noqa: ANN401 (facts differ)
        """Tell a fact. Returns at once; the fact is on disk a moment later and then goes until the desk has it."""
        at = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._new.put({"id": new_id(), "type": type, "call_id": call_id, "at": at, **fields})
        self._wake.set()

    def acknowledge(self, command_id: str) -> None:
        """Tell that a command was carried out, so that the desk need not repeat it."""
        self._done.append(command_id)
        self._wake.set()

    def send_errand(self, errand: Errand) -> None:
        """Have something fetched or brought; errands run one after the other and are tried until they succeed."""
        self._errands.put(errand)

    def _tell(self) -> None:
        failures = 0
        while True:
            self._wake.wait(timeout=1.0)
            self._wake.clear()
            self._keep_new()
            try:
                while self._tell_batch():
                    self._keep_new()
                if failures or self._away:
                    self._came_back()
                failures = 0
            except DeskUnreachable as fault:
                if not failures:
                    log.warning("desk does not take facts", extra={"status": fault.status})
                self._away = True
                pause = PAUSES[min(failures, len(PAUSES) - 1)]
                failures += 1
                if self._stop.wait(pause):
                    return
                self._wake.set()
            if self._stop.is_set() and self._new.empty():
                return

    def _keep_new(self) -> None:
        fresh = []
        while not self._new.empty():
            fresh.append(self._new.get())
        if fresh:
            self._spool.add(fresh)

    def _tell_batch(self) -> bool:
        """Send one batch; True when there may be more."""
        facts = self._spool.waiting(most=BATCH)
        done = self._done[:BATCH]
        if not facts and not done:
            return False
        shape = {"engine": self.engine, "run": self.run, "facts": facts, "done": done}
        taken = self._http[0].post("/facts", shape)["taken"]
        self._spool.drop(taken)
        del self._done[: len(done)]
        with self._begun_lock:
            for command_id in done:
                self._begun.pop(command_id, None)
        return bool(taken) or bool(done)

    def _came_back(self) -> None:
        if self._away:
            self._away = False
            log.info("desk takes facts again")
            self._on_reconnect()

    def _listen(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                found = self._http[1].get(self._question(), seconds=float(HOLD_SECONDS))["commands"]
            except DeskUnreachable:
                self._stop.wait(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
                continue
            if failures:
                failures = 0
                self._on_reconnect()
            self._take(found)

    def _question(self) -> str:
        """Return what the desk is asked: everything that is not done, but at once only for what is news.

        The desk is told which commands are being carried out, and not merely the last number: a number that is given
        earlier can be seen later, when its transaction takes longer, and must not wait for the next one.
        """
        under_way = sorted(self._under_way().values())[-MOST_KNOWN:]
        known = f"&known={','.join(map(str, under_way))}" if under_way else ""
        return f"/commands?engine={self.engine}&wait={HOLD_SECONDS}{known}"

    def _under_way(self) -> dict[str, int]:
        """Return the commands that the desk need not repeat, with their numbers: begun, or done and not yet told so."""
        with self._begun_lock:
            return dict(self._begun)

    def _take(self, found: list[Command]) -> None:
        """Have what is new carried out, and say once more what was carried out and the desk believes open."""
        news = 0
        self._forget_taken_back(found)
        for command in found:
            if self._spool.claim(command["id"]):
                news += 1
                with self._begun_lock:
                    self._begun[command["id"]] = int(command["n"])
                self._on_command(command)
            elif command["id"] not in self._under_way():
                news += 1
                with self._begun_lock:
                    self._begun[command["id"]] = int(command["n"])
                self.acknowledge(command["id"])
        if found and not news:
            # A desk that repeats what it was told not to: do not ask it in a tight circle.
            self._stop.wait(IDLE_SECONDS)

    def _forget_taken_back(self, found: list[Command]) -> None:
        """What the desk does not name any more was done or taken back: it need not be named to the desk either."""
        still = {command["id"] for command in found}
        if len(found) < MOST_ANSWERED:
            with self._begun_lock:
                self._begun = {each: n for each, n in self._begun.items() if each in still}

    def _run_errands(self) -> None:
        while (errand := self._errands.get()) is not None:
            failures = 0
            while not self._stop.is_set():
                try:
                    errand(self._http[2])
                    break
                except DeskUnreachable as fault:
                    if fault.status in REFUSALS:
                        log.error("desk refuses an errand", extra={"status": fault.status})
                        break
                    self._stop.wait(PAUSES[min(failures, len(PAUSES) - 1)])
                    failures += 1
