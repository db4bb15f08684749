"""Fetching something of the desk's so that nobody gets an answer that is older than the question.

Who asks while something is being fetched is answered by the next time: what changed in between may not be in this one.
However many ask meanwhile, it is one time more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from caredesk.infra.hotline.http import DeskHttp, DeskUnreachable
from caredesk.infra.hotline.link import REFUSALS, Errand

log = logging.getLogger(__name__)

MISSING_PAUSE = 5.0
"""What the desk did not have is not asked for again at once, seconds."""

Then = Callable[[], None]


class Fetcher:
    """Fetches one thing. Asked in the event loop; the fetching itself is an errand of the link's."""

    def __init__(
        self,
        fetch: Callable[[DeskHttp], None],
        *,
        send: Callable[[Errand], None],
        call: Callable[[Then], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`fetch` does it in the link's thread, `send` gives the link an errand, `call` has the loop do something."""
        self._fetch, self._send, self._call, self._now = fetch, send, call, now
        self._next: list[Then] = []
        self._ended_at = float("-inf")
        self.busy = False
        """Whether something is on its way."""

    def ask(self, then: Then = lambda: None) -> None:
        """Fetch anew; `then` comes when what holds now is here."""
        self._next.append(then)
        if not self.busy:
            self._begin()

    def ask_again(self, *, after: float) -> None:
        """Fetch anew unless that was done within so many seconds, or is being done."""
        if not self.busy and self._now() - self._ended_at >= after:
            self.ask()

    def _begin(self) -> None:
        self.busy, thens, self._next = True, self._next, []

        def errand(desk: DeskHttp) -> None:
            try:
                self._fetch(desk)
            except DeskUnreachable as fault:
                if fault.status not in REFUSALS:
                    raise
                # It will not be answered any better; who waits goes on with what is known.
                log.exception("desk refuses what is asked for", extra={"status": fault.status})
            self._call(lambda: self._ended(thens))

        self._send(errand)

    def _ended(self, thens: list[Then]) -> None:
        self.busy, self._ended_at = False, self._now()
        for then in thens:
            then()
        if self._next and not self.busy:
            self._begin()
