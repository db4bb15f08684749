"""One of several processes has a duty: the next has it once the first stands still, and never both at once."""

from __future__ import annotations

from caredesk.infra.election import Election
from tests.fixtures.desk import DeskForTests

SECONDS = 5.0


class Ticks:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def candidate(desk: DeskForTests, ticks: Ticks, duty: str = "timer") -> Election:
    return Election(desk.services, duty=duty, seconds=SECONDS, ticks=ticks)


def test_the_first_is_elected_and_the_second_waits(desk: DeskForTests) -> None:
    ticks = Ticks()
    first, second = candidate(desk, ticks), candidate(desk, ticks)
    assert first.token() == 1
    for _ in range(20):
        ticks.now += 1
        assert (first.token(), second.token()) == (1, None)


def test_who_stands_still_is_replaced_under_a_higher_number(desk: DeskForTests) -> None:
    ticks = Ticks()
    first, second = candidate(desk, ticks), candidate(desk, ticks)
    assert (first.token(), second.token()) == (1, None)
    ticks.now += SECONDS - 1
    assert second.token() is None
    ticks.now += 1
    assert second.token() == 2
    assert first.token() is None


def test_who_cannot_renew_stops_before_another_begins(desk: DeskForTests) -> None:
    ticks = Ticks()
    first, second = candidate(desk, ticks), candidate(desk, ticks)
    assert (first.token(), second.token()) == (1, None)
    # Its questions to the database get no answer from now on.
    first._looked = ticks.now + 2 * SECONDS
    ticks.now += 0.5 * SECONDS
    assert (first.token(), second.token()) == (1, None)
    ticks.now += 0.2 * SECONDS
    assert (first.token(), second.token()) == (None, None)
    ticks.now += 0.3 * SECONDS
    assert second.token() == 2


def test_who_resigns_is_followed_at_once(desk: DeskForTests) -> None:
    ticks = Ticks()
    first, second = candidate(desk, ticks), candidate(desk, ticks)
    assert (first.token(), second.token()) == (1, None)
    first.resign()
    ticks.now += 1
    assert second.token() == 2
    assert first.token() is None


def test_a_duty_that_lay_idle_for_long_is_taken_at_once_and_by_one_alone(desk: DeskForTests) -> None:
    ticks = Ticks()
    candidate(desk, ticks).token()
    late = [candidate(desk, ticks) for _ in range(3)]
    assert [one.token() for one in late] == [None, None, None]
    ticks.now += SECONDS
    assert sorted(one.token() or 0 for one in late) == [0, 0, 2]


def test_duties_do_not_know_of_each_other(desk: DeskForTests) -> None:
    ticks = Ticks()
    assert candidate(desk, ticks).token() == 1
    assert candidate(desk, ticks, duty="another").token() == 1
