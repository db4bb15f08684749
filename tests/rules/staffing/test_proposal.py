"""The proposal: closes gaps within the limits, changes little, and says in facts what it can't close."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np

from caredesk.staffing.assumptions import default_assumptions
from caredesk.staffing.grid import grid_of
from caredesk.staffing.proposal import Plan, Task, propose
from caredesk.staffing.rules import LeaveFacts, RosterAgent, ShiftFacts, coverage_of, warnings_of

ASSUMED = default_assumptions()
GRID = grid_of(date(2026, 11, 23), days=7)
BEFORE = GRID.starts_at - timedelta(days=2)


def at(day: int, hour: float) -> datetime:
    return GRID.starts_at + timedelta(days=day, hours=hour)


def need_of(*spans: tuple[int, float, float, int]) -> np.ndarray:
    need = np.zeros(GRID.count, dtype=np.int64)
    for day, start, end, people in spans:
        need[int(day * 96 + start * 4) : int(day * 96 + end * 4)] = people
    return need


def people(count: int, *queues: str) -> dict[str, RosterAgent]:
    return {f"a{n}": RosterAgent(f"a{n}", f"客服{n}", frozenset(queues or ("general",))) for n in range(count)}


def task(need: np.ndarray, agents: dict[str, RosterAgent], **values: object) -> Task:
    base = Task(
        GRID, need, {}, agents, (), (), replace(ASSUMED.roster, start_every_minutes=60), ASSUMED.costs, BEFORE, 10.0
    )
    return replace(base, **values)  # type: ignore[arg-type]


def result(asked: Task, plan: Plan) -> list[ShiftFacts]:
    return [shift for shift in asked.shifts if shift not in plan.removed] + list(plan.added)


def test_an_empty_day_is_filled() -> None:
    asked = task(need_of((0, 8, 12, 2)), people(3))
    plan = propose(asked)
    assert (plan.missing_before, plan.missing_after, plan.lacks) == (32, 0, ())
    assert len(plan.added) == 2 and not plan.removed


def test_a_sufficient_roster_is_left_alone() -> None:
    mine = ShiftFacts("a0", at(0, 7.5), at(0, 12.25), id="s1")
    plan = propose(task(need_of((0, 8, 12, 1)), people(3), shifts=(mine,)))
    assert plan.added == () and plan.removed == ()


def test_limits_of_hours_rest_and_leave_hold_over_the_week() -> None:
    agents = people(5)
    leave = LeaveFacts("a1", at(0, 0), at(3, 0))
    asked = task(need_of(*((day, 8, 20, 2) for day in range(7))), agents, leaves=(leave,))
    plan = propose(asked)
    shifts = result(asked, plan)
    assert warnings_of(shifts, limits=asked.limits) == []
    assert not any(s.staff_id == "a1" and s.stretch.meets(leave.stretch) for s in shifts)
    assert plan.missing_after < plan.missing_before / 4


def test_hours_are_shared_among_equals() -> None:
    asked = task(need_of(*((day, 9, 13, 1) for day in range(6))), people(3))
    hours = [sum(s.staff_id == agent for s in propose(asked).added) for agent in asked.agents]
    assert sorted(hours) == [2, 2, 2]


def test_a_queue_gets_somebody_who_knows_it() -> None:
    agents = people(2) | {"b": RosterAgent("b", "客服乙", frozenset({"medicine"}))}
    asked = task(need_of((0, 9, 13, 1)), agents, queue_need={"medicine": need_of((0, 9, 13, 1))})
    plan = propose(asked)
    assert [shift.staff_id for shift in plan.added] == ["b"]


def test_what_cannot_be_closed_is_told_with_its_reason() -> None:
    asked = task(need_of((0, 9, 13, 1)), people(2), queue_need={"medicine": need_of((0, 9, 13, 1))})
    plan = propose(asked)
    assert [(one.queue_id, one.missing, one.reason) for one in plan.lacks] == [("medicine", 1, "no_skill")]
    away = tuple(LeaveFacts(agent, at(0, 0), at(1, 0)) for agent in asked.agents)
    plan = propose(replace(asked, queue_need={}, leaves=away))
    assert [(one.starts_at, one.ends_at, one.reason) for one in plan.lacks] == [(at(0, 9), at(0, 13), "all_away")]


def test_shifts_that_have_begun_stay_and_the_past_is_not_filled() -> None:
    begun = ShiftFacts("a0", at(0, 8), at(0, 16), id="s1")
    asked = task(need_of((0, 8, 12, 2)), people(2), shifts=(begun,), now=at(0, 10))
    plan = propose(asked)
    assert plan.removed == ()
    assert all(shift.starts_at > at(0, 10) for shift in plan.added)
    assert {one.reason for one in plan.lacks if one.starts_at <= at(0, 10)} == {"past"}


def test_breaks_of_long_shifts_leave_no_gap_when_two_can_take_turns() -> None:
    asked = task(need_of((2, 9, 17, 1)), people(2))
    plan = propose(asked)
    shifts = result(asked, plan)
    found = coverage_of(shifts, agents=asked.agents, need=asked.need, queue_need={}, grid=GRID)
    assert found.missing.sum() == 0


def test_who_is_rostered_stays_when_others_can_fill_the_gap() -> None:
    mine = ShiftFacts("a0", at(0, 8), at(0, 12), id="s1")
    asked = task(need_of((0, 8, 16, 1)), people(3), shifts=(mine,))
    plan = propose(asked)
    assert plan.removed == () and plan.missing_after == 0


def test_a_solver_without_time_makes_nothing_worse() -> None:
    agents = people(8, "general", "medicine")
    shifts = tuple(ShiftFacts(f"a{n}", at(day, 8), at(day, 16), id=f"s{n}{day}") for n in range(8) for day in range(4))
    need = need_of(*((day, 0, 24, 4) for day in range(7)))
    asked = task(need, agents, shifts=shifts, seconds=0.5)
    plan = propose(asked)
    assert plan.missing_after <= plan.missing_before
