"""Everything in memory is looked through by the clock and when memory grows, and only then."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from caredesk.infra.garbage import EVERY_SECONDS, KIB_A_SCREEN, MOST_GROWTH_KIB, Garbage, keep_for_good


class Machine:
    """A clock, a memory and connected screens that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0
        self.memory = 500_000
        self.screens = 10


class Knot:
    """Something that only itself keeps alive."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def garbage(machine: Machine) -> Iterator[Garbage]:
    made = Garbage(screens=lambda: machine.screens, seconds=lambda: machine.now, peak=lambda: machine.memory)
    made.start()
    yield made
    made.stop()


def old_knot() -> weakref.ref[Knot]:
    """Return a trace of what was let go when it was no longer young."""
    knot = Knot()
    gc.collect()
    return weakref.ref(knot)


@pytest.fixture
def small() -> Iterator[None]:
    """A process of few objects: the interpreter would soon look through all of them."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def grow() -> list[Knot]:
    """Return many objects that live on."""
    return [Knot() for _ in range(100_000)]


@pytest.mark.usefixtures("small")
def test_nothing_old_is_looked_for_before_its_time(garbage: Garbage) -> None:
    knot, _more = old_knot(), grow()
    assert not garbage.look_if_due()
    assert knot() is not None


@pytest.mark.usefixtures("small")
def test_the_interpreter_alone_would_have_looked() -> None:
    knot, _more = old_knot(), grow()
    assert knot() is None


@pytest.mark.parametrize(("passed", "grown"), [(EVERY_SECONDS, 0), (0, MOST_GROWTH_KIB)], ids=["time", "memory"])
def test_what_is_old_is_found_once_when_it_is_time_or_memory_has_grown(
    garbage: Garbage, machine: Machine, passed: float, grown: int
) -> None:
    knot = old_knot()
    machine.now += passed
    machine.memory += grown
    assert garbage.look_if_due()
    assert knot() is None
    assert not garbage.look_if_due()


def test_memory_of_screens_that_have_come_is_no_garbage_also_when_they_have_left(
    garbage: Garbage, machine: Machine
) -> None:
    machine.screens += 4000
    machine.memory += 4000 * KIB_A_SCREEN
    assert not garbage.look_if_due()
    machine.screens = 0
    assert not garbage.look_if_due()
    machine.memory += MOST_GROWTH_KIB
    assert garbage.look_if_due()


def test_memory_of_what_was_loaded_to_stay_is_no_garbage(garbage: Garbage, machine: Machine) -> None:
    machine.memory += MOST_GROWTH_KIB
    keep_for_good()
    assert not garbage.look_if_due()
    machine.memory += MOST_GROWTH_KIB
    assert garbage.look_if_due()


def test_what_was_loaded_before_the_start_hides_no_growth_after_it(machine: Machine) -> None:
    garbage = Garbage(screens=lambda: 0, seconds=lambda: machine.now, peak=lambda: machine.memory)
    machine.memory += MOST_GROWTH_KIB
    keep_for_good()
    garbage.start()
    assert not garbage.look_if_due()
    machine.memory += MOST_GROWTH_KIB
    assert garbage.look_if_due()
    garbage.stop()


def test_what_has_outlived_a_look_is_found_when_memory_grows_and_not_by_the_clock(
    garbage: Garbage, machine: Machine
) -> None:
    knot = Knot()
    trace = weakref.ref(knot)
    machine.now += EVERY_SECONDS
    assert garbage.look_if_due()
    del knot
    machine.now += EVERY_SECONDS
    assert garbage.look_if_due()
    assert trace() is not None
    machine.memory += MOST_GROWTH_KIB
    assert garbage.look_if_due()
    assert trace() is None


def test_it_is_left_to_the_interpreter_again_afterwards() -> None:
    usual = gc.get_threshold()
    garbage = Garbage(screens=lambda: 0)
    garbage.start()
    assert gc.get_threshold() != usual
    garbage.stop()
    assert gc.get_threshold() == usual
