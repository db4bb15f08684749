"""A condition changes when looks agree, never by one of them; clocks drift and jump; errors are told by their codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from caredesk.continuity.rules import (
    JUMP_TOLD_FOR,
    UNKNOWN,
    ClockTrust,
    Standing,
    after_look,
    after_tick,
    clock_problem,
    is_settled,
    needed_to_recover,
    store_problem,
)

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def told(looks: Sequence[str], *, before: Standing | None = None, pause: timedelta = SECOND) -> list[str]:
    """Return what is told after each look."""
    standing, said = before or Standing(), []
    for number, seen in enumerate(looks):
        standing = after_look(standing, seen=seen, at=NOON + number * pause)
        said.append(standing.problem)
    return said


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        (["away"], [""]),
        (["away", "away"], ["", "away"]),
        (["away", "", "away", "", "away"], ["", "", "", "", ""]),
        # What is wrong may differ from look to look: it is wrong all the same.
        (["locked", "away"], ["", "away"]),
        (["away", "away", "", "", ""], ["", "away", "away", "away", ""]),
        (["away", "away", "", "", "away"], ["", "away", "away", "away", "away"]),
        (["read_only", "read_only", "away", "away"], ["", "read_only", "read_only", "away"]),
        (["away", UNKNOWN, "away", UNKNOWN], ["", "", "away", "away"]),
    ],
)
def test_two_looks_in_a_row_make_a_fall_and_three_a_recovery(looks: list[str], said: list[str]) -> None:
    assert told(looks) == said


def test_who_fell_again_and_again_must_be_well_for_longer_up_to_a_limit() -> None:
    standing, needed = Standing(), []
    for _ in range(6):
        for seen in ("away", "away"):
            standing = after_look(standing, seen=seen, at=NOON)
        needed.append(needed_to_recover(standing, at=NOON))
        for _ in range(needed[-1]):
            standing = after_look(standing, seen="", at=NOON)
        assert standing.problem == ""
    assert needed == [3, 6, 12, 24, 24, 24]
    assert needed_to_recover(standing, at=NOON + timedelta(hours=1)) == 3


def test_a_trouble_is_told_since_its_first_telling_and_asks_for_looks_until_they_agree() -> None:
    standing = after_look(Standing(), seen="full", at=NOON)
    assert not is_settled(standing)
    standing = after_look(standing, seen="full", at=NOON + SECOND)
    assert (standing.since, is_settled(standing)) == (NOON + SECOND, True)
    assert after_look(standing, seen="full", at=NOON + 9 * SECOND).since == NOON + SECOND


def test_a_clock_may_drift_but_not_jump_and_an_old_jump_is_the_new_truth() -> None:
    trust: ClockTrust | None = None
    said = []
    drifting = [0.0, 0.5, 1.0, 1.5]
    jumped = [3601.5, 3601.5]
    for number, ahead in enumerate(drifting + jumped):
        counted = timedelta(seconds=5 * number)
        trust = after_tick(trust, wall=NOON + counted + timedelta(seconds=ahead), counted=counted, epoch=NOON)
        said.append(clock_problem(trust, differs_by=None))
    assert said == ["", "", "", "", "jumped", "jumped"]
    later = JUMP_TOLD_FOR + timedelta(minutes=1)
    trust = after_tick(trust, wall=NOON + later + timedelta(hours=1), counted=later, epoch=NOON)
    assert clock_problem(trust, differs_by=None) == ""


def test_a_clock_that_is_set_back_right_is_trusted_at_once() -> None:
    trust = after_tick(None, wall=NOON, counted=SECOND, epoch=NOON)
    trust = after_tick(trust, wall=NOON - timedelta(hours=8), counted=2 * SECOND, epoch=NOON)
    assert clock_problem(trust, differs_by=None) == "jumped"
    trust = after_tick(trust, wall=NOON + 2 * SECOND, counted=3 * SECOND, epoch=NOON)
    assert clock_problem(trust, differs_by=timedelta(seconds=4)) == ""
    assert clock_problem(trust, differs_by=timedelta(seconds=-6)) == "differs"


@pytest.mark.parametrize(
    ("sqlite_code", "sqlstate", "lost", "problem"),
    [
        (5, None, False, "locked"),
        (8, None, False, "read_only"),
        (8 | 4 << 8, None, False, "read_only"),  # SQLITE_READONLY_DBMOVED
        (10 | 3 << 8, None, False, "read_only"),  # SQLITE_IOERR_WRITE
        (13, None, False, "full"),
        (14, None, False, "away"),
        (1, None, True, None),  # a statement that is wrong
        (19, None, False, None),  # a row that is there already
        (None, "25006", False, "read_only"),
        (None, "53100", False, "full"),
        (None, "57P01", True, "away"),
        (None, "08006", False, "away"),
        (None, "40P01", True, None),  # a deadlock is the statement's, and tried again
        (None, None, True, "away"),
        (None, None, False, None),
    ],
)
def test_an_error_says_by_its_code_what_it_means(
    sqlite_code: int | None, sqlstate: str | None, lost: bool, problem: str | None
) -> None:
    assert store_problem(sqlite_code=sqlite_code, sqlstate=sqlstate, lost_connection=lost) == problem
