"""Pure decisions about rosters: what a shift may be, who is at work when, and where somebody is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np

from caredesk.core.clock import clinic_time, from_clinic
from caredesk.staffing.assumptions import RosterLimits
from caredesk.staffing.grid import Grid, Numbers, Stretch, monday_of

LONGEST_AHEAD = timedelta(days=400)
"""Nobody plans further; what lies beyond is a mistyped year."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """A shift as values: whose, when, and its breaks. `id` is empty for one that does not exist yet."""

    staff_id: str
    starts_at: datetime
    ends_at: datetime
    breaks: tuple[Stretch, ...] = ()
    id: str = ""

    @property
    def stretch(self) -> Stretch:
        """The shift without its breaks told."""
        return Stretch(self.starts_at, self.ends_at)

    @property
    def paid(self) -> timedelta:
        """The time at work: the shift without its breaks."""
        return self.stretch.length - sum((one.length for one in self.breaks), timedelta())

    def same_as(self, other: ShiftFacts) -> bool:
        """Tell whether both say the same of the same agent, whatever their ids."""
        return (self.staff_id, self.stretch, self.breaks) == (other.staff_id, other.stretch, other.breaks)


@dataclass(frozen=True, slots=True)
class LeaveFacts:
    """An agent away."""

    staff_id: str
    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    id: str = ""

    @property
    def stretch(self) -> Stretch:
        """From when to when."""
        return Stretch(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class RosterAgent:
    """Who can be rostered: active, and skilled for these queues."""

    staff_id: str
    name: str
    queues: frozenset[str]
    login: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class RosterFault:
    """What is wrong with a shift: a code, whose shift, and the value that shows it."""

    code: str
    staff_id: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Need and roster per quarter. `skilled` is by queue; `missing` is the largest lack of any queue or of the pool."""

    need: np.ndarray
    rostered: np.ndarray
    queue_need: Mapping[str, np.ndarray] = field(default_factory=dict)
    skilled: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def missing(self) -> np.ndarray:
        """How many agents each quarter lacks."""
        lack: np.ndarray = self.need - self.rostered
        for key, needed in self.queue_need.items():
            lack = np.maximum(lack, needed - self.skilled[key])
        found: np.ndarray = np.maximum(lack, 0)
        return found


def shift_faults(
    shift: ShiftFacts,
    *,
    others: Sequence[ShiftFacts],
    leaves: Sequence[LeaveFacts],
    agents: Mapping[str, RosterAgent],
    limits: RosterLimits,
    now: datetime,
) -> list[RosterFault]:
    """Return what is wrong with a shift beside the agent's other shifts and leave; nothing when it may be.

    Rest between shifts and hours a week are wishes that a supervisor may override; they are warned of elsewhere.
    """
    found = _faults_alone(shift, agents=agents, limits=limits, now=now)
    if found:
        return found
    mine = [other for other in others if other.staff_id == shift.staff_id and other.id != (shift.id or None)]
    found += [
        RosterFault("overlaps", shift.staff_id, spoken(other.stretch))
        for other in mine
        if other.stretch.meets(shift.stretch)
    ]
    found += [
        RosterFault("on_leave", shift.staff_id, spoken(leave.stretch))
        for leave in leaves
        if leave.staff_id == shift.staff_id and leave.stretch.meets(shift.stretch)
    ]
    return found


def leave_faults(
    leave: LeaveFacts, *, shifts: Sequence[ShiftFacts], agents: Mapping[str, RosterAgent], now: datetime
) -> list[RosterFault]:
    """Return what is wrong with a leave: it may not lie over shifts, which are to be moved first."""
    if leave.staff_id not in agents:
        return [RosterFault("agent_left", leave.staff_id)]
    if leave.ends_at <= leave.starts_at:
        return [RosterFault("ends_before_start", leave.staff_id, spoken(leave.stretch))]
    if abs(leave.starts_at - now) > LONGEST_AHEAD or leave.stretch.length > LONGEST_AHEAD:
        return [RosterFault("date_far", leave.staff_id, spoken(leave.stretch))]
    return [
        RosterFault("over_shift", leave.staff_id, spoken(shift.stretch))
        for shift in shifts
        if shift.staff_id == leave.staff_id and shift.stretch.meets(leave.stretch)
    ]


def warnings_of(shifts: Sequence[ShiftFacts], *, limits: RosterLimits) -> list[RosterFault]:
    """Return what is allowed but not wished: too little rest, too many hours in a day or a week."""
    found: list[RosterFault] = []
    for staff_id in sorted({shift.staff_id for shift in shifts}):
        mine = sorted((s for s in shifts if s.staff_id == staff_id), key=lambda s: s.starts_at)
        rest = timedelta(hours=limits.rest_hours)
        for one, then in pairwise(mine):
            same_day = clinic_time(one.starts_at).date() == clinic_time(then.starts_at).date()
            if then.starts_at - one.ends_at < rest and not same_day:
                found.append(RosterFault("short_rest", staff_id, spoken(then.stretch)))
        found += _hours_over(mine, by="day", most=limits.most_hours_a_day, code="long_day")
        found += _hours_over(mine, by="week", most=limits.most_hours_a_week, code="long_week")
    return found


