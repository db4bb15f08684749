"""A slow and obvious solution of Erlang A: the birth-death chain as a matrix, and one waiting person as another."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from caredesk.staffing.erlang import Load


def stationary(load: Load, *, servers: int, most: int) -> np.ndarray:
    """Solve pi Q = 0 of the chain cut at `most` people in the system."""
    assert load.patience_seconds is not None
    births, serve, leave = load.arrivals_per_second, 1 / load.handling_seconds, 1 / load.patience_seconds
    rates = np.zeros((most + 1, most + 1))
    for n in range(most + 1):
        if n < most:
            rates[n, n + 1] = births
        if n > 0:
            rates[n, n - 1] = min(n, servers) * serve + max(0, n - servers) * leave
        rates[n, n] = -rates[n].sum()
    equations = np.vstack([rates.T, np.ones(most + 1)])
    wanted = np.zeros(most + 2)
    wanted[-1] = 1
    return np.linalg.lstsq(equations, wanted, rcond=None)[0]


def answered_and_waiting(load: Load, *, servers: int, seconds: float, most: int) -> tuple[float, float]:
    """Follow one arrival: shares answered by then, and still waiting then.

    State k: k people before the one we follow (those behind do not matter); then answered, then given up.
    """
    assert load.patience_seconds is not None
    serve, leave = servers / load.handling_seconds, 1 / load.patience_seconds
    ahead = most - servers
    answered, gone = ahead + 1, ahead + 2
    rates = np.zeros((ahead + 3, ahead + 3))
    for k in range(ahead + 1):
        rates[k, k - 1 if k else answered] = serve + k * leave
        rates[k, gone] = leave
        rates[k, k] = -rates[k].sum()
    found = stationary(load, servers=servers, most=most)
    start = np.zeros(ahead + 3)
    start[: ahead + 1] = found[servers:]
    start[answered] = found[:servers].sum()
    then = start @ expm(rates * seconds)
    return float(then[answered]), float(then[: ahead + 1].sum())
