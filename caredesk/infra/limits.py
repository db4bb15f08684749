"""Moving windows behind the `RateLimits` port: in this process, or in Redis for several processes."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, cast

from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from caredesk.core.clock import SystemClock
from caredesk.core.ports import RateLimits
from caredesk.edge.limits import Rate, rates
from caredesk.settings import Settings

if TYPE_CHECKING:
    from redis import Redis

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

    def hit_each(self, rule: str, whos: Sequence[str]) -> list[int]:
        """Count an attempt of each, in order."""
        return [self.hit(rule, who) for who in whos]

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
            return 0 if self._limiter.hit(item, *parts) else self._wait_of(item, *parts)
        except self._storage.base_exceptions:
            _warn_uncounted(rule)
            return 0

    def hit_each(self, rule: str, whos: Sequence[str]) -> list[int]:
        """Count an attempt of each, in order, with one way to Redis and back for all of them."""
        item, acquire = self._items[rule], self._storage.lua_acquire_moving_window
        window = [self._clock.now().timestamp(), item.amount, item.get_expiry(), 1]
        try:
            with cast("Redis", self._storage.get_connection()).pipeline(transaction=False) as pipe:
                for who in whos:
                    acquire([self._storage.prefixed_key(item.key_for(who))], window, client=pipe)
                taken = pipe.execute()
            return [0 if took else self._wait_of(item, who) for took, who in zip(taken, whos, strict=True)]
        except self._storage.base_exceptions:
            _warn_uncounted(rule)
            return [0] * len(whos)

    def _wait_of(self, item: RateLimitItemPerSecond, *parts: str) -> int:
        reset = self._limiter.get_window_stats(item, *parts).reset_time
        return max(1, math.ceil(reset - self._clock.now().timestamp()))


def _warn_uncounted(rule: str) -> None:
    # A desk that counts nothing for a while is better than one that answers nobody.
    log.warning("rate limits are not counted: Redis does not answer", extra={"rule": rule})


def _drop_old(window: deque[float], *, until: float) -> None:
    while window and window[0] <= until:
        window.popleft()
