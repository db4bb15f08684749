"""The jobs port of a process that runs none: it tells the timer that something is due, and lets nobody wait for it."""

from __future__ import annotations

import logging
import threading

from caredesk.infra.job_shelf import JobShelf, ShelfAway

log = logging.getLogger(__name__)


class DueBell:
    """Rings from a thread of its own. A ring that is lost costs half a second: the timer looks by itself."""

    def __init__(self, shelf: JobShelf) -> None:
        self._shelf = shelf
        self._due = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="due-bell", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ring a last time if somebody asked for it, and end."""
        self._stopping = True
        self._due.set()
        self._thread.join(timeout=5)
        self._shelf.close()

    def wake(self) -> None:
        self._due.set()

    def _run(self) -> None:
        while not self._stopping:
            self._due.wait()
            # Before the ring: what becomes due after it rings again.
            self._due.clear()
            try:
                self._shelf.ring()
            except ShelfAway as fault:
                log.warning("not_rung", extra={"fault": type(fault).__name__})
