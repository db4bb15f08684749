"""Queueing theory: Erlang B, Erlang C (endless patience) and Erlang A (exponential patience). Pure numbers, no rows.

Units everywhere: rates per second, times in seconds, shares between 0 and 1. A *server* is what serves one contact at
a time; with chats an agent is several servers (see `agents_needed`).

Sources: A. K. Erlang's formulas as in any textbook; the Erlang A (M/M/n+M) formulas follow A. Mandelbaum and
S. Zeltyn, "Service Engineering in Action: The Palm/Erlang-A Queue" (2007), and O. Garnett, A. Mandelbaum, M. Reiman,
"Designing a Call Center with Impatient Customers" (2002). They are rewritten so that every sum has positive terms and
growth is kept as a logarithm: nothing overflows with thousands of servers or a hundredfold overload.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

MOST_AGENTS = 100_000
"""Above this a wish is a typing error, not a staffing problem."""

_NEGLIGIBLE = 1e-17
_RESCALE = 1e200


@dataclass(frozen=True, slots=True)
class Load:
    """What comes to a queue: contacts per second, seconds to handle one, seconds people are willing to wait.

    `patience_seconds` is the mean of an exponential patience; None means that nobody ever gives up (Erlang C).
    """

    arrivals_per_second: float
    handling_seconds: float
    patience_seconds: float | None = None

    @property
    def offered(self) -> float:
        """The offered load in erlangs: servers that would be busy on average if there were enough of them."""
        return self.arrivals_per_second * self.handling_seconds


@dataclass(frozen=True, slots=True)
class Figures:
    """The steady state of a queue with a fixed number of servers."""

    probability_of_waiting: float
    """Share of contacts that find every server busy."""
    mean_wait_seconds: float
    """Mean wait of all contacts, answered or not, those at once answered included; infinite when it never settles."""
    abandonment: float
    """Share of contacts that give up before they are answered."""
    occupancy: float
    """Share of the servers' time that is busy."""
    waiting: float
    """People waiting at a moment, on average (Little: arrivals times mean wait)."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted: `share` of all contacts answered `within_seconds`, servers busy at most `max_occupancy`."""

    share: float = 0.8
    within_seconds: float = 60.0
    max_occupancy: float = 0.85


