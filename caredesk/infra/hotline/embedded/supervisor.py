"""The parent of the engine's process: starts it, starts it again when it dies, ends with it.

A worker that hangs or crashes takes its calls with it, but not the hotline: the next one is there within a second.
The worker ends when its parent does, however that ended: it reads from a pipe that nobody writes to.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from types import FrameType

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
STEADY_SECONDS = 60.0
"""A worker that lived so long was no failed start: the pause begins anew."""
GRACE_SECONDS = 8.0
FATAL = 78
"""The exit status of a worker that cannot start as it was told (EX_CONFIG): trying again would not help."""


def pause_before(*, failures: int) -> float:
    """Return the seconds to wait before another start, after so many failures in a row."""
    return float(min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE))


class Supervisor:
    """Keeps one worker running."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._stopping = threading.Event()
        self._worker: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Run the worker until told to stop or until it cannot start; return the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        failures = 0
        while True:
            begin = time.monotonic()
            status = self._run_once()
            if self._stopping.is_set() or status in (0, FATAL):
                return 0 if self._stopping.is_set() else status
            failures = 0 if time.monotonic() - begin > STEADY_SECONDS else failures + 1
            log.error("hotline process ended", extra={"status": status, "failures": failures})
            self._stopping.wait(pause_before(failures=failures - 1 if failures else 0))
            if self._stopping.is_set():
                return 0

    def _run_once(self) -> int:
        # A session of its own: Ctrl-C reaches the supervisor only, which ends the worker in order.
        worker = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        self._worker = worker
        if self._stopping.is_set():
            worker.terminate()
        try:
            return worker.wait()
        finally:
            if worker.stdin is not None:
                worker.stdin.close()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()
        worker = self._worker
        if worker is not None and worker.poll() is None:
            worker.terminate()
            insisting = threading.Timer(GRACE_SECONDS, worker.kill)
            # A worker that ends in time is not waited for any longer.
            insisting.daemon = True
            insisting.start()


def end_with_parent() -> None:
    """In the worker: end at once when the supervisor is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_end, daemon=True, name="parent").start()


def _wait_for_end() -> None:
    while os.read(0, 64):
        pass
    os._exit(1)
