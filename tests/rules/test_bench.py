"""Heavy work of requests: few at once, few who wait, and the rest is sent away at once instead of holding a thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from caredesk.core.bench import Bench
from caredesk.core.errors import DeskBusy

PATIENCE = 60.0


def work_at(bench: Bench, *, begun: Event, over: Event) -> None:
    with bench.place():
        begun.set()
        over.wait(PATIENCE)


def test_who_comes_when_all_places_are_taken_works_when_one_is_free() -> None:
    bench, begun, over = Bench(places=1, waiting=1, patience=PATIENCE), Event(), Event()
    with ThreadPoolExecutor(2) as people:
        first = people.submit(work_at, bench, begun=begun, over=over)
        assert begun.wait(PATIENCE)
        second = people.submit(work_at, bench, begun=Event(), over=over)
        over.set()
        first.result(PATIENCE)
        second.result(PATIENCE)
    assert (bench.at_work, bench.waiting) == (0, 0)


def test_who_finds_nobody_may_wait_any_more_is_sent_away_at_once() -> None:
    bench = Bench(places=1, waiting=0, patience=PATIENCE)
    with bench.place(), pytest.raises(DeskBusy) as refused, bench.place():
        pass
    assert refused.value.fields == {"retry_after": 3}


def test_who_has_waited_long_enough_is_sent_away_and_takes_no_place() -> None:
    bench = Bench(places=1, waiting=1, patience=0.0)
    with bench.place(), pytest.raises(DeskBusy), bench.place():
        pass
    with bench.place():
        assert bench.at_work == 1


def test_a_place_is_given_back_after_a_fault() -> None:
    bench = Bench(places=1, waiting=0, patience=0.0)
    with pytest.raises(ValueError, match="broken"), bench.place():
        raise ValueError("broken")
    assert bench.at_work == 0
