"""With one queue and exponential times the simulation must agree with Erlang C and Erlang A within its own interval.

Seeds are fixed. The interval is the 99 % one of independent replications: a figure that is off by chance is rare, and
once the seeds are fixed it never comes and goes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

import pytest
from pyworkforce.queuing import ErlangC
from scipy.special import stdtrit

from caredesk.queue.policy import default_policy
from caredesk.sandbox.engine import simulate
from caredesk.sandbox.metrics import measure
from caredesk.staffing.erlang import Load, figures, service_level, wait_quantile
from tests.rules.sandbox.worlds import one_queue

REPLICATIONS = 10
HANDLING = 60.0


def agree(values: Sequence[float], expected: float) -> bool:
    """Tell whether the expected value lies in the 99 % interval of the replications' mean."""
    half = float(stdtrit(len(values) - 1, 0.995)) * stdev(values) / math.sqrt(len(values))
    return abs(fmean(values) - expected) <= half + 1e-12


def simulated(load: Load, *, servers: int, hours: float, seed: int, warm_up_hours: float = 1) -> list[dict[str, float]]:
    """Return the figures of independent replications."""
    return [
        {
            name: value
            for name, value in measure(
                simulate(
                    one_queue(
                        load, servers=servers, hours=hours + warm_up_hours, seed=seed + n, warm_up_hours=warm_up_hours
                    ),
                    policy=default_policy(),
                )
            ).items()
            if value is not None
        }
        for n in range(REPLICATIONS)
    ]


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.5), (4, 0.7), (8, 0.85)])
def test_endless_patience_agrees_with_erlang_c(servers: int, utilisation: float) -> None:
    load = Load(utilisation * servers / HANDLING, HANDLING)
    found = simulated(load, servers=servers, hours=6 / servers + 1, seed=500 * servers)
    expected = figures(load, servers=servers)
    assert agree([one["wait_mean"] for one in found], expected.mean_wait_seconds)
    assert agree([one["within_20"] for one in found], service_level(load, servers=servers, within_seconds=20))
    assert agree([one["occupancy"] for one in found], expected.occupancy)
    assert all(one["abandonment"] == 0 for one in found)
    # The same by a package that is not ours.
    oracle = ErlangC(transactions=load.arrivals_per_second * 3600, interval=60, aht=HANDLING / 60, asa=20 / 60)
    assert agree([one["within_20"] for one in found], oracle.service_level(positions=servers))
    assert agree([one["occupancy"] for one in found], oracle.achieved_occupancy(positions=servers))


@pytest.mark.parametrize(("servers", "utilisation"), [(2, 0.8), (6, 1.0), (5, 1.5)])
def test_patience_agrees_with_erlang_a(servers: int, utilisation: float) -> None:
    load = Load(utilisation * servers / HANDLING, HANDLING, patience_seconds=90)
    # Who gives up empties the line: it settles within minutes, where endless patience needs an hour.
    found = simulated(load, servers=servers, hours=6 / servers + 0.5, seed=500 * servers, warm_up_hours=0.25)
    expected = figures(load, servers=servers)
    assert agree([one["abandonment"] for one in found], expected.abandonment)
    assert agree([one["wait_mean"] for one in found], expected.mean_wait_seconds)
    assert agree([one["within_20"] for one in found], service_level(load, servers=servers, within_seconds=20))
    assert agree([one["occupancy"] for one in found], expected.occupancy)
    assert agree([one["wait_p90"] for one in found], wait_quantile(load, servers=servers, share=0.9))