def staffed(shifts: Iterable[ShiftFacts], *, grid: Grid) -> Numbers:
    """Return how many of the shifts' agents are at work in each quarter: there for more than half of it."""
    total = np.zeros(grid.count)
    for shift in shifts:
        there = grid.covered([shift.stretch]) - grid.covered(shift.breaks)
        total += there > 0.5
    return total


def coverage_of(
    shifts: Sequence[ShiftFacts],
    *,
    agents: Mapping[str, RosterAgent],
    need: np.ndarray,
    queue_need: Mapping[str, np.ndarray],
    grid: Grid,
) -> Coverage:
    """Return need and roster of each quarter, together and by queue; shifts of agents who left count for nothing."""
    known = [shift for shift in shifts if shift.staff_id in agents]
    skilled = {
        queue_id: staffed((s for s in known if queue_id in agents[s.staff_id].queues), grid=grid).astype(np.int64)
        for queue_id in queue_need
    }
    return Coverage(need, staffed(known, grid=grid).astype(np.int64), queue_need, skilled)


def moved_to_week(shifts: Iterable[ShiftFacts], *, monday: date) -> list[ShiftFacts]:
    """Return the shifts of a week as those of another, on the same weekdays and wall-clock times, without ids."""
    found = []
    for shift in shifts:
        local = clinic_time(shift.starts_at)
        by = monday - monday_of(local.date())
        breaks = tuple(Stretch(one.starts_at + by, one.ends_at + by) for one in shift.breaks)
        found.append(ShiftFacts(shift.staff_id, shift.starts_at + by, shift.ends_at + by, breaks))
    return found


def default_breaks(stretch: Stretch, *, limits: RosterLimits) -> tuple[Stretch, ...]:
    """Return the break of a long shift: one in its middle, on a whole quarter."""
    if stretch.length < timedelta(hours=limits.break_after_hours):
        return ()
    length = timedelta(minutes=limits.break_minutes)
    middle = stretch.starts_at + (stretch.length - length) / 2
    local = clinic_time(middle)
    begins = middle - timedelta(minutes=local.minute % 15, seconds=local.second, microseconds=local.microsecond)
    return (Stretch(begins, begins + length),)


def hours_by_agent(shifts: Iterable[ShiftFacts]) -> dict[str, float]:
    """Return each agent's hours at work."""
    found: dict[str, float] = {}
    for shift in shifts:
        found[shift.staff_id] = found.get(shift.staff_id, 0.0) + shift.paid / timedelta(hours=1)
    return found


def spoken(stretch: Stretch) -> str:
    """Return a stretch in clinic time, such as `2026-11-24 08:00-16:00`."""
    return f"{clinic_time(stretch.starts_at):%Y-%m-%d %H:%M}-{clinic_time(stretch.ends_at):%H:%M}"


def clinic_midnight(day: date) -> datetime:
    """Return the instant at which a clinic day begins."""
    return from_clinic(datetime.combine(day, datetime.min.time()))


def _faults_alone(
    shift: ShiftFacts, *, agents: Mapping[str, RosterAgent], limits: RosterLimits, now: datetime
) -> list[RosterFault]:
    length, said = shift.stretch.length, spoken(shift.stretch)
    checks = {
        "agent_left": shift.staff_id not in agents,
        "ends_before_start": length <= timedelta(),
        "too_long": length > timedelta(hours=limits.longest_shift_hours),
        "too_short": timedelta() < length < timedelta(hours=limits.shortest_shift_hours),
        "date_far": abs(shift.starts_at - now) > LONGEST_AHEAD,
        "break_outside": any(
            one.length <= timedelta() or one.starts_at < shift.starts_at or one.ends_at > shift.ends_at
            for one in shift.breaks
        ),
    }
    return [RosterFault(code, shift.staff_id, said) for code, wrong in checks.items() if wrong]


def _hours_over(mine: Sequence[ShiftFacts], *, by: str, most: float, code: str) -> list[RosterFault]:
    hours: dict[date, float] = {}
    for shift in mine:
        day = clinic_time(shift.starts_at).date()
        key = day if by == "day" else monday_of(day)
        hours[key] = hours.get(key, 0.0) + shift.paid / timedelta(hours=1)
    return [
        RosterFault(code, mine[0].staff_id, f"{day.isoformat()} {total:g}")
        for day, total in sorted(hours.items())
        if total > most + 1e-9
    ]
