"""When memory is looked through for what only cycles keep alive: by the clock, and seldom.

A connected screen is many objects that live as long as it stays. The interpreter, left to itself, looks through all
of them whenever a quarter as many have come since, and serves nobody meanwhile: with 400 screens that was 0.2 s on a
slow machine, several times a minute, and half of what the slowest answers took. Young objects, of which nearly all
die, are looked through as before. See docs/performance.md.
"""

from __future__ import annotations

import gc
import resource
import threading
import time
from collections.abc import Callable

NEVER = 1_000_000_000
"""So many looks through the middle-aged as there will not be before the next look through everything."""

LOOK_SECONDS = 15.0

EVERY_SECONDS = 600.0
"""Everything is looked through this often on a desk of any business."""

MOST_GROWTH_KIB = 100 * 1024
"""Once the process has taken so much more memory than ever before, everything is looked through before its time."""


def peak_memory() -> int:
    """Return the most memory that this process ever had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Garbage:
    """Looks through everything when it is time, in a thread of its own, from `start` to `stop`."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic, peak: Callable[[], int] = peak_memory) -> None:
        """Take a steady clock, and what tells the most memory there ever was, in KiB."""
        self._seconds, self._peak = seconds, peak
        self._looked_at, self._known_peak = seconds(), peak()
        self._usual = gc.get_threshold()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Take over from the interpreter."""
        young, middle, _ = self._usual
        gc.set_threshold(young, middle, NEVER)
        threading.Thread(target=self._keep, name="garbage", daemon=True).start()

    def stop(self) -> None:
        """Leave it to the interpreter again."""
        self._stopped.set()
        gc.set_threshold(*self._usual)

    def look_if_due(self) -> bool:
        """Look through everything if it is time; tell whether it was."""
        waited, grown = self._seconds() - self._looked_at, self._peak() - self._known_peak
        if waited < EVERY_SECONDS and grown < MOST_GROWTH_KIB:
            return False
        gc.collect()
        self._looked_at, self._known_peak = self._seconds(), self._peak()
        return True

    def _keep(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            self.look_if_due()
