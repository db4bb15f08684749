"""Generated traffic: a Poisson stream whose rate follows the clock and the clinic's sessions, with seeded draws.

Each contact carries its own handling time and patience, so that two policies meet exactly the same people (common
random numbers). The same scenario, seed and replication give the same traffic on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np

from caredesk.clinic.hours import Span, Window, span_on
from caredesk.sandbox.files import Patience, QueueTraffic, Scenario, Spread, time_of
from caredesk.sandbox.values import Contact

Choice = TypeVar("Choice", str, int)


def generate(
    scenario: Scenario, *, windows: Mapping[str, Sequence[Window]], seed: int, replication: int
) -> tuple[Contact, ...]:
    """Return the contacts of one replication, in the order in which they come."""
    contacts = [
        contact
        for number, (key, traffic) in enumerate(sorted(scenario.queues.items()))
        for contact in _of_queue(
            key,
            traffic,
            rates=rates_of(traffic, scenario=scenario, windows=windows.get(key, ())),
            draws=np.random.default_rng([seed, replication, number]),
        )
    ]
    return tuple(sorted(contacts, key=lambda contact: (contact.arrives_at, contact.id)))


def rates_of(traffic: QueueTraffic, *, scenario: Scenario, windows: Sequence[Window]) -> tuple[tuple[Span, float], ...]:
    """Return the stretches of the period with their contacts an hour; stretches that overlap add up."""
    period, found = scenario.span, []
    for day in range(scenario.days):
        date = scenario.first + timedelta(days=day)
        for stretch in traffic.arrivals:
            span = span_on(date, opens=time_of(stretch.since), closes=time_of(stretch.until)).within(period)
            found.append((span, stretch.per_hour))
    if traffic.per_session_hour:
        running = (w for w in windows if not w.cancelled)
        found += [(Span(w.starts_at, w.ends_at).within(period), traffic.per_session_hour) for w in running]
    return tuple((span, rate) for span, rate in found if span.start < span.end and rate > 0)


def _of_queue(
    key: str, traffic: QueueTraffic, *, rates: Sequence[tuple[Span, float]], draws: np.random.Generator
) -> Iterator[Contact]:
    times = sorted(at for span, rate in rates for at in _arrivals(span, rate=rate, draws=draws))
    count = len(times)
    handling = durations(traffic.handling, count=count, draws=draws)
    patience = patiences(traffic.patience, count=count, draws=draws)
    channels = _picked(traffic.channels, count=count, draws=draws)
    classes = _picked(traffic.classes, count=count, draws=draws)
    for number, at in enumerate(times):
        yield Contact(
            id=f"{key}-{number:06d}",
            queue=key,
            arrives_at=at,
            handling_seconds=handling[number],
            patience_seconds=patience[number],
            channel=channels[number],
            priority=classes[number],
        )


def _arrivals(span: Span, *, rate: float, draws: np.random.Generator) -> list[datetime]:
    """Draw a Poisson stream of constant rate: a Poisson number of points, each anywhere in the span alike."""
    seconds = (span.end - span.start).total_seconds()
    count = int(draws.poisson(rate * seconds / 3600))
    return [span.start + timedelta(microseconds=int(at * 1e6)) for at in draws.uniform(0, seconds, count)]


def durations(spread: Spread, *, count: int, draws: np.random.Generator) -> list[float]:
    """Draw lognormal durations of this mean and spread; a spread of 0 is always the mean."""
    variance = math.log1p(spread.spread**2)
    normal = draws.standard_normal(count)
    values = np.exp(math.log(spread.mean_seconds) - variance / 2 + math.sqrt(variance) * normal)
    return [float(value) for value in values]


def patiences(patience: Patience | None, *, count: int, draws: np.random.Generator) -> list[float]:
    """Draw Weibull patience of this mean and shape; endless where none is given."""
    if patience is None:
        return [math.inf] * count
    scale = patience.mean_seconds / math.gamma(1 + 1 / patience.shape)
    return [float(value) * scale for value in draws.weibull(patience.shape, count)]


def _picked(shares: Mapping[Choice, float], *, count: int, draws: np.random.Generator) -> list[Choice]:
    choices = sorted(shares)
    ends = np.cumsum([shares[choice] for choice in choices])
    places = np.searchsorted(ends, draws.uniform(0, ends[-1], count), side="right")
    return [choices[min(int(place), len(choices) - 1)] for place in places]
