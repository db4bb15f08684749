"""How fast the sandbox plays a day, beside the same queue written plainly in SimPy (M/M/c, first come first served).

`.venv/bin/python -m benchmarks.sandbox [--quick] [--json]`: a day of 2,000 contacts with 15 agents on one core, and
what the desk's rules cost in comparison with a resource that knows none.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import numpy as np
import simpy

from caredesk.clinic.hours import Span
from caredesk.queue.policy import default_policy
from caredesk.sandbox.engine import simulate
from caredesk.sandbox.metrics import measure
from caredesk.sandbox.values import Agent, Contact, Habits, SimQueue, World

CONTACTS, AGENTS, HOURS = 2000, 15, 10
HANDLING, PATIENCE = 240.0, 300.0
MOST_SECONDS = 5.0


def day(*, seed: int) -> World:
    """Return ten hours in which 2,000 people come to 15 agents who take one at a time."""
    draws = np.random.default_rng(seed)
    since = datetime(2026, 11, 23, tzinfo=UTC)
    until = since + timedelta(hours=HOURS)
    times = np.sort(draws.uniform(0, HOURS * 3600, CONTACTS))
    contacts = tuple(
        Contact(
            id=f"c{number:05d}",
            queue="general",
            arrives_at=since + timedelta(seconds=float(times[number])),
            handling_seconds=float(draws.exponential(HANDLING)),
            patience_seconds=float(draws.exponential(PATIENCE)),
        )
        for number in range(CONTACTS)
    )
    there = (Span(since, until),)
    agents = tuple(Agent(f"a{n:02d}", f"a{n:02d}", {"general": 1}, there, capacity=1) for n in range(AGENTS))
    return World(since, until, (SimQueue("general"),), contacts, agents, Habits(accept_seconds=0))


def plain(world: World) -> dict[str, float]:
    """Play the same people with a plain SimPy resource; return what the sandbox's figures are compared with."""
    env = simpy.Environment()
    servers = simpy.Resource(env, capacity=len(world.agents))
    waits: list[tuple[bool, float]] = []

    def person(contact: Contact) -> Generator[Any, Any, None]:
        yield env.timeout((contact.arrives_at - world.since).total_seconds())
        came = env.now
        with servers.request() as wanted:
            found = yield wanted | env.timeout(contact.patience_seconds)
            waits.append((wanted in found, env.now - came))
            if wanted in found:
                yield env.timeout(contact.handling_seconds)

    for contact in world.contacts:
        env.process(person(contact))
    env.run(until=HOURS * 3600)
    answered = sum(1 for taken, _ in waits if taken)
    within = sum(1 for taken, waited in waits if taken and waited <= 20)
    return {"answer_rate": answered / len(waits), "within_20": within / len(waits)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Three replications instead of ten.")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measured(seed) for seed in range(3 if options.quick else 10)]
    worst = max(row["seconds"] for row in rows)
    if options.json:
        print(json.dumps({"replications": rows, "slowest_seconds": worst, "limit_seconds": MOST_SECONDS}, indent=2))
    else:
        print(f"{CONTACTS} contacts, {AGENTS} agents, {HOURS} h; one core")
        for row in rows:
            print("  ".join(f"{name} {value:.3f}" for name, value in row.items()))
        print(f"slowest replication {worst:.2f} s (target: under {MOST_SECONDS:.0f} s)")
    if worst >= MOST_SECONDS:
        raise SystemExit(1)


def measured(seed: int) -> dict[str, float]:
    """Play one day both ways."""
    world = day(seed=seed)
    began = perf_counter()
    course = simulate(world, policy=default_policy())
    seconds = perf_counter() - began
    began = perf_counter()
    peer = plain(world)
    peer_seconds = perf_counter() - began
    figures = measure(course)
    return {
        "seconds": seconds,
        "events_per_second": course.events / seconds,
        "plain_seconds": peer_seconds,
        "within_20": figures["within_20"] or 0.0,
        "plain_within_20": peer["within_20"],
        "answer_rate": figures["answer_rate"] or 0.0,
        "plain_answer_rate": peer["answer_rate"],
    }


if __name__ == "__main__":
    main()
