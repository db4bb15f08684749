"""Bells: whoever waits in a request for something is woken when a transaction of this process has brought it."""

from __future__ import annotations

import threading
from collections import Counter


class Bells:
    """Named bells. One that rings between a look and the wait is not missed: the wait knows what was heard before."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rung: Counter[str] = Counter()
        self.over = False
        """Whether this process is about to end: nobody waits any more."""

    def ring(self, name: str) -> None:
        """Wake everybody who waits at a bell."""
        with self._changed:
            self._rung[name] += 1
            self._changed.notify_all()

    def heard(self, name: str) -> int:
        """Return how often a bell has rung; ask before looking, and give it to `wait`."""
        with self._changed:
            return self._rung[name]

    def wait(self, name: str, *, heard: int, seconds: float) -> None:
        """Wait until a bell has rung since, at most so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.over or self._rung[name] != heard, timeout=seconds)

    def close(self) -> None:
        """Let everybody go who waits, because this process ends."""
        with self._changed:
            self.over = True
            self._changed.notify_all()
