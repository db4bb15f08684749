"""A job of a kind that this release does not know: processes of a newer one work beside it during an upgrade."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from caredesk.core.clock import FixedClock
from caredesk.core.outbox import JobRow
from caredesk.edge.job_kinds import JOB_KINDS, JobKind
from caredesk.infra.runner import LEFT_FOR, Runner
from tests.fixtures.desk import DeskForTests

KIND = "greet_the_moon"


def asked_for(desk: DeskForTests) -> None:
    with desk.write() as work:
        work.enqueue(KIND, {"words": "hello"})


def left_of(desk: DeskForTests) -> list[tuple[int, bool]]:
    with desk.read() as session:
        return [(job.attempts, job.dead) for job in session.scalars(select(JobRow).where(JobRow.name == KIND))]


def test_it_is_left_to_others_however_often_it_is_met(desk: DeskForTests, clock: FixedClock) -> None:
    asked_for(desk)
    for _ in range(20):
        desk.run_jobs()
        clock.advance(minutes=1)
    assert left_of(desk) == [(0, False)]


def test_who_knows_it_does_it_after_it_was_left(desk: DeskForTests, clock: FixedClock) -> None:
    done: list[dict[str, Any]] = []
    asked_for(desk)
    desk.run_jobs()
    clock.advance(minutes=1)
    newer = {**JOB_KINDS, KIND: JobKind(run=lambda _work, payload, _: done.append(payload))}
    Runner(desk.services, kinds=newer).run_due()
    assert done == [{"words": "hello"}]
    assert left_of(desk) == []


def test_what_nobody_has_known_for_a_day_is_shown_to_supervisors(desk: DeskForTests, clock: FixedClock) -> None:
    asked_for(desk)
    clock.advance(seconds=(LEFT_FOR + timedelta(seconds=1)).total_seconds())
    for _ in range(9):
        desk.run_jobs()
        clock.advance(minutes=10)
    assert left_of(desk) == [(8, True)]
