"""Small worlds for the sandbox's tests: exponential streams whose truth queueing theory knows."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np

from caredesk.clinic.hours import Span
from caredesk.sandbox.values import Agent, Contact, Habits, SimQueue, World
from caredesk.staffing.erlang import Load

BEGINNING = datetime(2026, 11, 23, tzinfo=UTC)


def agents(count: int, *, hours: float, capacity: int = 1, queue: str = "general") -> tuple[Agent, ...]:
    """Return agents who are there all the time."""
    span = Span(BEGINNING, BEGINNING + timedelta(hours=hours))
    return tuple(Agent(f"a{n:02d}", f"a{n:02d}", {queue: 1}, (span,), capacity) for n in range(count))


def contacts(load: Load, *, hours: float, seed: int) -> tuple[Contact, ...]:
    """Return a Poisson stream with exponential handling times and patience."""
    draws = np.random.default_rng(seed)
    count = int(draws.poisson(load.arrivals_per_second * hours * 3600))
    times = np.sort(draws.uniform(0, hours * 3600, count))
    handling = draws.exponential(load.handling_seconds, count)
    patience = draws.exponential(load.patience_seconds or 1.0, count)
    return tuple(
        Contact(
            id=f"c{number:06d}",
            queue="general",
            arrives_at=BEGINNING + timedelta(microseconds=int(times[number] * 1e6)),
            handling_seconds=float(handling[number]),
            patience_seconds=float(patience[number]) if load.patience_seconds else math.inf,
        )
        for number in range(count)
    )


def one_queue(load: Load, *, servers: int, hours: float, seed: int, warm_up_hours: float = 0) -> World:
    """Return one queue with servers who answer at once, as the theory has it."""
    return World(
        since=BEGINNING,
        until=BEGINNING + timedelta(hours=hours),
        queues=(SimQueue("general"),),
        contacts=contacts(load, hours=hours, seed=seed),
        agents=agents(servers, hours=hours),
        habits=Habits(accept_seconds=0),
        warm_up_seconds=warm_up_hours * 3600,
        seed=seed,
    )
