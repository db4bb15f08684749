"""When memory is looked through for what only cycles keep alive: by the clock, and seldom.

A connected screen is many objects that live as long as it stays. The interpreter, left to itself, looks through all
of them whenever a quarter as many have come since, and serves nobody meanwhile: with 400 screens that was 0.2 s on a
slow machine, several times a minute, and half of what the slowest answers took. Young objects, of which nearly all
die, are looked through as before. What has outlived a look by the clock is not looked through again until memory
grows by more than screens that have come would explain. See docs/performance.md.
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
"""What has come since the last look is looked through this often on a desk of any business."""

MOST_GROWTH_KIB = 100 * 1024
"""Once the process has taken so much more memory than ever before, everything is looked through."""

KIB_A_SCREEN = 64
"""What a connected screen may take: it is there to stay, and no garbage. `benchmarks.realtime` measures 40."""


_loaded = threading.Event()
"""Something large has come to stay since the last look; one process has one memory."""


def keep_for_good() -> None:
    """Look through everything, and not again through what is left: something large was loaded that is to stay."""
    gc.collect()
    gc.freeze()
    _loaded.set()


def peak_memory() -> int:
    """Return the most memory that this process ever had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Garbage:
    """Looks when it is time, in a thread of its own, from `start` to `stop`."""

    def __init__(
        self,
        *,
        screens: Callable[[], int],
        seconds: Callable[[], float] = time.monotonic,
        peak: Callable[[], int] = peak_memory,
    ) -> None:
        """Take what counts the connected screens, a steady clock, and what tells the most memory ever, in KiB."""
        self._screens, self._seconds, self._peak = screens, seconds, peak
        self._looked_at, self._known_peak = seconds(), peak()
        self._most_screens = self._known_screens = screens()
        self._usual = gc.get_threshold()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Take over from the interpreter; what the process has taken until now is known."""
        _loaded.clear()
        self._note_growth()
        young, middle, _ = self._usual
        gc.set_threshold(young, middle, NEVER)
        threading.Thread(target=self._keep, name="garbage", daemon=True).start()

    def stop(self) -> None:
        """Leave it to the interpreter again."""
        self._stopped.set()
        gc.set_threshold(*self._usual)

    def look_if_due(self) -> bool:
        """Look if it is time; tell whether it was."""
        if self._unexplained_growth() >= MOST_GROWTH_KIB:
            gc.unfreeze()
            self._note_growth()
        elif self._seconds() - self._looked_at < EVERY_SECONDS:
            return False
        gc.collect()
        gc.freeze()
        self._looked_at = self._seconds()
        return True

    def _note_growth(self) -> None:
        """Have all growth until now explained."""
        self._known_peak, self._known_screens = self._peak(), self._most_screens

    def _unexplained_growth(self) -> int:
        """Return how much more memory was taken since everything was looked through than screens account for."""
        # The most, for the peak does not come down when screens leave.
        self._most_screens = max(self._most_screens, self._screens())
        if _loaded.is_set():
            _loaded.clear()
            self._note_growth()
        come = self._most_screens - self._known_screens
        return self._peak() - self._known_peak - come * KIB_A_SCREEN

    def _keep(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            self.look_if_due()
