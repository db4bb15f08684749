"""Jobs of a kind that share a transaction when several are due: each once, and a fault is its own job's only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.core.clock import FixedClock
from caredesk.core.outbox import JobRow
from caredesk.core.work import Work
from caredesk.edge.job_kinds import JobKind, Payload
from caredesk.infra.runner import MOST_TOGETHER, Runner
from tests.fixtures.desk import DeskForTests

KIND = "greet"


DONE = "greeted"


@dataclass
class Greetings:
    """Greets by leaving a row; "broken" cannot be greeted."""

    works: list[Work] = field(default_factory=list)
    whom: list[str] = field(default_factory=list)

    def greet(self, work: Work, payload: Payload, _prepared: object) -> None:
        self.works.append(work)
        self.whom.append(payload["whom"])
        if payload["whom"] == "broken":
            raise ValueError
        # It stands when the transaction does.
        work.enqueue(DONE, payload, due_at=work.now + timedelta(days=365))

    def runner(self, desk: DeskForTests) -> Runner:
        return Runner(desk.services, kinds={KIND: JobKind(run=self.greet, together=True)})


def asked_for(desk: DeskForTests, *names: str, after: timedelta = timedelta(0)) -> None:
    with desk.write() as work:
        for name in names:
            work.enqueue(KIND, {"whom": name}, due_at=work.now + after, key=name)


def rows_of(desk: DeskForTests, kind: str) -> list[tuple[str, int]]:
    """Return whom jobs of a kind are about, and how many tries they have lost."""
    with desk.read() as session:
        rows = session.scalars(select(JobRow).where(JobRow.name == kind)).all()
        return sorted((job.payload["whom"], job.attempts) for job in rows)


def test_what_is_due_at_once_shares_a_transaction(desk: DeskForTests) -> None:
    greetings = Greetings()
    asked_for(desk, "a", "b", "c")
    assert greetings.runner(desk).run_due() == 1
    assert len(greetings.works) == 3
    assert len({id(work) for work in greetings.works}) == 1
    assert rows_of(desk, KIND) == []
    assert rows_of(desk, DONE) == [("a", 0), ("b", 0), ("c", 0)]


def test_who_fell_due_first_comes_first(desk: DeskForTests, clock: FixedClock) -> None:
    greetings = Greetings()
    names = [f"n{number:02}" for number in range(20)]
    for second, name in reversed(list(enumerate(names))):
        asked_for(desk, name, after=timedelta(seconds=second))
    clock.advance(seconds=len(names))
    assert greetings.runner(desk).run_due() == 1
    assert greetings.whom == names


def test_a_transaction_has_an_end(desk: DeskForTests) -> None:
    greetings = Greetings()
    names = [f"n{number:03}" for number in range(MOST_TOGETHER + 1)]
    asked_for(desk, *names)
    greetings.runner(desk).run_due()
    assert [greetings.works.count(work) for work in (greetings.works[0], greetings.works[-1])] == [MOST_TOGETHER, 1]
    assert [name for name, _ in rows_of(desk, DONE)] == names


def test_what_is_not_due_yet_and_what_is_of_another_kind_stays(desk: DeskForTests) -> None:
    asked_for(desk, "now")
    asked_for(desk, "later", after=timedelta(minutes=1))
    with desk.write() as work:
        work.enqueue("other", {"whom": "somebody"})
    Greetings().runner(desk).run_one(id_of(desk, "now"))
    assert rows_of(desk, DONE) == [("now", 0)]
    assert rows_of(desk, KIND) == [("later", 0)]
    assert rows_of(desk, "other") == [("somebody", 0)]


def test_one_that_fails_keeps_no_other_from_being_done_and_alone_loses_a_try(
    desk: DeskForTests, clock: FixedClock
) -> None:
    runner = Greetings().runner(desk)
    asked_for(desk, "a", "broken", "c")
    runner.run_due()
    assert rows_of(desk, DONE) == [("a", 0), ("c", 0)]
    assert rows_of(desk, KIND) == [("broken", 1)]
    clock.advance(seconds=10)
    asked_for(desk, "d", "e")
    runner.run_due()
    assert rows_of(desk, DONE) == [("a", 0), ("c", 0), ("d", 0), ("e", 0)]
    assert rows_of(desk, KIND) == [("broken", 2)]


def test_while_somebody_runs_them_nobody_else_here_begins_with_another(desk: DeskForTests) -> None:
    begun: list[int] = []
    kind = JobKind(run=lambda _work, _payload, _: begun.append(runner.run_due()), together=True)
    runner = Runner(desk.services, kinds={KIND: kind})
    asked_for(desk, "a", "b")
    assert runner.run_due() == 1
    assert begun == [0, 0]


def test_one_that_somebody_is_putting_off_is_not_waited_for(desk: DeskForTests) -> None:
    if desk.services.store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    asked_for(desk, "a", "b")
    with desk.write() as work:
        work.enqueue(KIND, {"whom": "b"}, due_at=work.now + timedelta(minutes=1), key="b")
        Greetings().runner(desk).run_one(id_of(desk, "a"))
        assert rows_of(desk, DONE) == [("a", 0)]
    assert rows_of(desk, KIND) == [("b", 0)]


def id_of(desk: DeskForTests, name: str) -> str:
    with desk.read() as session:
        return session.scalars(select(JobRow.id).where(JobRow.key == name)).one()
