"""How many contacts each quarter brings: from the clinic's sessions, and better with every week of history. Pure.

The model is a sum: a quarter's contacts are Poisson with mean

    rate(before) x visits soon to be + rate(during) x visits in session + rate(after) x visits just over
    + base x open hours,      all of it times a season (hour of day; working day, Saturday or Sunday).

Visits spread evenly over their phase. On day one the rates are assumptions. With history they are learned by the EM
algorithm of that sum with a Gamma prior at the assumption: each counted contact is shared among the parts that may
have caused it, and rate = (prior + its contacts) / (prior's exposure + exposure), so that few data move it little.
Seasons and doctors get one factor each, (k + seen) / (k + expected), which stays near 1 until there is much to see.

Limits: a queue's contacts are counted while it is open; who writes at night and is served in the morning is not seen
as a wave at opening. Sessions are taken to be independent; a long shift of the level is followed as fast as the
history's window is short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from caredesk.staffing.assumptions import Assumptions, Learning, Profile
from caredesk.staffing.grid import SEASONS, Grid, Numbers, Stretch

ROUNDS = 30


@dataclass(frozen=True, slots=True)
class SessionLoad:
    """A session that takes place, and how many visits it is expected to have."""

    starts_at: datetime
    ends_at: datetime
    visits: float
    doctor_id: str = ""


@dataclass(frozen=True, slots=True)
class Learned:
    """The rates of a queue with their seasons and doctors; on day one the assumption and nothing else."""

    profile: Profile
    seasons: Numbers = field(default_factory=lambda: np.ones(SEASONS))
    doctors: Mapping[str, float] = field(default_factory=dict)
    contacts: int = 0
    """How many contacts of history stand behind it."""


def visits_of(*, slots: int | None, starts_at: datetime, ends_at: datetime, assumptions: Assumptions) -> float:
    """Return how many visits a session will have: its filled slots, or by its length where none are published."""
    if slots is not None:
        return slots * assumptions.fill
    return (ends_at - starts_at) / timedelta(hours=1) * assumptions.visits_per_hour * assumptions.fill


def exposures(sessions: Sequence[SessionLoad], *, grid: Grid, is_open: Numbers, assumptions: Assumptions) -> Numbers:
    """Return four rows per quarter: visits to come, in session and over, and open hours."""
    found = np.zeros((4, grid.count))
    before, after = (timedelta(minutes=m) for m in (assumptions.before_minutes, assumptions.after_minutes))
    for one in sessions:
        phases = (
            Stretch(one.starts_at - before, one.starts_at),
            Stretch(one.starts_at, one.ends_at),
            Stretch(one.ends_at, one.ends_at + after),
        )
        for row, phase in enumerate(phases):
            where, share = grid.cover(phase)
            found[row, where] += one.visits * share / max(grid_length(phase), 1e-9)
    found[3] = 0.25
    return found * is_open


def grid_length(stretch: Stretch) -> float:
    """Return a stretch's length in quarters."""
    return stretch.length / timedelta(minutes=15)


def forecast(
    sessions: Sequence[SessionLoad], *, grid: Grid, is_open: Numbers, learned: Learned, assumptions: Assumptions
) -> Numbers:
    """Return the contacts expected in each quarter; none while the queue is closed."""
    weighed = [_by_doctor(one, learned.doctors) for one in sessions] if learned.doctors else sessions
    found = exposures(weighed, grid=grid, is_open=is_open, assumptions=assumptions)
    expected: Numbers = np.array(learned.profile.rates()) @ found * learned.seasons[grid.seasons()]
    return expected


def learn(
    counts: Numbers,
    *,
    sessions: Sequence[SessionLoad],
    grid: Grid,
    is_open: Numbers,
    assumed: Profile,
    assumptions: Assumptions,
) -> Learned:
    """Learn a queue's rates, doctors and seasons from what was counted; shrunk toward the assumption."""
    found = exposures(sessions, grid=grid, is_open=is_open, assumptions=assumptions)
    counts = counts * (is_open > 0)
    profile = _learn_rates(counts, found, assumed=assumed, learning=assumptions.learning)
    plain = Learned(profile)
    expected = forecast(sessions, grid=grid, is_open=is_open, learned=plain, assumptions=assumptions)
    doctors = _learn_doctors(counts, expected, sessions=sessions, grid=grid, profile=profile, assumptions=assumptions)
    told = Learned(profile, doctors=doctors)
    expected = forecast(sessions, grid=grid, is_open=is_open, learned=told, assumptions=assumptions)
    seasons = _factors(counts, expected, groups=grid.seasons(), size=SEASONS, k=assumptions.learning.season_contacts)
    return Learned(profile, seasons, doctors, int(counts.sum()))


def wape(actual: Numbers, expected: Numbers) -> float:
    """Return the weighted absolute error: the sum of misses over the sum of what came; 0 when nothing came."""
    came = float(np.abs(actual).sum())
    return float(np.abs(actual - expected).sum()) / came if came else 0.0


def _by_doctor(one: SessionLoad, doctors: Mapping[str, float]) -> SessionLoad:
    return SessionLoad(one.starts_at, one.ends_at, one.visits * doctors.get(one.doctor_id, 1.0), one.doctor_id)


def _learn_rates(counts: Numbers, found: Numbers, *, assumed: Profile, learning: Learning) -> Profile:
    prior = np.array([learning.visits] * 3 + [learning.base_hours])
    start = np.array(assumed.rates())
    rates = start.copy()
    total = found.sum(axis=1)
    for _ in range(ROUNDS):
        parts = rates[:, None] * found
        expected = parts.sum(axis=0)
        shared = parts * np.divide(counts, expected, out=np.zeros_like(counts), where=expected > 0)
        rates = (start * prior + shared.sum(axis=1)) / (prior + total)
    return Profile(*(float(rate) for rate in rates))


def _learn_doctors(
    counts: Numbers,
    expected: Numbers,
    *,
    sessions: Sequence[SessionLoad],
    grid: Grid,
    profile: Profile,
    assumptions: Assumptions,
) -> dict[str, float]:
    """Give each doctor the contacts that came in the doctor's sessions, shared by what was expected of each."""
    ratio = np.divide(counts, expected, out=np.zeros_like(counts), where=expected > 0)
    seen: dict[str, float] = {}
    hoped: dict[str, float] = {}
    for one in sessions:
        where, share = grid.cover(Stretch(one.starts_at, one.ends_at))
        mine = one.visits * share / grid_length(Stretch(one.starts_at, one.ends_at)) * profile.during
        mine = mine * (expected[where] > 0)
        seen[one.doctor_id] = seen.get(one.doctor_id, 0.0) + float((mine * ratio[where]).sum())
        hoped[one.doctor_id] = hoped.get(one.doctor_id, 0.0) + float(mine.sum())
    k = assumptions.learning.doctor_contacts
    return {doctor: (k + seen[doctor]) / (k + hoped[doctor]) for doctor in seen if doctor}


def _factors(counts: Numbers, expected: Numbers, *, groups: np.ndarray, size: int, k: float) -> Numbers:
    seen = np.bincount(groups, weights=counts, minlength=size)
    hoped = np.bincount(groups, weights=expected, minlength=size)
    return (k + seen) / (k + hoped)