def erlang_b(servers: int, *, offered: float) -> float:
    """Return the share that finds all servers busy when nobody waits: B(n) = aB(n-1) / (n + aB(n-1)), B(0) = 1."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    return blocked


def erlang_c(servers: int, *, offered: float) -> float:
    """Return the probability of waiting with endless patience: C = B / (1 - rho (1 - B)); 1 when overloaded."""
    if offered <= 0:
        return 0.0
    if servers <= offered:
        return 1.0
    blocked = erlang_b(servers, offered=offered)
    return blocked / (1 - offered / servers * (1 - blocked))


def figures(load: Load, *, servers: int) -> Figures:
    """Return the steady state: Erlang C for endless patience, else Erlang A."""
    if load.offered <= 0:
        return Figures(0.0, 0.0, 0.0, 0.0, 0.0)
    if load.patience_seconds is None:
        return _figures_c(load, servers=servers)
    return _figures_a(load, servers=servers, patience=load.patience_seconds)


def service_level(load: Load, *, servers: int, within_seconds: float) -> float:
    """Return the share of all contacts that are answered within so many seconds; who gives up counts as not answered.

    Erlang C: 1 - C exp(-(n - a) t / h). Erlang A: 1 - P(gives up) - P(answered after t), see `_answered_after`.
    """
    if load.offered <= 0:
        return 1.0
    if load.patience_seconds is None:
        return 1.0 - wait_exceeds(load, servers=servers, seconds=within_seconds)
    if servers <= 0:
        return 0.0
    lost = figures(load, servers=servers).abandonment
    late = _answered_after(load, servers=servers, seconds=within_seconds, patience=load.patience_seconds)
    return min(1.0, max(0.0, 1.0 - lost - late))


def wait_exceeds(load: Load, *, servers: int, seconds: float) -> float:
    """Return P(wait > seconds) of all contacts; a wait ends with an answer or with giving up.

    With endless patience C exp(-(n - a) t / h). With patience 1/theta it is exp(-theta t) P(V > t), where V is the
    wait that somebody with endless patience would be offered: P(V > t) = P(V > 0) G(t) A(x, y e^(-theta t)) / A(x, y),
    G(t) = exp(-n mu t + y (1 - e^(-theta t))), x = n mu / theta, y = lambda / theta, A of `_growth`.
    """
    if load.offered <= 0:
        return 0.0
    if load.patience_seconds is None:
        waits = erlang_c(servers, offered=load.offered)
        return waits * math.exp(-max(0.0, servers - load.offered) * seconds / load.handling_seconds)
    patience = load.patience_seconds
    if servers <= 0:
        return math.exp(-seconds / patience)
    x, y = servers * patience / load.handling_seconds, load.arrivals_per_second * patience
    fades = math.exp(-seconds / patience)
    exponent = -(x + 1) * seconds / patience + y * (1 - fades)
    exponent += _growth(x, y * fades)[0] - _growth(x, y)[0]
    return min(1.0, _probability_of_waiting(load, servers=servers, patience=patience) * math.exp(exponent))


def wait_quantile(load: Load, *, servers: int, share: float) -> float:
    """Return the seconds within which the wait of `share` of all contacts is over; infinite when it never settles."""
    left = 1.0 - share
    if wait_exceeds(load, servers=servers, seconds=0.0) <= left:
        return 0.0
    if left <= 0 or (load.patience_seconds is None and servers <= load.offered):
        return math.inf
    high = load.handling_seconds
    while wait_exceeds(load, servers=servers, seconds=high) > left:
        high *= 2
    low = 0.0
    for _ in range(60):
        middle = (low + high) / 2
        if wait_exceeds(load, servers=servers, seconds=middle) > left:
            low = middle
        else:
            high = middle
    return high


def agents_needed(load: Load, *, target: Target, slots: int = 1, at_least: int = 0) -> int:
    """Return the fewest agents with whom the target is met, each serving up to `slots` contacts at a time.

    n agents are taken as n x slots servers, each as slow as `load.handling_seconds` says; for chats that must be the
    time from taking to closing *while several are open* (what the desk measures), not of one alone. Limits of this
    model: it lets any free slot serve (skills of a queue are the same for all of it), an agent is as quick with one
    chat as with `slots` (slightly too many agents at low load), and all slots of an agent come and go together.
    Both measures rise with n, so the first n that meets them is found by doubling and halving.
    """
    if load.offered <= 0:
        return at_least
    high = max(1, at_least, math.ceil(load.offered / slots))
    while not meets(load, servers=high * slots, target=target):
        high *= 2
        if high > MOST_AGENTS:
            msg = "no staffing within reason meets the target"
            raise ValueError(msg)
    low = max(0, at_least - 1)
    while high - low > 1:
        middle = (low + high) // 2
        if meets(load, servers=middle * slots, target=target):
            high = middle
        else:
            low = middle
    return max(high, at_least)


def meets(load: Load, *, servers: int, target: Target) -> bool:
    """Tell whether so many servers keep the wanted service level and the cap on occupancy."""
    if servers <= 0:
        return load.offered <= 0
    if figures(load, servers=servers).occupancy > target.max_occupancy:
        return False
    return service_level(load, servers=servers, within_seconds=target.within_seconds) >= target.share


def _figures_c(load: Load, *, servers: int) -> Figures:
    """Erlang C: mean wait C h / (n - a)."""
    waits = erlang_c(servers, offered=load.offered)
    if servers <= load.offered:
        return Figures(1.0, math.inf, 0.0, 1.0, math.inf)
    mean = waits * load.handling_seconds / (servers - load.offered)
    return Figures(waits, mean, 0.0, load.offered / servers, load.arrivals_per_second * mean)


def _figures_a(load: Load, *, servers: int, patience: float) -> Figures:
    """Erlang A: who leaves is theta times who waits, and P(gives up) = theta E[W] (both by conservation of flow)."""
    if servers <= 0:
        return Figures(1.0, patience, 1.0, 1.0, load.arrivals_per_second * patience)
    waits = _probability_of_waiting(load, servers=servers, patience=patience)
    x, y = servers * patience / load.handling_seconds, load.arrivals_per_second * patience
    waiting = waits * _growth(x, y)[1]
    lost = min(1.0, waiting / y)
    busy = load.offered * (1 - lost) / servers
    return Figures(waits, waiting / load.arrivals_per_second, lost, min(1.0, busy), waiting)


def _probability_of_waiting(load: Load, *, servers: int, patience: float) -> float:
    """P(V > 0) = A B / (1 + (A - 1) B) with Erlang's B of the servers and A of `_growth`."""
    blocked = erlang_b(servers, offered=load.offered)
    if blocked <= 0:
        return 0.0
    log_growth, _ = _growth(servers * patience / load.handling_seconds, load.arrivals_per_second * patience)
    return 1.0 / (1.0 + (1.0 / blocked - 1.0) * math.exp(-log_growth))


def _answered_after(load: Load, *, servers: int, seconds: float, patience: float) -> float:
    """P(V > t and patience lasts) = P(V > 0) e^(-theta t) G(t) (x / (x + 1)) A(x + 1, y e^(-theta t)) / A(x, y)."""
    x, y = servers * patience / load.handling_seconds, load.arrivals_per_second * patience
    fades = math.exp(-seconds / patience)
    exponent = -(x + 1) * seconds / patience + y * (1 - fades)
    exponent += _growth(x + 1, y * fades)[0] - _growth(x, y)[0]
    return _probability_of_waiting(load, servers=servers, patience=patience) * x / (x + 1) * math.exp(exponent)


@lru_cache(maxsize=65536)
def _growth(x: float, y: float) -> tuple[float, float]:
    """Return log A(x, y) and the mean number waiting when all are busy, A = 1 + sum over k of y^k / ((x+1)...(x+k)).

    The k-th term is the weight of "all busy and k waiting" relative to "all busy and nobody waiting": a birth-death
    chain with births at y and deaths at x + k. Terms are rescaled when they grow out of a float's range.
    """
    total, weighted, term, scale, k = 1.0, 0.0, 1.0, 0.0, 0
    while term > _NEGLIGIBLE * total or y > x + k:
        k += 1
        term *= y / (x + k)
        total += term
        weighted += k * term
        if total > _RESCALE:
            total, weighted, term = total / _RESCALE, weighted / _RESCALE, term / _RESCALE
            scale += math.log(_RESCALE)
    return scale + math.log(total), weighted / total
