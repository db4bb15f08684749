"""A roster that closes a week's gaps: mixed-integer programming with HiGHS, one day after the other. Pure and bounded.

A week at once is too symmetric for either solver that was tried (docs/decisions/0017-staffing.md); a day is solved to
within two percent in seconds. Days are taken by descending need; each knows the hours that its agents have left and
the shifts on the days around it, so rest and weekly hours hold over the week. What this gives up: a perfect week.
Fairness is a price on hours that grows with those an agent has already. Shifts that have begun stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from caredesk.staffing.assumptions import Costs, RosterLimits
from caredesk.staffing.grid import QUARTER, Grid, Stretch
from caredesk.staffing.rules import Coverage, LeaveFacts, RosterAgent, ShiftFacts, coverage_of, hours_by_agent, staffed

GAP = 0.02
"""How far from the best possible a day's plan may be before thinking stops."""

DAY_QUARTERS = 96
HOUR = timedelta(hours=1)
LONG_DAY = timedelta(hours=16)


@dataclass(frozen=True, slots=True)
class Task:
    """A week to be rostered, with what holds and what is wished."""

    grid: Grid
    need: np.ndarray
    queue_need: Mapping[str, np.ndarray]
    agents: Mapping[str, RosterAgent]
    shifts: tuple[ShiftFacts, ...]
    leaves: tuple[LeaveFacts, ...]
    limits: RosterLimits
    costs: Costs
    now: datetime
    seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Lack:
    """Consecutive quarters that stay short: how many people, of which queue (empty: of anybody), and why.

    `reason` is `no_skill` when nobody knows the queue, `all_away` when everybody who does is on leave or may not work
    then, else `hours` (those who could have no hours or no rest left), or `past`.
    """

    starts_at: datetime
    ends_at: datetime
    missing: int
    queue_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The difference that would close the gaps, and what it can't close."""

    removed: tuple[ShiftFacts, ...]
    added: tuple[ShiftFacts, ...]
    missing_before: int
    missing_after: int
    lacks: tuple[Lack, ...]


Pattern = tuple[datetime, datetime, tuple[Stretch, ...]]

