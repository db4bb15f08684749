"""The beat: every screen hears the time and its heads, some at a time, so that others are served in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from caredesk.conversations import queries
from caredesk.core.clock import FixedClock
from caredesk.edge import watching
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.watching import Seat
from caredesk.infra.heads import SCREENS_AT_ONCE, tell_heads
from tests.fixtures.desk import DeskForTests

MANY = 2 * SCREENS_AT_ONCE + 1


@dataclass
class Screens:
    """Stands for the server: keeps what was told to whom, in order."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    on_told: Callable[[str], None] = lambda _: None

    async def emit(self, _name: str, beat: dict[str, Any], *, to: str) -> None:
        self.told.append((to, beat))
        self.on_told(to)


def seats_of(visitor_id: str) -> dict[str, Seat]:
    seat = Seat("visitor", visitor_id, name="", sees_floor=False, works=False, rooms=())
    return {f"sid-{number:03}": seat for number in range(MANY)}


def test_every_screen_hears_the_head_of_its_conversation_however_many_there_are(desk: DeskForTests) -> None:
    visitor_id = desk.visit().visitor.id
    conversation = desk.say(visitor_id).conversation
    screens = Screens()
    asyncio.run(tell_heads(screens, services=desk.services, seats=seats_of(visitor_id)))  # type: ignore[arg-type]
    assert [sid for sid, _ in screens.told] == list(seats_of(visitor_id))
    assert all(beat["heads"] == {conversation.id: conversation.patient_seq} for _, beat in screens.told)


def test_others_are_served_between_some_screens_and_the_next(desk: DeskForTests) -> None:
    screens, served_after = Screens(), []

    async def scene() -> None:
        beat = asyncio.create_task(
            tell_heads(screens, services=desk.services, seats=seats_of(desk.visit().visitor.id))  # type: ignore[arg-type]
        )
        while not beat.done():
            served_after.append(len(screens.told))
            await asyncio.sleep(0.001)

    asyncio.run(scene())
    assert {SCREENS_AT_ONCE, 2 * SCREENS_AT_ONCE} <= set(served_after)


def test_whose_page_is_open_stands_as_here_now(desk: DeskForTests, clock: FixedClock) -> None:
    visitor_id, gone_id = desk.visit().visitor.id, desk.visit().visitor.id
    clock.advance(seconds=600)
    asyncio.run(tell_heads(Screens(), services=desk.services, seats=seats_of(visitor_id)))  # type: ignore[arg-type]
    with desk.read() as session:
        seen = {id_: queries.get_visitor(session, visitor_id=id_).last_seen_at for id_ in (visitor_id, gone_id)}
    assert seen == {visitor_id: clock.now(), gone_id: clock.now() - timedelta(seconds=600)}


def test_who_leaves_before_their_turn_is_told_nothing(desk: DeskForTests) -> None:
    seats = seats_of(desk.visit().visitor.id)
    last = list(seats)[-1]
    screens = Screens(on_told=lambda _: seats.pop(last, None) and None)
    asyncio.run(tell_heads(screens, services=desk.services, seats=seats))  # type: ignore[arg-type]
    assert len(screens.told) == MANY - 1
    assert last not in dict(screens.told)


def test_without_the_database_all_hear_that_somebody_is_here_and_it_is_asked_once(
    desk: DeskForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def unreachable(*_: object, **__: object) -> dict[str, dict[str, int]]:
        asked.append(1)
        raise StoreUnavailable

    monkeypatch.setattr(watching, "heads_of", unreachable)
    screens = Screens()
    seats = seats_of(desk.visit().visitor.id)
    asyncio.run(tell_heads(screens, services=desk.services, seats=seats))  # type: ignore[arg-type]
    assert [beat["heads"] for _, beat in screens.told] == [{}] * MANY
    assert len(asked) == 1
