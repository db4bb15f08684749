"""A bench for heavy work of requests: so many at once, so many who wait, and whoever else comes is asked to come again.

Pixels are heavy: a decoded photograph takes up to 160 MB, and every thread of the desk that waits for a place at the
bench answers nobody else meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from caredesk.core.errors import DeskBusy

COME_AGAIN_SECONDS = 3


class Bench:
    """Places for heavy work in this process."""

    def __init__(self, *, places: int, waiting: int, patience: float) -> None:
        """Make a bench; `patience` is how many seconds anybody waits for a place."""
        self._free = Condition()
        self._places, self._most_waiting, self._patience = places, waiting, patience
        self.at_work = 0
        self.waiting = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for as long as the block lasts; raise DeskBusy when there is none in time."""
        self._take()
        try:
            yield
        finally:
            with self._free:
                self.at_work -= 1
                self._free.notify()

    def _take(self) -> None:
        with self._free:
            if self.at_work < self._places:
                self.at_work += 1
                return
            if self.waiting >= self._most_waiting:
                raise DeskBusy(retry_after=COME_AGAIN_SECONDS)
            self.waiting += 1
            try:
                came = self._free.wait_for(lambda: self.at_work < self._places, timeout=self._patience)
            finally:
                self.waiting -= 1
            if not came:
                raise DeskBusy(retry_after=COME_AGAIN_SECONDS)
            self.at_work += 1
