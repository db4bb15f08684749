"""A second look at a phone that would be refused: perhaps its password is younger than our list.

An agent's phone registers the moment its password was made, and a refused phone does not try again for a minute. So a
refusal waits until the list was fetched once more. However many are refused, the desk is asked once a second at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse

from caredesk.infra.hotline.embedded.sip import Timer, later

PAUSE_SECONDS = 1.0
"""Between two times that the desk is asked."""
PATIENCE_SECONDS = 3.0
"""So long a phone waits for its answer; then it is judged by what is known. A phone asks again for 32 (RFC 3261)."""
MOST = 100
"""So many phones may wait at once; the others are judged at once."""

Judge = Callable[[SipRequest], SipResponse]
Fetch = Callable[[Callable[[], None]], None]
Reply = Callable[[SipResponse, object], None]


@dataclass
class _Waiting:
    request: SipRequest
    transaction: object
    patience: Timer = None
    answered: bool = False


class SecondLook:
    """Keeps registrations until the list of phones is new."""

    def __init__(
        self,
        *,
        judge: Judge,
        fetch: Fetch,
        reply: Reply,
        later: Callable[[float, Callable[[], None]], Timer] = later,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`judge` gives the last word, `fetch` brings the list and then calls back, `reply` sends an answer."""
        self._judge, self._fetch, self._reply = judge, fetch, reply
        self._later, self._now = later, now
        self._next: list[_Waiting] = []
        """Who waits for the next time that the desk is asked."""
        self._count = 0
        self._asked_at = float("-inf")

    def keep(self, request: SipRequest, transaction: object) -> bool:
        """Have a registration judged again and answered later; False when too many wait already."""
        if self._count >= MOST:
            return False
        one = _Waiting(request, transaction)
        self._count += 1
        one.patience = self._later(PATIENCE_SECONDS, lambda: self._answer(one))
        self._next.append(one)
        if len(self._next) == 1:
            self._later(max(self._asked_at + PAUSE_SECONDS - self._now(), 0.0), self._ask)
        return True

    def _ask(self) -> None:
        # Who comes from now on waits for another answer of the desk: this one may be older than their password.
        waiting, self._next = self._next, []
        self._asked_at = self._now()
        self._fetch(lambda: self._answer_all(waiting))

    def _answer_all(self, waiting: list[_Waiting]) -> None:
        for one in waiting:
            self._answer(one)

    def _answer(self, one: _Waiting) -> None:
        if one.answered:
            return
        one.answered = True
        self._count -= 1
        if one.patience is not None:
            one.patience.cancel()
        self._reply(self._judge(one.request), one.transaction)
