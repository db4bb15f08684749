"""How long staffing thinks: forecast and need of a week, and a proposal for fifteen agents.

`python -m benchmarks.staffing [--quick]` prints both against their targets: under one second for ten queues, under
twenty seconds for a week of fifteen agents, on two cores.
"""

from __future__ import annotations

import argparse
import time
from datetime import date, datetime, timedelta

import numpy as np

from caredesk.staffing.assumptions import Profile, default_assumptions
from caredesk.staffing.forecast import Learned, SessionLoad, forecast
from caredesk.staffing.grid import Stretch, grid_of
from caredesk.staffing.need import Service, agents_for, pooled, service_of
from caredesk.staffing.proposal import Task, propose
from caredesk.staffing.rules import RosterAgent

ASSUMED = default_assumptions()
WEEK = grid_of(date(2026, 11, 23), days=7)
SKILLS = (("general",), ("general", "booking"), ("general", "medicine"), ("general", "booking", "medicine"))


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true", help="a shorter time for the solver")
    quick = arguments.parse_args().quick
    began = time.perf_counter()
    contacts, needs, is_open, service = week_of_queues(10)
    print(f"forecast and need, 10 queues x 1 week: {time.perf_counter() - began:.2f} s (target < 1 s)")
    print(
        f"  {sum(one.sum() for one in contacts):.0f} contacts, busiest queue {max(one.max() for one in needs)} agents"
    )
    began = time.perf_counter()
    plan = propose(task_of(contacts[:3], needs[:3], is_open, service, seconds=8.0 if quick else 16.0))
    print(f"proposal, 15 agents x 1 week: {time.perf_counter() - began:.1f} s (target < 20 s)")
    print(f"  {len(plan.added)} shifts, missing quarters {plan.missing_before} -> {plan.missing_after}")


def week_of_queues(queues: int) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, Service]:
    """Forecast a week of sixty doctors for so many queues, and reckon the agents."""
    random = np.random.default_rng(5)
    is_open = WEEK.covered([Stretch(_at(day, 8), _at(day, 20)) for day in range(7)])
    service = service_of(ASSUMED, within_seconds=60)
    contacts, needs = [], []
    for _ in range(queues):
        sessions = _sessions(random, doctors=60 // queues + 4)
        # A busy hospital: three times what is assumed on day one.
        profile = Profile(*(3 * rate for rate in ASSUMED.profiles["follows_clinic"].rates()))
        found = forecast(sessions, grid=WEEK, is_open=is_open, learned=Learned(profile), assumptions=ASSUMED)
        contacts.append(found)
        needs.append(agents_for(found, is_open=is_open, service=service))
    return contacts, needs, is_open, service


def task_of(
    contacts: list[np.ndarray], needs: list[np.ndarray], is_open: np.ndarray, service: Service, *, seconds: float
) -> Task:
    """Ask for a roster of fifteen agents with different skills from nothing."""
    total, together = pooled(contacts, [service] * len(contacts))
    agents = {f"a{n}": RosterAgent(f"a{n}", f"客服{n}", frozenset(SKILLS[n % 4])) for n in range(15)}
    return Task(
        grid=WEEK,
        need=agents_for(total, is_open=is_open, service=together),
        queue_need=dict(zip(("general", "booking", "medicine"), needs, strict=True)),
        agents=agents,
        shifts=(),
        leaves=(),
        limits=ASSUMED.roster,
        costs=ASSUMED.costs,
        now=WEEK.starts_at - timedelta(days=1),
        seconds=seconds,
    )


def _sessions(random: np.random.Generator, *, doctors: int) -> list[SessionLoad]:
    found = []
    for _ in range(doctors):
        for day in random.choice(7, size=4, replace=False):
            start = float(random.choice([8, 8.5, 13.5, 14, 17]))
            found.append(SessionLoad(_at(int(day), start), _at(int(day), start + 3), float(random.integers(8, 25))))
    return found


def _at(day: int, hour: float) -> datetime:
    return WEEK.starts_at + timedelta(days=day, hours=hour)


if __name__ == "__main__":
    main()
