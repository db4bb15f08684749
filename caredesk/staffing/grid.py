"""The axis of everything in staffing: quarters of an hour from a clinic midnight on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from caredesk.core.clock import clinic_time, from_clinic

QUARTER = timedelta(minutes=15)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one instant to another; the end does not belong to it."""

    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.ends_at - self.starts_at

    def meets(self, other: Stretch) -> bool:
        """Tell whether the two share time."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Grid:
    """So many quarters from an instant on."""

    starts_at: datetime
    count: int

    @property
    def ends_at(self) -> datetime:
        """The instant behind the last quarter."""
        return self.starts_at + self.count * QUARTER

    def instants(self) -> list[datetime]:
        """Return when each quarter begins."""
        return [self.starts_at + n * QUARTER for n in range(self.count)]

    def place(self, at: datetime) -> float:
        """Return where an instant stands, in quarters from the start; it may lie outside."""
        return (at - self.starts_at) / QUARTER

    def cover(self, stretch: Stretch) -> tuple[slice, Numbers]:
        """Return which quarters a stretch touches, and which share of each it covers."""
        first, last = self.place(stretch.starts_at), self.place(stretch.ends_at)
        low, high = max(0, math.floor(first)), min(self.count, math.ceil(last))
        if high <= low:
            return slice(0, 0), np.zeros(0)
        edges = np.arange(low, high, dtype=np.float64)
        return slice(low, high), np.minimum(edges + 1, last) - np.maximum(edges, first)

    def covered(self, stretches: Iterable[Stretch]) -> Numbers:
        """Return how much of each quarter the stretches cover together, at most all of it."""
        total = np.zeros(self.count)
        for stretch in stretches:
            where, share = self.cover(stretch)
            total[where] += share
        return np.minimum(total, 1.0)

    def counts(self, instants: Iterable[datetime]) -> Numbers:
        """Return how many of the instants fall into each quarter."""
        places = np.array([math.floor(self.place(at)) for at in instants], dtype=np.int64)
        inside = places[(places >= 0) & (places < self.count)]
        return np.bincount(inside, minlength=self.count).astype(np.float64)

    def seasons(self) -> NDArray[np.int64]:
        """Return each quarter's season: one for each hour of working days, and one for each of Saturday and Sunday."""
        local = [clinic_time(at) for at in self.instants()]
        return np.array([max(0, at.weekday() - 4) * 24 + at.hour for at in local], dtype=np.int64)


SEASONS = 72


def grid_of(first: date, *, days: int) -> Grid:
    """Return the quarters of so many clinic days."""
    return Grid(from_clinic(datetime.combine(first, time())), days * 96)


def monday_of(day: date) -> date:
    """Return the Monday of a date's week."""
    return day - timedelta(days=day.weekday())
