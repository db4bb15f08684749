"""The group committer alone: what waits goes together and in order, a full line refuses, a fault fails alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from caredesk.core.errors import BadInput, CareDeskError, DeskBusy
from caredesk.edge.errors import DeskFault
from caredesk.edge.meters import Meters
from caredesk.infra.committer import MOST_AT_ONCE, Committer

PATIENCE = 20.0


class Store:
    """Takes batches while its door is open; what it cannot take makes the whole batch fail, as a database would."""

    def __init__(self) -> None:
        self.door = threading.Event()
        self.door.set()
        self.entered = threading.Event()
        self.batches: list[list[str]] = []

    def __call__(self, items: Sequence[str]) -> Sequence[str | CareDeskError]:
        self.entered.set()
        assert self.door.wait(PATIENCE)
        if "broken" in items:
            raise ValueError
        self.batches.append(list(items))
        return [BadInput() if item == "bad" else item.upper() for item in items]


def committer(store: Store, **options: Any) -> Committer[str, str]:
    return Committer(store, meters=Meters(), **options)


async def behind_the_door(store: Store, line: Committer[str, str], *items: str) -> list[Any]:
    """Hand in a first item, the others while its transaction runs, and return what became of the others."""
    store.door.clear()
    first = asyncio.create_task(line.hand_in("first"))
    assert await asyncio.to_thread(store.entered.wait, PATIENCE)
    others = [asyncio.create_task(line.hand_in(item)) for item in items]
    await asyncio.sleep(0)
    store.door.set()
    assert await first == "FIRST"
    return list(await asyncio.gather(*others, return_exceptions=True))


async def two_share_the_next_one(store: Store, line: Committer[str, str]) -> None:
    """Hand in two, one a little after the other, and see that they went together after the first."""
    one = asyncio.create_task(line.hand_in("a"))
    await asyncio.sleep(0.05)
    assert list(await asyncio.gather(one, line.hand_in("b"))) == ["A", "B"]
    assert store.batches == [["first"], ["a", "b"]]


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scene, PATIENCE))


def test_a_lone_item_waits_for_nobody() -> None:
    async def scene() -> None:
        store = Store()
        assert await committer(store).hand_in("a") == "A"
        assert store.batches == [["a"]]

    play(scene())


def test_what_comes_meanwhile_goes_together_and_in_order() -> None:
    async def scene() -> None:
        store = Store()
        assert await behind_the_door(store, committer(store), "a", "b", "c") == ["A", "B", "C"]
        assert store.batches == [["first"], ["a", "b", "c"]]

    play(scene())


def test_who_comes_shortly_after_a_transaction_shares_the_next_one() -> None:
    async def scene() -> None:
        store = Store()
        line = committer(store, seconds_apart=0.2)
        assert await line.hand_in("first") == "FIRST"
        await two_share_the_next_one(store, line)

    play(scene())


def test_after_a_long_transaction_the_next_one_waits_for_more_to_share_it() -> None:
    async def scene() -> None:
        store = Store()
        line = committer(store, seconds_apart=0.0, most_seconds_apart=10 * PATIENCE)
        store.door.clear()
        first = asyncio.create_task(line.hand_in("first"))
        await asyncio.sleep(0.5)
        store.door.set()
        assert await first == "FIRST"
        await two_share_the_next_one(store, line)

    play(scene())


def test_who_comes_at_a_desk_that_closes_is_not_kept_waiting_for_the_moment_between_two() -> None:
    async def scene() -> None:
        store = Store()
        line = committer(store, seconds_apart=10 * PATIENCE)
        assert await line.hand_in("first") == "FIRST"
        last = asyncio.create_task(line.hand_in("a"))
        await asyncio.sleep(0.05)
        assert store.batches == [["first"]]
        await line.close()
        assert await last == "A"

    play(scene())


def test_a_transaction_has_an_end() -> None:
    async def scene() -> None:
        store = Store()
        items = [str(number) for number in range(MOST_AT_ONCE + 1)]
        await behind_the_door(store, committer(store), *items)
        assert [len(batch) for batch in store.batches] == [1, MOST_AT_ONCE, 1]
        assert [item for batch in store.batches for item in batch] == ["first", *items]

    play(scene())


def test_a_refusal_is_its_own_items_only() -> None:
    async def scene() -> None:
        store = Store()
        first, refused, last = await behind_the_door(store, committer(store), "a", "bad", "c")
        assert (first, last) == ("A", "C")
        assert isinstance(refused, BadInput)

    play(scene())


def test_what_breaks_a_transaction_fails_alone() -> None:
    async def scene() -> None:
        store = Store()
        first, broken, last = await behind_the_door(store, committer(store), "a", "broken", "c")
        assert (first, last) == ("A", "C")
        assert isinstance(broken, DeskFault)
        assert store.batches == [["first"], ["a"], ["c"]]

    play(scene())


def test_after_a_fault_it_goes_on() -> None:
    async def scene() -> None:
        store = Store()
        line = committer(store)
        with pytest.raises(DeskFault):
            await line.hand_in("broken")
        assert await line.hand_in("a") == "A"

    play(scene())


def test_a_full_line_refuses_at_once_and_takes_again_later() -> None:
    async def scene() -> None:
        store = Store()
        line = committer(store, longest_line=2)
        outcomes = await behind_the_door(store, line, "a", "b", "c")
        assert outcomes[:2] == ["A", "B"]
        assert isinstance(outcomes[2], DeskBusy)
        assert outcomes[2].fields["retry_after"]
        assert await line.hand_in("c") == "C"

    play(scene())


def test_whoever_goes_away_stops_nobody() -> None:
    async def scene() -> None:
        store = Store()
        line = committer(store)
        store.door.clear()
        gone = asyncio.create_task(line.hand_in("gone"))
        assert await asyncio.to_thread(store.entered.wait, PATIENCE)
        gone.cancel()
        stays = asyncio.create_task(line.hand_in("stays"))
        await asyncio.sleep(0)
        store.door.set()
        assert await stays == "STAYS"
        assert store.batches == [["gone"], ["stays"]]

    play(scene())


def test_closing_answers_what_was_taken_and_takes_nothing_more() -> None:
    async def scene() -> None:
        store = Store()
        line = committer(store)
        store.door.clear()
        taken = asyncio.create_task(line.hand_in("a"))
        await asyncio.sleep(0)
        closing = asyncio.create_task(line.close())
        store.door.set()
        await closing
        assert await taken == "A"
        with pytest.raises(DeskBusy):
            await line.hand_in("b")

    play(scene())