FAIR_STEP = 8.0
"""Agents whose hours lie within the same eight are alike to the solver; being told apart would cost it minutes."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Agents who are alike on a day: same queues, same possible shifts, about the same hours. Alone if rostered."""

    staff_ids: tuple[str, ...]
    queues: frozenset[str]
    patterns: tuple[int, ...]
    used: float
    today: tuple[ShiftFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class _Choice:
    """What members of a group may do on a day: keep what is rostered, or take a new shift."""

    group: int
    pattern: Pattern | None
    cost: float
    queues: frozenset[str]
    there: np.ndarray


def propose(task: Task) -> Plan:
    """Return the shifts to add and to remove so that as few quarters as possible lack somebody.

    First everybody rostered stays and others fill the gaps; only then may shifts be exchanged. A step counts only when
    it is better than what there was: a solver that runs out of time may come back with worse.
    """
    days = task.grid.count // DAY_QUARTERS
    order = sorted(range(days), key=lambda day: -int(_of_day(task.need, day).sum()))
    planned = list(task.shifts)
    for keeping in (True, False):
        for day in order:
            planned = _better_day(task, day=day, planned=planned, keeping=keeping, seconds=task.seconds / days / 2)
    return _difference(task, planned)


def _better_day(task: Task, *, day: int, planned: list[ShiftFacts], keeping: bool, seconds: float) -> list[ShiftFacts]:
    if not _missing_on(task, planned, day=day):
        return planned
    patterns = _patterns(task, day=day)
    groups = _groups(task, day=day, planned=planned, patterns=patterns, keeping=keeping)
    choices = _choices(task, groups=groups, patterns=patterns)
    counts = _solve_day(task, day=day, groups=groups, choices=choices, planned=planned, seconds=seconds)
    if counts is None:
        return planned
    found = _with_day(planned, groups=groups, choices=choices, counts=counts)
    return min(planned, found, key=lambda plan: _price(task, plan))


def _missing_on(task: Task, planned: Sequence[ShiftFacts], *, day: int) -> bool:
    return bool(_of_day(_coverage(task, planned).missing, day).any())


def _price(task: Task, planned: Sequence[ShiftFacts]) -> float:
    """Return what a plan costs beside the roster as it is: missing quarters, shifts added and shifts dropped."""
    there = {id(shift) for shift in task.shifts}
    added = sum(id(shift) not in there for shift in planned)
    dropped = len(task.shifts) - (len(planned) - added)
    found = _coverage(task, planned)
    short = float(np.maximum(found.need - found.rostered, 0).sum())
    # Every queue counts by itself: what closes one is worth it though another stays open.
    short += sum(float(np.maximum(need - found.skilled[key], 0).sum()) for key, need in task.queue_need.items())
    return task.costs.missing_quarter * short + task.costs.new_shift * added + task.costs.dropped_shift * dropped


# ---- choices ---------------------------------------------------------------------------------------------


def _groups(
    task: Task, *, day: int, planned: Sequence[ShiftFacts], patterns: Sequence[Pattern], keeping: bool
) -> list[_Group]:
    """Put agents together who are alike on a day; when `keeping`, who is rostered has no other choice."""
    found: dict[tuple[object, ...], _Group] = {}
    used = hours_by_agent(shift for shift in planned if _day_of(task.grid, shift) != day)
    for agent in task.agents.values():
        mine = [shift for shift in planned if shift.staff_id == agent.staff_id]
        today = tuple(shift for shift in mine if _day_of(task.grid, shift) == day)
        hours = used.get(agent.staff_id, 0.0)
        can: tuple[int, ...] = ()
        if not (today and keeping) and not any(shift.starts_at <= task.now for shift in today):
            can = _possible(task, agent, patterns, around=[s for s in mine if s not in today], hours=hours)
        key = (agent.queues, can, hours // FAIR_STEP, agent.staff_id if today else "")
        known = found.get(key)
        members = (*known.staff_ids, agent.staff_id) if known else (agent.staff_id,)
        found[key] = _Group(members, agent.queues, can, hours // FAIR_STEP * FAIR_STEP, today)
    return list(found.values())


def _possible(
    task: Task, agent: RosterAgent, patterns: Sequence[Pattern], *, around: Sequence[ShiftFacts], hours: float
) -> tuple[int, ...]:
    away = [leave.stretch for leave in task.leaves if leave.staff_id == agent.staff_id]
    return tuple(
        n
        for n, (start, end, breaks) in enumerate(patterns)
        if hours + ShiftFacts("", start, end, breaks).paid / HOUR <= task.limits.most_hours_a_week + 1e-9
        and _may_work(start, end, around=around, away=away, limits=task.limits)
    )


def _choices(task: Task, *, groups: Sequence[_Group], patterns: Sequence[Pattern]) -> list[_Choice]:
    """Return what each group may do. Keeping has a price below nothing, so that little changes."""
    there = [_there(task.grid, (ShiftFacts("", *pattern),)) for pattern in patterns]
    found = []
    for place, group in enumerate(groups):
        if group.today:
            kept = -task.costs.dropped_shift
            found.append(_Choice(place, None, kept, group.queues, _there(task.grid, group.today)))
        found += [
            _Choice(place, patterns[n], _cost(task, group, patterns[n]), group.queues, there[n]) for n in group.patterns
        ]
    return found


def _cost(task: Task, group: _Group, pattern: Pattern) -> float:
    """Price a new shift: its hours cost more the more its agents have already."""
    hours = ShiftFacts("", *pattern).paid / HOUR
    unfair = task.costs.unfair_hour * hours * group.used / task.limits.most_hours_a_week
    return task.costs.new_shift + unfair + task.costs.surplus_quarter * hours


def _there(grid: Grid, shifts: Sequence[ShiftFacts]) -> np.ndarray:
    return np.minimum(staffed(shifts, grid=grid), 1)


def _patterns(task: Task, *, day: int) -> list[Pattern]:
    """Return the shifts that could serve a day: every start and length that lies around its need."""
    wanted = np.flatnonzero(_of_day(task.need, day))
    if not len(wanted):
        return []
    midnight = task.grid.starts_at + day * DAY_QUARTERS * QUARTER
    first, last = midnight + int(wanted[0]) * QUARTER, midnight + (int(wanted[-1]) + 1) * QUARTER
    # Round the clock there are twice as many places to begin; whole hours keep their number in bounds.
    fine = last - first <= LONG_DAY
    step = timedelta(minutes=task.limits.start_every_minutes if fine else max(60, task.limits.start_every_minutes))
    found = []
    for hours in task.limits.shift_hours:
        length = timedelta(hours=hours)
        start = midnight
        while start < midnight + timedelta(days=1):
            end = start + length
            # A shift begins not before the need does, nor ends after it, unless the need is shorter than the shift.
            fits = first - step < start and end < last + step
            if start > task.now and (fits or (last - first < length and start <= first and end >= last)):
                found += [(start, end, breaks) for breaks in _break_choices(start, end, limits=task.limits)]
            start += step
    return found


def _break_choices(start: datetime, end: datetime, *, limits: RosterLimits) -> list[tuple[Stretch, ...]]:
    """Return where a break may lie: before or after the middle, so that not everybody rests at once."""
    if end - start < timedelta(hours=limits.break_after_hours):
        return [()]
    length = timedelta(minutes=limits.break_minutes)
    half = (end - start) / 2
    half -= half % timedelta(minutes=30)
    return [(Stretch(start + half - length, start + half),), (Stretch(start + half, start + half + length),)]


def _may_work(
    start: datetime,
    end: datetime,
    *,
    around: Sequence[ShiftFacts],
    away: Sequence[Stretch],
    limits: RosterLimits,
) -> bool:
    if any(stretch.meets(Stretch(start, end)) for stretch in away):
        return False
    rest = timedelta(hours=limits.rest_hours)
    return all(shift.ends_at + rest <= start or end + rest <= shift.starts_at for shift in around)


# ---- one day ---------------------------------------------------------------------------------------------


def _solve_day(
    task: Task,
    *,
    day: int,
    groups: Sequence[_Group],
    choices: Sequence[_Choice],
    planned: Sequence[ShiftFacts],
    seconds: float,
) -> np.ndarray | None:
    """Return how many take each choice, or None when nothing was found in time.

    A mixed-integer program: a whole number per choice; per row what is missing; per row of the pool a surplus.
    """
    if not choices:
        return None
    rows = _cover_rows(task, choices, day=day, planned=planned)
    if not len(rows.wanted):
        return None
    count, slack, surplus = len(choices), len(rows.wanted), int(rows.of_pool.sum())
    over = sparse.csr_array(
        (-np.ones(surplus), (np.flatnonzero(rows.of_pool), np.arange(surplus))), shape=(slack, surplus)
    )
    covers = sparse.hstack([sparse.csr_array(rows.covers), sparse.eye_array(slack), over])
    sizes = np.array([len(group.staff_ids) for group in groups], dtype=np.float64)
    places = [one.group for one in choices]
    once = sparse.csr_array((np.ones(count), (places, np.arange(count))), shape=(len(groups), count + slack + surplus))
    solved = milp(
        _prices(task, choices, rows=rows),
        constraints=[
            LinearConstraint(covers, rows.wanted, np.where(rows.of_pool, rows.wanted, np.inf)),
            LinearConstraint(once, -np.inf, sizes),
        ],
        integrality=np.concatenate([np.ones(count), np.zeros(slack + surplus)]),
        bounds=Bounds(0, np.concatenate([sizes[places], np.full(slack + surplus, np.inf)])),
        options={"time_limit": max(seconds, 0.2), "mip_rel_gap": GAP},
    )
    return None if solved.x is None else np.round(solved.x[:count]).astype(np.int64)


def _prices(task: Task, choices: Sequence[_Choice], *, rows: _Rows) -> np.ndarray:
    own = [one.cost for one in choices]
    missing = task.costs.missing_quarter * rows.weight
    return np.concatenate([own, missing, task.costs.surplus_quarter * rows.weight[rows.of_pool]])


@dataclass(frozen=True, slots=True)
class _Rows:
    covers: np.ndarray
    wanted: np.ndarray
    weight: np.ndarray
    of_pool: np.ndarray


def _cover_rows(task: Task, choices: Sequence[_Choice], *, day: int, planned: Sequence[ShiftFacts]) -> _Rows:
    """Return what is wanted of a day's quarters, of the pool and of each queue; quarters that are alike as one row."""
    window = slice(day * DAY_QUARTERS, min((day + 1) * DAY_QUARTERS + 32, task.grid.count))
    elsewhere = _coverage(task, [shift for shift in planned if _day_of(task.grid, shift) != day])
    demands: list[tuple[np.ndarray, str | None]] = [(task.need - elsewhere.rostered, None)]
    demands += [(needed - elsewhere.skilled[key], key) for key, needed in task.queue_need.items()]
    there = np.array([one.there[window] for one in choices]).T
    parts = []
    for lack, queue_id in demands:
        wanted = lack[window]
        skilled = np.array([queue_id is None or queue_id in one.queues for one in choices], dtype=np.float64)
        useful = np.flatnonzero(wanted > 0)
        pool = np.full((len(useful), 1), float(queue_id is None))
        parts.append(np.hstack([pool, wanted[useful, None], there[useful] * skilled]))
    rows, weight = np.unique(np.vstack(parts), axis=0, return_counts=True)
    return _Rows(rows[:, 2:], rows[:, 1], weight.astype(np.float64), rows[:, 0] > 0)


def _with_day(
    planned: Sequence[ShiftFacts], *, groups: Sequence[_Group], choices: Sequence[_Choice], counts: np.ndarray
) -> list[ShiftFacts]:
    """Return the plan with a day as it was solved: shifts not kept are gone, new ones are given to the groups."""
    gone = {id(shift) for group in groups for shift in group.today}
    free = [list(group.staff_ids) for group in groups]
    new: list[ShiftFacts] = []
    for one, count in zip(choices, counts, strict=True):
        if one.pattern is None and count:
            gone -= {id(shift) for shift in groups[one.group].today}
        elif one.pattern is not None:
            new += [ShiftFacts(free[one.group].pop(0), *one.pattern) for _ in range(int(count))]
    return [shift for shift in planned if id(shift) not in gone] + new


# ---- what comes of it ------------------------------------------------------------------------------------


def _difference(task: Task, planned: Sequence[ShiftFacts]) -> Plan:
    kept = {id(shift) for shift in planned}
    removed = tuple(shift for shift in task.shifts if id(shift) not in kept)
    old = {id(shift) for shift in task.shifts}
    added = tuple(sorted((s for s in planned if id(s) not in old), key=lambda s: (s.starts_at, s.staff_id)))
    before, after = _coverage(task, task.shifts), _coverage(task, planned)
    # What is over can't be mended any more and is not counted.
    ahead = slice(min(max(0, math.ceil(task.grid.place(task.now))), task.grid.count), None)
    return Plan(removed, added, int(before.missing[ahead].sum()), int(after.missing[ahead].sum()), _lacks(task, after))


def _lacks(task: Task, after: Coverage) -> tuple[Lack, ...]:
    """Say in facts which quarters stay short of whom, and why; equal neighbours as one."""
    found: list[Lack] = []
    shorts = [("", after.need - after.rostered)]
    shorts += [(key, needed - after.skilled[key]) for key, needed in task.queue_need.items()]
    for queue_id, short in shorts:
        edges = np.flatnonzero(np.diff(np.maximum(short, 0), prepend=0, append=0))
        for begin, end in pairwise(edges):
            if short[begin] > 0:
                found.append(_lack(task, queue_id, int(begin), int(end), int(short[begin])))
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.queue_id)))


def _lack(task: Task, queue_id: str, begin: int, end: int, missing: int) -> Lack:
    starts_at, ends_at = task.grid.starts_at + begin * QUARTER, task.grid.starts_at + end * QUARTER
    able = [agent for agent in task.agents.values() if not queue_id or queue_id in agent.queues]
    here = Stretch(starts_at, ends_at)
    away = {leave.staff_id for leave in task.leaves if leave.stretch.meets(here)}
    reason = "no_skill" if not able else "all_away" if all(one.staff_id in away for one in able) else "hours"
    return Lack(starts_at, ends_at, missing, queue_id, "past" if starts_at <= task.now else reason)


def _coverage(task: Task, shifts: Sequence[ShiftFacts]) -> Coverage:
    return coverage_of(shifts, agents=task.agents, need=task.need, queue_need=task.queue_need, grid=task.grid)


def _day_of(grid: Grid, shift: ShiftFacts) -> int:
    return int(grid.place(shift.starts_at) // DAY_QUARTERS)


def _of_day(numbers: np.ndarray, day: int) -> np.ndarray:
    found: np.ndarray = numbers[day * DAY_QUARTERS : (day + 1) * DAY_QUARTERS]
    return found
