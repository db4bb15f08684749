"""A phone that would be refused waits for a newer list; the desk is asked seldom, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from caredesk.infra.hotline.embedded.second_look import MOST, PATIENCE_SECONDS, PAUSE_SECONDS, SecondLook


@dataclass
class Timer:
    """One that fires when time is moved on."""

    due: float
    run: Callable[[], None]

    def cancel(self) -> None:
        self.due = float("inf")


@dataclass
class House:
    """The engine around it: a clock that is moved, a desk that answers when it is told to."""

    now: float = 100.0
    timers: list[Timer] = field(default_factory=list)
    asked: list[Callable[[], None]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.look = SecondLook(
            judge=lambda request: cast("Any", "200" if str(request) in self.known else "403"),
            fetch=self.asked.append,
            reply=lambda response, transaction: self.answers.append((str(transaction), str(response))),
            later=self._later,
            now=lambda: self.now,
        )

    def _later(self, seconds: float, run: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + seconds, run))
        return self.timers[-1]

    def keep(self, user: str) -> bool:
        return self.look.keep(cast("Any", user), user)

    def move(self, seconds: float) -> None:
        self.now += seconds
        for timer in [one for one in self.timers if one.due <= self.now]:
            self.timers.remove(timer)
            timer.run()

    def let_desk_answer(self) -> None:
        asked, self.asked[:] = list(self.asked), []
        for then in asked:
            then()


@pytest.fixture
def house() -> House:
    return House()


def test_whom_the_newer_list_knows_is_let_in_and_the_others_are_refused(house: House) -> None:
    assert house.keep("1001") and house.keep("1002")
    house.move(0)
    assert house.answers == []
    house.known.add("1001")
    house.let_desk_answer()
    assert house.answers == [("1001", "200"), ("1002", "403")]


def test_who_comes_while_the_desk_is_asked_waits_for_the_next_answer(house: House) -> None:
    house.keep("1001")
    house.move(0)
    house.keep("1002")
    house.let_desk_answer()
    assert house.answers == [("1001", "403")]
    house.move(PAUSE_SECONDS)
    house.known.add("1002")
    house.let_desk_answer()
    assert house.answers[1:] == [("1002", "200")]


def test_however_many_are_refused_the_desk_is_asked_once_a_second(house: House) -> None:
    times = 0
    for number in range(40):
        house.keep(f"{number}")
        house.move(0.05)
        times += len(house.asked)
        house.let_desk_answer()
    assert times <= 3


def test_nobody_waits_longer_than_a_phone_would_and_each_is_answered_once(house: House) -> None:
    house.keep("1001")
    house.move(0)
    house.move(PATIENCE_SECONDS)
    assert house.answers == [("1001", "403")]
    house.let_desk_answer()
    assert len(house.answers) == 1


def test_a_crowd_is_judged_by_what_is_known(house: House) -> None:
    assert all(house.keep(f"{number}") for number in range(MOST))
    assert not house.keep("one too many")
    house.move(0)
    house.let_desk_answer()
    assert len(house.answers) == MOST and house.keep("there is room again")
