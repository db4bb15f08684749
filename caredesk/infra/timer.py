"""Hands due jobs to the workers: when their time comes, when somebody rings, and again when a worker has died.

Several may run; the one that is elected does it. What it hands over twice is done once, for a job is done by whoever
deletes its row.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from caredesk.core import outbox
from caredesk.core.outbox import DueJob
from caredesk.edge.job_lanes import HIGH, LANES, LOW, Lane
from caredesk.edge.services import Services
from caredesk.edge.transactions import read
from caredesk.infra.election import Election
from caredesk.infra.job_shelf import MOST_WAITING, JobShelf, Replaced, ShelfAway
from caredesk.infra.runner import LONGEST_NAP

if TYPE_CHECKING:
    from redis.client import PubSub

log = logging.getLogger(__name__)

BREATH = 0.01
"""Seconds between two looks, so that a hundred commits in a row are one look and not a hundred."""

_NAMES: dict[Lane, Iterable[str]] = {"high": HIGH, "low": LOW}


class Timer:
    """Looks what is due and hands it over, as long as it is elected."""

    def __init__(self, services: Services, *, election: Election, shelf: JobShelf) -> None:
        self._services = services
        self._election = election
        self._shelf = shelf

    def run(self, stopping: threading.Event) -> None:
        """Work until told to stop, then leave the duty to the next."""
        line: PubSub | None = None
        while not stopping.is_set():
            try:
                self.look()
                line = line or self._shelf.listen()
                line.get_message(timeout=LONGEST_NAP)
                self._overhear(line)
                stopping.wait(BREATH)
            except ShelfAway as fault:
                # Workers look at the rows by themselves meanwhile.
                log.warning("shelf_away", extra={"fault": type(fault).__name__})
                self._hang_up(line)
                line = None
                stopping.wait(LONGEST_NAP)
            except Exception:
                # The store itself may be away; the timer must outlive that.
                log.exception("timer_loop_failed")
                stopping.wait(LONGEST_NAP)
        self._hang_up(line)
        with suppress(Exception):
            self._election.resign()

    def look(self) -> int:
        """Hand over once what is due and in nobody's hands; return how many jobs."""
        if self._election.token() is None:
            return 0
        jobs = {lane: due for lane in LANES if (due := self._due(lane))}
        # Asked again: the look may have lasted longer than this process was sure of its place.
        token = self._election.token()
        if token is None or not jobs:
            return 0
        try:
            self._shelf.put(jobs, token=token)
        except Replaced:
            log.warning("handed_nothing_over", extra={"token": token})
            return 0
        return sum(map(len, jobs.values()))

    def _due(self, lane: Lane) -> list[DueJob]:
        waiting = self._shelf.waiting(lane)
        room = MOST_WAITING - len(waiting)
        if room <= 0:
            return []
        named = {"names": _NAMES[lane]} if lane in _NAMES else {"except_names": HIGH | LOW}
        with read(self._services) as session:
            # Those that wait are among the oldest; behind them there shall be enough that do not.
            due = outbox.list_due(session, now=self._services.clock.now(), limit=2 * MOST_WAITING, **named)
        fresh = [job for job in due if job.id not in waiting]
        held = self._shelf.held([job.id for job in fresh])
        return [job for job in fresh if job.id not in held][:room]

    def _overhear(self, line: PubSub) -> None:
        """Take what has rung meanwhile as one ring."""
        while line.get_message(timeout=0) is not None:
            pass

    def _hang_up(self, line: PubSub | None) -> None:
        if line is not None:
            with suppress(ShelfAway, OSError):
                line.close()
