"""Erlang B, C and A: against published figures, against pyworkforce, against a slow solution, and at the extremes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyworkforce.queuing import ErlangC

from caredesk.staffing.erlang import (
    Load,
    Target,
    agents_needed,
    erlang_b,
    erlang_c,
    figures,
    meets,
    service_level,
    wait_exceeds,
    wait_quantile,
)
from tests.rules.staffing.oracle import answered_and_waiting, stationary

# Garnett, Mandelbaum, Reiman (2002), table 1: 48 calls a minute, a minute each, 50 agents; patience two minutes.
ENDLESS = Load(48 / 60, 60)
PATIENT = Load(48 / 60, 60, 120)

SYSTEMS = [
    (Load(0.02, 300, 120), 8),
    (Load(0.02, 300, 120), 4),
    (Load(0.05, 240, 600), 12),
    (Load(0.001, 400, 60), 1),
    (Load(0.1, 100, 30), 25),
]


@pytest.mark.parametrize(
    ("servers", "offered", "published"),
    [(2, 1.0, 0.2), (10, 10.0, 0.2146), (100, 100.0, 0.0757), (1, 1.0, 0.5)],
)
def test_erlang_b_is_as_tables_print_it(servers: int, offered: float, published: float) -> None:
    assert erlang_b(servers, offered=offered) == pytest.approx(published, abs=5e-5)


@pytest.mark.parametrize(
    ("servers", "offered", "published"),
    [(2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (14, 10.0, 0.1741), (50, 48.0, 0.6945)],
)
def test_erlang_c_is_as_tables_print_it(servers: int, offered: float, published: float) -> None:
    assert erlang_c(servers, offered=offered) == pytest.approx(published, abs=5e-5)


def test_endless_patience_gives_the_published_queue() -> None:
    found = figures(ENDLESS, servers=50)
    assert found.mean_wait_seconds == pytest.approx(20.8, abs=0.05)
    assert found.waiting == pytest.approx(17, abs=0.5)
    assert found.occupancy == pytest.approx(0.96)
    assert wait_quantile(ENDLESS, servers=50, share=0.9) == pytest.approx(58.1, abs=0.05)


def test_two_minutes_of_patience_give_the_published_queue() -> None:
    found = figures(PATIENT, servers=50)
    assert found.abandonment == pytest.approx(0.031, abs=5e-4)
    assert found.mean_wait_seconds == pytest.approx(3.7, abs=0.05)
    assert found.waiting == pytest.approx(3, abs=0.05)
    assert found.occupancy == pytest.approx(0.93, abs=5e-3)
    assert wait_quantile(PATIENT, servers=50, share=0.9) == pytest.approx(12.5, abs=0.1)


@pytest.mark.parametrize("calls", [20, 100, 400])
@pytest.mark.parametrize("minutes", [2.0, 7.0])
@pytest.mark.parametrize("share", [0.7, 0.8, 0.95])
def test_pyworkforce_wants_the_same_agents(calls: int, minutes: float, share: float) -> None:
    theirs = ErlangC(transactions=calls, aht=minutes, asa=20 / 60, interval=30)
    wanted = theirs.required_positions(service_level=share, max_occupancy=0.85)
    load = Load(calls / 1800, minutes * 60)
    assert agents_needed(load, target=Target(share, 20, 0.85)) == wanted["positions"]
    servers = int(wanted["positions"])
    assert figures(load, servers=servers).probability_of_waiting == pytest.approx(wanted["waiting_probability"])
    assert service_level(load, servers=servers, within_seconds=20) == pytest.approx(wanted["service_level"])


@pytest.mark.parametrize(("load", "servers"), SYSTEMS)
def test_steady_state_is_that_of_the_solved_chain(load: Load, servers: int) -> None:
    found = stationary(load, servers=servers, most=90)
    people = np.arange(91)
    waiting = float((np.maximum(people - servers, 0) * found).sum())
    ours = figures(load, servers=servers)
    assert ours.probability_of_waiting == pytest.approx(found[servers:].sum(), rel=1e-6, abs=1e-9)
    assert ours.waiting == pytest.approx(waiting, rel=1e-6, abs=1e-9)
    assert ours.abandonment == pytest.approx(
        waiting / load.patience_seconds / load.arrivals_per_second, rel=1e-6, abs=1e-9
    )
    assert ours.occupancy == pytest.approx((np.minimum(people, servers) * found).sum() / servers, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("load", "servers"), SYSTEMS)
@pytest.mark.parametrize("seconds", [0.0, 5.0, 60.0, 400.0])
def test_waits_are_those_of_one_person_followed_through_the_chain(load: Load, servers: int, seconds: float) -> None:
    answered, waiting = answered_and_waiting(load, servers=servers, seconds=seconds, most=90)
    assert service_level(load, servers=servers, within_seconds=seconds) == pytest.approx(answered, abs=1e-9)
    assert wait_exceeds(load, servers=servers, seconds=seconds) == pytest.approx(waiting, abs=1e-9)


def test_very_long_patience_is_endless_patience() -> None:
    almost = Load(48 / 60, 60, 3e6)
    assert figures(almost, servers=50).mean_wait_seconds == pytest.approx(20.83, rel=1e-3)
    for seconds in (0.0, 20.0, 200.0):
        level = service_level(almost, servers=50, within_seconds=seconds)
        assert level == pytest.approx(service_level(ENDLESS, servers=50, within_seconds=seconds), rel=1e-3)


@pytest.mark.parametrize(
    ("load", "servers"),
    [(Load(100, 100, 50), 10), (Load(1000, 10, 1e3), 9000), (Load(1000, 10, 60), 10_010), (Load(5, 600, 90), 1)],
)
def test_large_and_overloaded_systems_stay_within_bounds(load: Load, servers: int) -> None:
    found = figures(load, servers=servers)
    assert 0 <= found.probability_of_waiting <= 1
    assert 0 <= found.occupancy <= 1
    # What is not served gives up: with everybody busy the loss can't be smaller than the overload.
    assert found.abandonment >= 1 - servers / load.offered - 1e-9
    assert 0 <= service_level(load, servers=servers, within_seconds=20) <= 1


def test_an_overloaded_queue_without_leaving_never_settles() -> None:
    found = figures(Load(1, 100), servers=50)
    assert found.probability_of_waiting == 1.0
    assert math.isinf(found.mean_wait_seconds)
    assert service_level(Load(1, 100), servers=50, within_seconds=1000) == 0
    assert math.isinf(wait_quantile(Load(1, 100), servers=50, share=0.5))


def test_nobody_comes_and_nobody_serves() -> None:
    assert figures(Load(0, 300, 120), servers=3).occupancy == 0
    assert agents_needed(Load(0, 300, 120), target=Target()) == 0
    assert agents_needed(Load(0, 300, 120), target=Target(), at_least=1) == 1
    assert figures(Load(0.1, 300, 120), servers=0).abandonment == 1
    assert service_level(Load(0.1, 300, 120), servers=0, within_seconds=60) == 0


loads = st.builds(Load, st.floats(0.0005, 0.5), st.floats(30, 900), st.one_of(st.none(), st.floats(10, 3000)))


@given(loads, st.integers(1, 6), st.floats(0.5, 0.98), st.floats(0.5, 0.95))
def test_the_agents_needed_are_enough_and_one_less_is_not(
    load: Load, slots: int, share: float, occupancy: float
) -> None:
    target = Target(share, 30, occupancy)
    needed = agents_needed(load, target=target, slots=slots)
    assert meets(load, servers=needed * slots, target=target)
    assert not meets(load, servers=(needed - 1) * slots, target=target)


@given(loads, st.integers(1, 80))
def test_one_more_server_never_makes_it_worse(load: Load, servers: int) -> None:
    one, more = figures(load, servers=servers), figures(load, servers=servers + 1)
    assert more.mean_wait_seconds <= one.mean_wait_seconds + 1e-9
    assert more.abandonment <= one.abandonment + 1e-9
    level = service_level(load, servers=servers, within_seconds=30)
    assert service_level(load, servers=servers + 1, within_seconds=30) >= level - 1e-9


@given(loads, st.integers(1, 40), st.floats(0.05, 0.99))
def test_a_quantile_of_the_wait_is_where_that_share_is_through(load: Load, servers: int, share: float) -> None:
    seconds = wait_quantile(load, servers=servers, share=share)
    if math.isinf(seconds):
        assert servers <= load.offered
    elif seconds == 0:
        assert wait_exceeds(load, servers=servers, seconds=0) <= 1 - share
    else:
        assert wait_exceeds(load, servers=servers, seconds=seconds) == pytest.approx(1 - share, abs=1e-6)
