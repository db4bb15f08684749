"""One elected among several processes, by a lease in the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from caredesk.core import lease
from caredesk.core.ids import new_id
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write

log = logging.getLogger(__name__)

LEASE_SECONDS = 5.0
"""So long the elected one's row must stand still until another takes its place."""

BEATS_EVERY = 1.0
GIVES_UP_AFTER = 0.6
"""Share of the lease after which the elected one stops by itself when it cannot renew: before anybody else begins."""


class Election:
    """Stands for one duty. Ask `token` again before each deed: it is None whenever somebody else may have the duty."""

    def __init__(
        self,
        services: Services,
        *,
        duty: str,
        seconds: float = LEASE_SECONDS,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = new_id()
        self._services = services
        self._duty = duty
        self._seconds = seconds
        self._ticks = ticks
        self._token: int | None = None
        self._renewed = self._looked = ticks() - seconds
        self._seen: lease.Lease | None = None
        self._seen_since = ticks()

    def token(self) -> int | None:
        """Return the number under which this process acts, or None; about once a second this asks the database."""
        now = self._ticks()
        if now - self._looked >= min(BEATS_EVERY, self._seconds / 4):
            self._looked = now
            if self._token is None:
                self._stand(now)
            else:
                self._renew(now)
        if self._token is not None and self._ticks() - self._renewed > GIVES_UP_AFTER * self._seconds:
            self._step_down("not_renewed")
        return self._token

    def resign(self) -> None:
        """Give the duty back at once; whoever stands next has it without waiting."""
        if self._token is not None:
            token, self._token = self._token, None
            with write(self._services, actor=SYSTEM) as work:
                lease.give_back(work.session, name=self._duty, token=token)

    def _stand(self, now: float) -> None:
        with read(self._services) as session:
            seen = lease.look_at(session, name=self._duty)
        if seen != self._seen:
            self._seen, self._seen_since = seen, now
        if seen.holder != lease.NOBODY and now - self._seen_since < self._seconds:
            return
        with write(self._services, actor=SYSTEM) as work:
            self._token = lease.take_over(work.session, name=self._duty, holder=self.name, seen=seen)
        if self._token is not None:
            self._renewed = now
            log.info("elected", extra={"duty": self._duty, "token": self._token, "after": seen.holder})

    def _renew(self, now: float) -> None:
        with write(self._services, actor=SYSTEM) as work:
            kept = lease.renew(work.session, name=self._duty, token=self._token or 0)
        if kept:
            # Counted from before the question: what the answer's way took is not ours.
            self._renewed = now
        else:
            self._step_down("replaced")

    def _step_down(self, why: str) -> None:
        log.warning("not_elected_any_more", extra={"duty": self._duty, "token": self._token, "why": why})
        self._token, self._seen = None, None
