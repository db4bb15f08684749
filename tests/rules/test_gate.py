"""The gate before a store with one writer: one at a time, and who carries what many wait for is next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic, sleep

import pytest

from caredesk.core.gate import WriterGate

PATIENCE = 10.0


@pytest.fixture
def gate() -> WriterGate:
    return WriterGate()


def until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < deadline
        sleep(0.001)


class Writers:
    """Writers in threads of their own, who note in which order they went in, and how many were in at once."""

    def __init__(self, gate: WriterGate, threads: ThreadPoolExecutor) -> None:
        self._gate, self._threads = gate, threads
        self._begun = 0
        self.inside, self.most_inside = 0, 0
        self.order: list[str] = []

    def send(self, name: str, *, first: bool = False) -> Future[None]:
        """Send one to the gate, and return when they are about to ask for a turn."""
        before = self._begun
        sent = self._threads.submit(self.write, name, first)
        until(lambda: self._begun > before)
        sleep(0.02)
        return sent

    def write(self, name: str, first: bool) -> None:
        """Wait for a turn, stay a moment, and leave."""
        self._begun += 1
        with self._gate.turn(first=first):
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
            self.order.append(name)
            sleep(0.001)
            self.inside -= 1


def test_one_writer_is_in_at_a_time_and_everybody_comes_in(gate: WriterGate) -> None:
    with ThreadPoolExecutor(8) as threads:
        writers = Writers(gate, threads)
        sent = [threads.submit(writers.write, str(number), number % 5 == 0) for number in range(300)]
        for one in sent:
            one.result(timeout=PATIENCE)
    assert writers.most_inside == 1
    assert sorted(writers.order, key=int) == [str(number) for number in range(300)]


def test_who_carries_what_many_wait_for_goes_before_who_came_earlier(gate: WriterGate) -> None:
    with ThreadPoolExecutor(8) as threads:
        writers = Writers(gate, threads)
        with gate.turn():
            sent = [writers.send(name) for name in ("a", "b")]
            sent.append(writers.send("many", first=True))
            assert writers.order == []
        for one in sent:
            one.result(timeout=PATIENCE)
    assert writers.order[0] == "many"
    assert sorted(writers.order[1:]) == ["a", "b"]


def test_nobody_slips_in_between_the_one_who_leaves_and_the_one_who_is_next(gate: WriterGate) -> None:
    with ThreadPoolExecutor(8) as threads:
        writers = Writers(gate, threads)
        for _ in range(50):
            with gate.turn():
                sent = threads.submit(writers.write, "many", True)
                until(lambda: gate.next_waits)
            # Comes to a gate that nobody holds, and all the same another's turn it is.
            with gate.turn():
                assert writers.order.pop() == "many"
            sent.result(timeout=PATIENCE)


def test_a_writer_who_fails_gives_the_turn_back(gate: WriterGate) -> None:
    with pytest.raises(ZeroDivisionError), gate.turn(first=True):
        _ = 1 / 0
    with ThreadPoolExecutor(1) as threads:
        writers = Writers(gate, threads)
        writers.send("after").result(timeout=PATIENCE)
    assert writers.order == ["after"]
