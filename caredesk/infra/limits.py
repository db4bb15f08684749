"""Moving windows behind the `RateLimits` port: in this process, or in Redis for several processes."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from threading import Lock

from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from caredesk.core.clock import SystemClock
from caredesk.core.ports import RateLimits
from caredesk.edge.limits import Rate, rates
from caredesk.settings import Settings

log = logging.getLogger(__name__)


def open_limits(settings: Settings) -> RateLimits:
    """Return the limits of this size: shared through Redis when there is one."""
    if settings.redis_url:
        return RedisLimits(rates(settings), url=settings.redis_url)
    return MemoryLimits(rates(settings))


class MemoryLimits:
    """Moving windows in this process.

    The library's memory storage never forgets a key it has seen and walks all of them in a thread after every hit;
    a desk that runs for months sees many visitors, so this one is ours.
    """

    SWEEP_SECONDS = 60.0

    def __init__(self, rules: Mapping[str, Rate], *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._seconds = seconds
        self._lock = Lock()
        self._windows: dict[tuple[str, ...], deque[float]] = {}
        self._swept_at = seconds()

    def hit(self, rule: str, *parts: str) -> int:
        """Count one attempt; return 0 when it is within the rule, else the seconds to wait."""
        rate, now = self._rules[rule], self._seconds()
        with self._lock:
            self._sweep(now)
            window = self._windows.setdefault((rule, *parts), deque())
            _drop_old(window, until=now - rate.seconds)
            if len(window) >= rate.amount:
                return max(1, math.ceil(window[0] + rate.seconds - now))
            window.append(now)
            return 0

    def __len__(self) -> int:
        """Return how many windows are remembered."""
        return len(self._windows)

    def _sweep(self, now: float) -> None:
        if now - self._swept_at < self.SWEEP_SECONDS:
            return
        self._swept_at = now
        for key in list(self._windows):
            window = self._windows[key]
            _drop_old(window, until=now - self._rules[key[0]].seconds)
            if not window:
                del self._windows[key]


class RedisLimits:
    """Moving windows that all processes of a desk share."""

    def __init__(self, rules: Mapping[str, Rate], *, url: str) -> None:
        self._items = {
            name: RateLimitItemPerSecond(rate.amount, rate.seconds, namespace=f"caredesk/{name}")
            for name, rate in rules.items()
        }
        self._storage = RedisStorage(url, wrap_exceptions=False, socket_timeout=1, socket_connect_timeout=1)
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._clock = SystemClock()

    def hit(self, rule: str, *parts: str) -> int:
        """Count one attempt; return 0 when it is within the rule, else the seconds to wait."""
        item = self._items[rule]
        try:
            if self._limiter.hit(item, *parts):
                return 0
            reset = self._limiter.get_window_stats(item, *parts).reset_time
        except self._storage.base_exceptions:
            # A desk that counts nothing for a while is better than one that answers nobody.
            log.warning("rate limits are not counted: Redis does not answer", extra={"rule": rule})
            return 0
        return max(1, math.ceil(reset - self._clock.now().timestamp()))


def _drop_old(window: deque[float], *, until: float) -> None:
    while window and window[0] <= until:
        window.popleft()
