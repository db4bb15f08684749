"""Playing a plan from end to end in this process: the simplest way to a report; infra has one beside the desk."""

from __future__ import annotations

from typing import Protocol

from caredesk.sandbox.report import Plan, replicate, report_of
from caredesk.sandbox.schemas import SimulationReport


class Told(Protocol):
    """Hears how many replications are done and says whether to go on."""

    def __call__(self, done: int, /) -> bool: ...


class Player(Protocol):
    """Plays a plan and returns its report; None when it was to stop."""

    def __call__(self, plan: Plan, /, *, told: Told) -> SimulationReport | None: ...


def play_here(plan: Plan, *, told: Told) -> SimulationReport | None:
    """Play all replications one after the other; None when it was to stop."""
    results = []
    for number in range(plan.replications):
        results.append(replicate(plan, replication=number))
        if not told(number + 1):
            return None
    return report_of(plan, results)
