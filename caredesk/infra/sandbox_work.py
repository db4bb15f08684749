"""Plays simulations beside the desk: replications are shared among a few processes, at most one for each core."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from caredesk.infra.aside import AsideStopped, Tell, run_aside
from caredesk.sandbox.playing import Told
from caredesk.sandbox.report import Plan, Result, replicate, report_of
from caredesk.sandbox.schemas import SimulationReport

MOST_PROCESSES = 8


def play_some(plan: Plan, numbers: Sequence[int], *, tell: Tell) -> None:
    """Play some of a plan's replications; tell each as it is done."""
    for number in numbers:
        tell((number, replicate(plan, replication=number)))


def play_aside(plan: Plan, *, told: Told) -> SimulationReport | None:
    """Return a plan's report, played in other processes; None when it was to stop.

    A replication depends on its number alone, so the report is the same however many processes there are.
    """
    results: dict[int, tuple[Result, ...]] = {}
    lock, wanted = threading.Lock(), True

    def heard(done: tuple[int, tuple[Result, ...]]) -> bool:
        nonlocal wanted
        with lock:
            results[done[0]] = done[1]
            wanted = wanted and told(len(results))
            return wanted

    processes = max(1, min(os.cpu_count() or 1, plan.replications, MOST_PROCESSES))
    shares = [range(first, plan.replications, processes) for first in range(processes)]
    with ThreadPoolExecutor(processes) as pool:
        runs = [pool.submit(run_aside, play_some, plan, share, told=heard) for share in shares]
        try:
            for run in runs:
                run.result()
        except AsideStopped:
            return None
    return report_of(plan, [results[number] for number in range(plan.replications)])
