"""Works on jobs in threads of a process of its own: ids come from the shelf, what is to be done stands in the rows.

While Redis is away the rows are looked at directly, as by a desk that is alone: what is due is done all the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from itertools import cycle

from caredesk.edge.job_lanes import LANES, Lane
from caredesk.infra.job_shelf import HOLD_SECONDS, JobShelf, ShelfAway
from caredesk.infra.runner import LONGEST_NAP, Runner

log = logging.getLogger(__name__)

AWAY_LOOKS = 10
"""So many looks at the rows before Redis is asked again; each question may cost its whole patience."""

KEEP_EVERY = HOLD_SECONDS / 3

TAKES_IN_A_ROUND = 10
"""Of so many takes of a thread one begins with ordinary jobs: sweeps and reminders go on under a flood of urgent ones.

What may last minutes has no such turn. It would hold the thread for far more than its part.
"""


class Worker:
    """Threads that do what is on the shelf. With more than one, the first never takes what may last minutes."""

    def __init__(self, runner: Runner, *, shelf: JobShelf, threads: int, lanes: Sequence[Lane] = LANES) -> None:
        self._runner = runner
        self._shelf = shelf
        self._in_hand: set[str] = set()
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        quick = [lane for lane in lanes if lane != "low"] or lanes
        plans = [quick if number == 0 and threads > 1 else lanes for number in range(threads)]
        self._threads = [
            threading.Thread(target=self._loop, args=(plan,), name=f"worker-{number}", daemon=True)
            for number, plan in enumerate(plans)
        ]
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        for thread in (*self._threads, self._keeper):
            thread.start()

    def stop(self, *, seconds: float) -> None:
        """Take nothing new, let what runs end, within so many seconds; what does not is due again."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=seconds)
        self._shelf.close()

    def _loop(self, lanes: Sequence[Lane]) -> None:
        takes = cycle([*[lanes] * (TAKES_IN_A_ROUND - 1), ordinary_first(lanes)])
        while not self._stopping.is_set():
            try:
                self._take_one(next(takes))
            except ShelfAway as fault:
                log.warning("shelf_away", extra={"fault": type(fault).__name__})
                self._do_without_shelf()
            except Exception:
                # The store itself may be away; the thread must outlive that.
                log.exception("worker_loop_failed")
                self._stopping.wait(LONGEST_NAP)

    def _take_one(self, lanes: Sequence[Lane]) -> None:
        job_id = self._shelf.take(lanes)
        if job_id is None or not self._shelf.hold(job_id):
            return
        with self._guard:
            self._in_hand.add(job_id)
        try:
            self._runner.run_one(job_id)
        finally:
            with self._guard:
                self._in_hand.discard(job_id)
            self._shelf.let_go(job_id)

    def _do_without_shelf(self) -> None:
        for _ in range(AWAY_LOOKS):
            if self._stopping.is_set():
                return
            try:
                self._runner.run_due()
            except Exception:
                log.exception("job_loop_failed")
            self._stopping.wait(LONGEST_NAP)

    def _keep(self) -> None:
        while not self._stopping.wait(KEEP_EVERY):
            with self._guard:
                held = list(self._in_hand)
            try:
                self._shelf.keep(held)
            except ShelfAway as fault:
                log.warning("not_kept", extra={"fault": type(fault).__name__, "jobs": len(held)})


def ordinary_first(lanes: Sequence[Lane]) -> list[Lane]:
    """Return lanes with the ordinary one in front, if it is among them; the others stay as they are."""
    return sorted(lanes, key=lambda lane: lane != "default")
