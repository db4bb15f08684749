"""Connections without a task for each frame: the library's promises hold all the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from caredesk.infra import lean_sockets
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import PATIENCE, Stage, on_stage, surely

pytestmark = pytest.mark.usefixtures("quick_hashing")


@asynccontextmanager
async def silent_screen(stage: Stage) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Connect as a parent who answers neither pings nor farewells."""
    visitor, _ = await stage.visitor()
    await visitor.screen.close()
    url = f"{stage.live.url}/socket.io/?EIO=4&transport=websocket"
    async with stage.desk.http.ws_connect(url, autoclose=False, autoping=False) as wire:
        await wire.receive(timeout=PATIENCE)
        await wire.send_str("40" + json.dumps({"kind": "visitor", "token": visitor.token}))
        assert (await wire.receive(timeout=PATIENCE)).data.startswith("40")
        yield wire


def connected(live: LiveDesk) -> int:
    return len(live.desk._server.eio.sockets)


def test_who_is_sent_away_and_does_not_go_is_cut_off(live: LiveDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = live.desk._server.eio
    monkeypatch.setattr(engine, "ping_timeout", 0.3)

    async def scene() -> None:
        async with on_stage(live) as stage, silent_screen(stage) as wire:
            [sid] = engine.sockets
            asyncio.run_coroutine_threadsafe(engine.disconnect(sid), live.desk.services.push._loop)
            assert (await wire.receive(timeout=PATIENCE)).data == "1"
            await surely(lambda: connected(live) == 0)

    play(scene())


def test_who_answers_no_ping_is_taken_for_gone(live: LiveDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = live.desk._server.eio
    monkeypatch.setattr(engine, "ping_interval", 0.2)
    monkeypatch.setattr(engine, "ping_timeout", 0.3)

    async def scene() -> None:
        async with on_stage(live) as stage, silent_screen(stage):
            assert connected(live) == 1
            await surely(lambda: connected(live) == 0)

    play(scene())


@pytest.mark.parametrize("frame", ["", "9", "4", "42", '42["post"', "x" * 100])
def test_a_frame_that_says_nothing_ends_nothing(live: LiveDesk, frame: str) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage, silent_screen(stage) as wire:
            await wire.send_str(frame)
            await wire.send_str("427" + json.dumps(["ping_desk", {}]))
            assert (await wire.receive(timeout=PATIENCE)).data.startswith("437")

    play(scene())


def test_a_frame_that_is_too_large_ends_the_connection(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage, silent_screen(stage) as wire:
            await wire.send_str("4" * 30_000)
            await surely(lambda: connected(live) == 0)

    play(scene())


def test_a_screen_that_leaves_is_told_what_was_on_the_way_only_for_so_long(
    live: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean_sockets, "LAST_WORDS_SECONDS", 0.1)

    async def scene() -> None:
        async with on_stage(live) as stage, silent_screen(stage) as wire:
            await wire.close()
            await surely(lambda: connected(live) == 0)

    play(scene())
