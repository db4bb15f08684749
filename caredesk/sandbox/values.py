"""What goes into a simulation, as frozen values: contacts, agents, queues with their hours, people's habits.

The sixth and further files of this island stand beside the usual five because a simulation is more than decisions: the
traffic (`generator.py`, `recorded.py`), the course of events (`engine.py`), its figures (`metrics.py`) and the report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from caredesk.clinic.hours import HoursRule, Span, Window

MOST_DAYS = 31
"""A longer period is a report, not an experiment."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact that comes: when, to which queue, how long it takes and how long it would wait at most."""

    id: str
    queue: str
    arrives_at: datetime
    handling_seconds: float
    patience_seconds: float = math.inf
    channel: str = "webchat"
    priority: int = 0
    skills: tuple[str, ...] = ()
    preferred_agent: str | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent of a roster: skills with levels, units of work at a time, and when they are there."""

    id: str
    name: str
    levels: Mapping[str, int]
    present: tuple[Span, ...]
    capacity: int = 3
    languages: tuple[str, ...] = ("zh",)


@dataclass(frozen=True, slots=True)
class SimQueue:
    """A queue with all that its opening depends on in the period; without `rule` it is always open."""

    key: str
    name: str = ""
    rule: HoursRule | None = None
    windows: tuple[Window, ...] = ()
    offer_seconds: float = 25.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How agents answer offers: after how long, which share they miss, and how long a break after misses lasts."""

    accept_seconds: float = 4.0
    miss_share: float = 0.0
    break_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class World:
    """Everything of one replication but the policy. What comes before the warm-up is over is simulated, not counted."""

    since: datetime
    until: datetime
    queues: tuple[SimQueue, ...]
    contacts: tuple[Contact, ...]
    agents: tuple[Agent, ...]
    habits: Habits = field(default_factory=Habits)
    warm_up_seconds: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Journey:
    """What became of one contact. Times are seconds since the beginning.

    `entered` is False for what came to a closed queue and became a message at once. `outcome` is answered, abandoned,
    converted (a message or call-back with a promise) or left (still waiting when the period ended).
    """

    contact: Contact
    arrived: float
    ended: float
    outcome: str
    entered: bool
    agent: str | None = None

    @property
    def waited(self) -> float:
        """Return the seconds in the line, however they ended."""
        return self.ended - self.arrived


@dataclass(frozen=True, slots=True)
class Attendance:
    """One agent's period: seconds there, and the integral of the share of the capacity in use."""

    agent: str
    name: str
    there_seconds: float
    busy_seconds: float
    answered: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An offer as it was made: when (seconds since the beginning), of what, to whom."""

    at: float
    contact: str
    agent: str


@dataclass(frozen=True, slots=True)
class Course:
    """The course of one replication: everything that the figures are made of.

    `waiting_seconds` is the integral of the number waiting, counted moment by moment: by Little's law it equals the
    sum of the waits, which the tests compare.
    """

    journeys: tuple[Journey, ...]
    attendances: tuple[Attendance, ...]
    offers: tuple[Asked, ...]
    waiting_seconds: float
    seconds: float
    events: int
