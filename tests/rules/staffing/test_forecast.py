"""The forecast: from sessions alone, and learned from generated weeks whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from caredesk.staffing.assumptions import Profile, default_assumptions
from caredesk.staffing.forecast import Learned, SessionLoad, exposures, forecast, learn, visits_of, wape
from caredesk.staffing.grid import Grid, Stretch, grid_of, monday_of

ASSUMED = default_assumptions()
MONDAY = date(2026, 11, 23)
PROFILE = ASSUMED.profiles["follows_clinic"]


def at(day: int, hour: float) -> datetime:
    return grid_of(MONDAY, days=1).starts_at + timedelta(days=day, hours=hour)


def week_of_sessions(weeks: int = 1) -> list[SessionLoad]:
    return [SessionLoad(at(day, 8.5), at(day, 11.5), 20.0, "sun") for day in range(7 * weeks) if day % 7 < 5] + [
        SessionLoad(at(day, 14), at(day, 17), 30.0, "wu") for day in range(7 * weeks) if day % 7 in (1, 3)
    ]


def told(sessions: list[SessionLoad], grid: Grid, learned: Learned | None = None) -> np.ndarray:
    is_open = np.ones(grid.count)
    return forecast(sessions, grid=grid, is_open=is_open, learned=learned or Learned(PROFILE), assumptions=ASSUMED)


def test_a_session_causes_its_visits_times_the_rates() -> None:
    grid = grid_of(MONDAY, days=1)
    quiet = told([], grid)
    busy = told([SessionLoad(at(0, 9), at(0, 12), 20.0)], grid)
    rate = PROFILE.before + PROFILE.during + PROFILE.after
    assert (busy - quiet).sum() == pytest.approx(20 * rate)
    assert (busy - quiet)[: 7 * 4].sum() == pytest.approx(0)
    assert (busy - quiet)[9 * 4 : 12 * 4].sum() == pytest.approx(20 * PROFILE.during)


def test_a_cancelled_session_lowers_the_forecast_at_once() -> None:
    grid = grid_of(MONDAY, days=1)
    sessions = week_of_sessions()
    assert told(sessions[1:], grid).sum() < told(sessions, grid).sum()


def test_nothing_is_expected_while_the_queue_is_closed() -> None:
    grid = grid_of(MONDAY, days=1)
    is_open = grid.covered([Stretch(at(0, 8), at(0, 18))])
    found = forecast(week_of_sessions(), grid=grid, is_open=is_open, learned=Learned(PROFILE), assumptions=ASSUMED)
    assert found[: 8 * 4].sum() == 0 and found[18 * 4 :].sum() == 0
    assert found.sum() > 0


def test_a_session_that_begins_between_quarters_loses_nothing() -> None:
    grid = grid_of(MONDAY, days=1)
    session = SessionLoad(at(0, 9.1), at(0, 11.87), 12.0)
    found = exposures([session], grid=grid, is_open=np.ones(grid.count), assumptions=ASSUMED)
    assert found[:3].sum(axis=1) == pytest.approx([12.0, 12.0, 12.0])


def test_visits_come_from_slots_or_from_the_length() -> None:
    hours = {"starts_at": at(0, 8), "ends_at": at(0, 11), "assumptions": ASSUMED}
    assert visits_of(slots=20, **hours) == pytest.approx(17)
    assert visits_of(slots=None, **hours) == pytest.approx(12.75)


def learned_from(weeks: int, truth: Learned, seed: int = 7) -> Learned:
    grid, sessions = grid_of(MONDAY, days=7 * weeks), week_of_sessions(weeks)
    counts = np.random.default_rng(seed).poisson(told(sessions, grid, truth)).astype(float)
    return learn(
        counts, sessions=sessions, grid=grid, is_open=np.ones(grid.count), assumed=PROFILE, assumptions=ASSUMED
    )


TRUTH = Learned(Profile(before=0.2, during=0.5, after=0.1, base_per_hour=1.0))


def test_without_history_the_assumption_stands() -> None:
    grid = grid_of(MONDAY, days=7)
    nothing = learn(
        np.zeros(0),
        sessions=[],
        grid=Grid(grid.starts_at, 0),
        is_open=np.zeros(0),
        assumed=PROFILE,
        assumptions=ASSUMED,
    )
    assert nothing.profile.rates() == pytest.approx(PROFILE.rates())
    assert nothing.seasons == pytest.approx(np.ones(72))


def test_true_rates_are_found_and_more_weeks_find_them_better() -> None:
    def off(weeks: int) -> float:
        grid, sessions = grid_of(MONDAY, days=7), week_of_sessions()
        return wape(told(sessions, grid, TRUTH), told(sessions, grid, learned_from(weeks, TRUTH)))

    day_one = wape(
        told(week_of_sessions(), grid_of(MONDAY, days=7), TRUTH), told(week_of_sessions(), grid_of(MONDAY, days=7))
    )
    assert off(2) < day_one
    assert off(30) < off(2)
    assert off(30) < 0.12


def test_a_doctor_who_causes_twice_as_much_is_noticed() -> None:
    doubled = replace(TRUTH, doctors={"wu": 2.0, "sun": 1.0})
    found = learned_from(30, doubled)
    assert found.doctors["wu"] / found.doctors["sun"] == pytest.approx(2.0, rel=0.25)


def test_a_held_out_week_is_told_better_than_by_the_week_before() -> None:
    grid, sessions = grid_of(MONDAY, days=7), week_of_sessions()
    random = np.random.default_rng(3)
    last, held_out = (random.poisson(told(sessions, grid, TRUTH)).astype(float) for _ in range(2))
    assert wape(held_out, told(sessions, grid, learned_from(8, TRUTH))) < wape(held_out, last)


def test_a_week_begins_on_monday() -> None:
    assert monday_of(date(2026, 11, 29)) == MONDAY
    assert wape(np.zeros(3), np.ones(3)) == 0
