"""The group committer: what comes while one transaction runs goes into the next one, together (ADR 0027).

A lone message is begun at once, and so is everything at a desk that has little to do. Transactions begin at least a
moment apart, because most of what one costs is the same for one message and for ten: who comes within that moment
shares it; and the busier the machine, the longer the moment. Everything here runs on the event loop, so there is
nothing to lock; only `run` leaves it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context
from typing import Generic, TypeVar

from caredesk.core.errors import CareDeskError, DeskBusy
from caredesk.edge.errors import DeskFault
from caredesk.edge.meters import Meters
from caredesk.edge.store_faults import StoreUnavailable

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""Messages in one transaction: the other writers wait for it, and for no more than some tens of milliseconds."""

SECONDS_APART = 0.025
"""Between the beginnings of two transactions: nobody notices it, and a hundred messages a second cost a third less."""

MOST_SECONDS_APART = 0.1
"""Who takes long, because much else is done, rests as long again, so that more share the next one; up to this."""

LONGEST_LINE = 2000
"""Messages that may wait. Whoever comes later is told to come again, and keeps the message meanwhile."""

RETRY_SECONDS = 2

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Committer(Generic[Item, Answer]):
    """Hands what was handed in to `run`, in order and one batch at a time, from a thread beside the loop.

    `run` does a batch in one transaction and returns an answer or a refusal for each item, when all is on disk. When
    it fails as a whole, nothing of it is; then each item has another try of its own, so that one that cannot be done
    fails alone.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Answer | CareDeskError]],
        *,
        meters: Meters,
        longest_line: int = LONGEST_LINE,
        seconds_apart: float = SECONDS_APART,
        most_seconds_apart: float = MOST_SECONDS_APART,
    ) -> None:
        self._run = run
        self._meters = meters
        self._longest_line = longest_line
        self._seconds_apart = seconds_apart
        self._most_seconds_apart = most_seconds_apart
        self._begins_again = 0.0
        """When the next transaction may begin, by the loop's clock."""
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._working: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()
        meters.posts_waiting.set_function(lambda: len(self._waiting))

    async def hand_in(self, item: Item) -> Answer:
        """Return the answer when it is on disk; raise what was refused, DeskBusy when too much waits already."""
        if self._closed.is_set() or len(self._waiting) >= self._longest_line:
            self._meters.posts_refused.inc()
            raise DeskBusy(retry_after=RETRY_SECONDS)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._working is None:
            # The work is everybody's: neither the name nor the trace of whoever came first goes into it.
            self._working = asyncio.create_task(self._work(), context=Context())
        return await answer

    async def close(self) -> None:
        """Take nothing more, and return when all that was taken is answered."""
        self._closed.set()
        if self._working is not None:
            await self._working

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                await self._keep_apart(loop)
                batch = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
                self._meters.post_batches.inc()
                began = loop.time()
                outcomes = await asyncio.to_thread(self._commit, [item for item, _ in batch])
                # It rests as long as it took.
                again = min(2 * (loop.time() - began), self._most_seconds_apart)
                self._begins_again = began + max(again, self._seconds_apart)
                for (_, answer), outcome in zip(batch, outcomes, strict=True):
                    _settle(answer, outcome)
        finally:
            self._working = None

    async def _keep_apart(self, loop: asyncio.AbstractEventLoop) -> None:
        pause = self._begins_again - loop.time()
        if pause > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._closed.wait()

    def _commit(self, items: Sequence[Item]) -> Sequence[Answer | CareDeskError]:
        try:
            return self._run(items)
        except StoreUnavailable as fault:
            # The same for each of them: nobody's message is to blame, and nobody has to find that out alone.
            return [fault] * len(items)
        except Exception as fault:
            if len(items) == 1:
                if isinstance(fault, CareDeskError):
                    return [fault]
                log.exception("post_failed")
                return [DeskFault()]
            log.warning("posts_begun_again", extra={"posts": len(items)})
        return [outcome for item in items for outcome in self._commit([item])]


def _settle(answer: asyncio.Future[Answer], outcome: Answer | CareDeskError) -> None:
    # Who asked may have gone meanwhile.
    if answer.done():
        return
    if isinstance(outcome, CareDeskError):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
