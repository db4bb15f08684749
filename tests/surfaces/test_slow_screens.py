"""A screen that does not take its events is sent away, skipped nothing, and catches up when it comes again (B24)."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from caredesk.events.catalogue import AgentTyped
from caredesk.infra import slow_screens
from caredesk.infra.slow_screens import SlowScreens
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import PATIENCE, Stage, on_stage

pytestmark = pytest.mark.usefixtures("quick_hashing")

MUCH = "药" * 20_000
"""So that few events fill what lies between the desk and a screen that does not read."""


def sent_away(live: LiveDesk) -> float:
    value = live.desk.services.meters.registry.get_sample_value("caredesk_slow_clients_total", {"kind": "visitor"})
    return value or 0.0


async def flood_until_sent_away(live: LiveDesk, *, conversation_id: str) -> None:
    async with asyncio.timeout(4 * PATIENCE):
        while not sent_away(live):
            live.desk.services.push.deliver([AgentTyped(conversation_id=conversation_id, name=MUCH)] * 30)
            await asyncio.sleep(0.05)


async def watch_without_reading(stage: Stage, *, token: str, conversation_id: str) -> aiohttp.ClientWebSocketResponse:
    """Return a screen that watches a conversation and has stopped reading."""
    url = f"{stage.live.url}/socket.io/?EIO=4&transport=websocket"
    # It will not answer a farewell either.
    patience = aiohttp.ClientWSTimeout(ws_close=0.2)
    wire = await stage.desk.http.ws_connect(url, max_msg_size=0, timeout=patience)
    await wire.receive(timeout=PATIENCE)
    await wire.send_str("40" + json.dumps({"kind": "visitor", "token": token}))
    await wire.receive(timeout=PATIENCE)
    await wire.send_str("421" + json.dumps(["watch", {"conversation_id": conversation_id, "after": 0}]))
    assert (await wire.receive(timeout=PATIENCE)).data.startswith("431")
    return wire


def test_a_screen_that_does_not_read_is_sent_away_and_others_stay(
    live: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_screens, "LOOK_SECONDS", 0.0)
    live.desk._live._slow = SlowScreens(live.desk._server, most_unsent=20)

    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, _, agent, _ = await stage.served()
            await visitor.screen.close()
            conversation_id = str(visitor.conversation_id)
            wire = await watch_without_reading(stage, token=visitor.token, conversation_id=conversation_id)
            await flood_until_sent_away(live, conversation_id=conversation_id)
            assert sent_away(live) == 1
            await wire.close()
            assert (await agent.screen.socket.call("ping_desk", {}, timeout=PATIENCE))["ok"]
            # It comes again, and nothing is missing.
            await visitor.screen.connect()
            await visitor.screen.watch(conversation_id)
            posted = await visitor.say("我回来了")
            await visitor.screen.watch(conversation_id)
            assert [event["seq"] for event in visitor.screen.shown][-1] == posted["message"]["seq"]

    play(scene())
