"""Work beside the desk: answers, progress, faults, and processes that end by themselves."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from caredesk.infra.aside import NICENESS, AsideDied, AsideFailed, AsideStopped, Tell, run_aside


def count_up(last: int, *, tell: Tell) -> tuple[int, int]:
    sys.stdout.write("among the answers this would do harm")
    for number in range(last):
        tell(number)
    return last, os.nice(0)


def divide(by: int, *, tell: Tell) -> float:
    tell(by)
    return 1 / by


def end_suddenly(*, tell: Tell) -> None:
    tell("soon")
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_answer_and_the_progress_come_from_a_less_urgent_process() -> None:
    heard: list[int] = []

    def hear(number: int) -> bool:
        heard.append(number)
        return True

    last, niceness = run_aside(count_up, 3, told=hear)
    assert (last, heard) == (3, [0, 1, 2])
    assert niceness >= min(NICENESS, 19)


def test_whoever_does_not_want_the_answer_ends_the_work() -> None:
    with pytest.raises(AsideStopped):
        run_aside(count_up, 1_000_000_000, told=lambda number: number < 2)


def test_a_fault_comes_back_with_where_it_happened() -> None:
    with pytest.raises(AsideFailed, match=r"ZeroDivisionError"):
        run_aside(divide, 0)


def test_a_process_that_is_killed_is_known_to_have_died() -> None:
    with pytest.raises(AsideDied):
        run_aside(end_suddenly)
