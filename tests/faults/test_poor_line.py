"""Families write over a line that loses answers, tears, repeats and delays requests, and breaks (B22, B23)."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from random import Random

import aiohttp
import pytest
from sqlalchemy import select

from benchmarks.clients import Desk, Visitor, until
from caredesk.conversations.models import Entry
from tests.fixtures.ledger import THANKS
from tests.fixtures.poor_line import FATES, PoorLine, poor_line
from tests.fixtures.server import LiveDesk, play

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

FAMILIES, MESSAGES = 4, 6
PATIENCE = 120.0
ANSWERED_WITHIN = 3.0
"""Seconds until a message over the socket counts as lost with its line, and is said again under its key."""


def keys_of(number: int) -> list[str]:
    """Return the keys of one family's messages in the order in which they are written."""
    return [f"{number:08d}-{count:04d}" for count in range(MESSAGES)]


def stored(live: LiveDesk, visitor: Visitor) -> list[tuple[str, int]]:
    """Return key and number of a family's messages in the order of the timeline."""
    ours = (Entry.conversation_id == visitor.conversation_id, Entry.author_kind == "visitor")
    with live.read() as session:
        rows = session.execute(select(Entry.client_key, Entry.patient_seq).where(*ours).order_by(Entry.staff_seq))
        return [(str(key), int(seq)) for key, seq in rows]


def expected(visitor: Visitor, number: int) -> list[tuple[str, int]]:
    return [(key, visitor.acknowledged[key]) for key in keys_of(number)]


def test_what_is_torn_lost_repeated_or_late_is_stored_once_in_the_order_of_writing(live: LiveDesk) -> None:
    async def scene() -> None:
        connector = aiohttp.TCPConnector(force_close=True)
        async with poor_line(live.url) as line, aiohttp.ClientSession(connector=connector) as http:
            visitors = [await Visitor.arrive(Desk(live.url, http)) for _ in range(FAMILIES)]
            await asyncio.gather(*(write_all(visitor, n, over=line, http=http) for n, visitor in enumerate(visitors)))
            assert set(line.met) == set(FATES)
            again = list(line.late)
            Random(7).shuffle(again)
            answers = await line.bring_late(again)
        for number, visitor in enumerate(visitors):
            assert stored(live, visitor) == expected(visitor, number)
        # Who asks late, or twice, is told what was told at first.
        known = {key: seq for visitor in visitors for key, seq in visitor.acknowledged.items()}
        told = [json.loads(answer.partition(b"\r\n\r\n")[2])["message"] for answer in answers]
        assert told and all(known[one["client_key"]] == one["seq"] for one in told)

    play(scene())


async def write_all(visitor: Visitor, number: int, *, over: PoorLine, http: aiohttp.ClientSession) -> None:
    visitor.desk = Desk(over.url, http)
    for key in keys_of(number):
        await visitor.send_surely(THANKS, key=key)


def test_when_the_network_is_cut_again_and_again_sockets_write_on_and_show_everything_once(live: LiveDesk) -> None:
    async def scene() -> None:
        async with poor_line(live.url) as line, aiohttp.ClientSession() as http:
            visitors = [await Visitor.arrive(Desk(live.url, http)) for _ in range(FAMILIES)]
            for visitor in visitors:
                visitor.screen.desk = Desk(line.url, http)
                await visitor.screen.connect()
            writing = asyncio.gather(*(say_all(visitor, number) for number, visitor in enumerate(visitors)))
            for third in (1, 2):
                before = third * FAMILIES * MESSAGES // 3
                assert await until(lambda before=before: acknowledged(visitors) >= before, seconds=PATIENCE)
                line.cut(refusing=FAMILIES)
            await writing
            assert await until(lambda: all(map(shows_all, visitors)), seconds=PATIENCE)
            for visitor in visitors:
                await visitor.screen.close()
        for number, visitor in enumerate(visitors):
            assert stored(live, visitor) == expected(visitor, number)
            assert [event["seq"] for event in visitor.screen.shown] == list(range(1, visitor.screen.last + 1))

    play(scene())


async def say_all(visitor: Visitor, number: int) -> None:
    for key in keys_of(number):
        while key not in visitor.acknowledged:
            with suppress(TimeoutError):
                await asyncio.wait_for(visitor.say_surely(THANKS, key=key), ANSWERED_WITHIN)
        if visitor.screen.conversation_id is None:
            await visitor.screen.watch(str(visitor.conversation_id))


def acknowledged(visitors: list[Visitor]) -> int:
    return sum(len(visitor.acknowledged) for visitor in visitors)


def shows_all(visitor: Visitor) -> bool:
    shown = [one["client_key"] for one in visitor.screen.messages() if one["author"] == "visitor"]
    return sorted(shown) == sorted(visitor.acknowledged)
