"""Every socket event against clients that are broken or mean harm, and frames that no client would send.

The events are taken from the server, so that a new one is tested from its first day. Whatever is sent, it is refused
with a known code or ignored; nothing is stored, the other sockets live on, and no word of it is in the logs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from caredesk.core.errors import CareDeskError
from tests.fixtures import tally
from tests.fixtures.hostile import MARK, TEXTS, WRONG
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import PATIENCE, Stage, on_stage
from tests.fixtures.stored import State, state_of

pytestmark = pytest.mark.usefixtures("quick_hashing")

NOBODY = "00000000-0000-7000-8000-000000000000"
HARMLESS = frozenset({"ping_desk", "typing", "unwatch"})
"""What these are told of a conversation that is not watched means nothing, and is no fault."""


def events_of(live: LiveDesk) -> list[str]:
    """Return every event that a client may send."""
    return sorted(set(live.desk._server.handlers["/"]) - {"connect", "disconnect", "*"})


def payloads(conversation_id: str) -> Iterator[tuple[str, Any]]:
    """Yield what a client may not say."""
    for name, value in WRONG.items():
        # What this machine's JSON cannot write is sent as a frame below.
        if not isinstance(value, int) or value < 2**63:
            yield f"payload {name}", value
            yield f"conversation {name}", {"conversation_id": value}
            yield f"after {name}", {"conversation_id": conversation_id, "after": value, "also": 1}
    for name, text in TEXTS.items():
        if len(text) < 1_000 and "surrogate" not in name:
            yield f"payload {name}", text
            yield f"conversation {name}", {"conversation_id": text}
    yield "nothing", {}
    yield "an unknown field", {"conversation_id": conversation_id, MARK: MARK}
    yield "somebody else's", {"conversation_id": NOBODY}
    for after in (-1, 2**31, 2**63 - 1):
        yield f"after {after}", {"conversation_id": conversation_id, "after": after}
    yield "many", (conversation_id, MARK, 1, None)
    yield "deep", json.loads("[" * 200 + "]" * 200)


def frames() -> Iterator[tuple[str, str | bytes]]:
    """Yield frames below the level of events: no client library would send them."""
    yield "nothing", ""
    yield "no type", MARK
    yield "an unknown type", f"9{MARK}"
    yield "an unknown packet", f"49{MARK}"
    yield "no json", f"42{MARK}"
    yield "cut off", '42["watch",{"conversation_id":"' + MARK
    yield "no list", '42{"watch":1}'
    yield "an empty list", "42[]"
    yield "a number as event", "42[1,2]"
    yield "an object as event", '42[{"a":1}]'
    yield "reserved events", '42["connect",{}]'
    yield "a lone surrogate", '42["watch",{"conversation_id":"\\ud83d"}]'
    yield "an acknowledgement nobody waits for", f'43999["{MARK}"]'
    yield "a huge acknowledgement number", "42" + "9" * 200 + '["ping_desk",{}]'
    yield "another namespace", f'42/admin,["watch","{MARK}"]'
    yield "connect again", "40"
    yield "connect elsewhere", '40/admin,{"token":1}'
    yield "attachments that never come", '4599-["watch",{"_placeholder":true,"num":98}]'
    yield "an attachment that is not there", '451-["watch",{"_placeholder":true,"num":7}]'
    yield "very many attachments", '459999999999-["watch",{"_placeholder":true,"num":0}]'
    yield "bytes out of order", b"\x04\x00" + MARK.encode()
    yield "deep", '42["watch",' + "[" * 9_000 + "]" * 9_000 + "]"
    yield "a huge number", '42["watch",{"conversation_id":"x","after":1' + "0" * 5_000 + "}]"


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Look through everything that was logged: nothing of what was sent may be in it."""
    caplog.set_level(logging.INFO)
    yield
    assert MARK not in " ".join(str(record.__dict__) for record in caplog.records)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("caredesk.")] == []


@pytest.mark.usefixtures("quiet")
def test_hostile_events_are_refused_and_change_nothing(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, _, agent, _ = await stage.served()
            for person in (visitor, agent):
                before = stored(live)
                for event in [*events_of(live), MARK, "message", "disconnecting"]:
                    for name, payload in payloads(str(visitor.conversation_id)):
                        answer = await person.screen.socket.call(event, payload, timeout=PATIENCE)
                        assert_refused(answer, event=event, about=f"{event}: {name}: {answer}")
                assert stored(live) == before
                assert person.screen.socket.connected

    play(scene())


def assert_refused(answer: dict[str, Any], *, event: str, about: str) -> None:
    assert MARK not in str(answer), about
    tally.note(tally.HARMLESS if answer["ok"] else tally.REFUSED)
    if answer["ok"]:
        assert event in HARMLESS, about
    else:
        assert answer["code"] in codes_of(CareDeskError) - {"desk.fault"}, about


def codes_of(kind: type[CareDeskError]) -> set[str]:
    return {kind.code}.union(*(codes_of(below) for below in kind.__subclasses__()))


@pytest.mark.usefixtures("quiet")
def test_broken_frames_harm_nobody_else(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            bystander, _ = await stage.visitor()
            before = stored(live)
            for name, frame in frames():
                await send_frame(stage, frame, auth={"kind": "visitor", "token": bystander.token})
                tally.note(tally.HARMLESS)
                answer = await bystander.screen.socket.call("ping_desk", {}, timeout=PATIENCE)
                assert answer["ok"], name
            assert stored(live) == before

    play(scene())


@pytest.mark.usefixtures("quiet")
def test_who_sends_before_connecting_is_heard_by_nobody(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            before = stored(live)
            for frame in ('42["watch",{"conversation_id":"x"}]', '42["typing",{}]', "41", "2probe", "5", "1"):
                await send_frame(stage, frame, auth=None)
            assert stored(live) == before

    play(scene())


async def send_frame(stage: Stage, frame: str | bytes, *, auth: Any) -> None:
    """Open a socket by hand, send one frame after the greeting, and wait until the server has read it."""
    url = f"{stage.live.url}/socket.io/?EIO=4&transport=websocket"
    async with stage.desk.http.ws_connect(url) as wire:
        assert (await wire.receive(timeout=PATIENCE)).data.startswith("0")
        if auth is not None:
            await wire.send_str("40" + json.dumps(auth))
            assert (await wire.receive(timeout=PATIENCE)).data.startswith("40")
        await (wire.send_bytes(frame) if isinstance(frame, bytes) else wire.send_str(frame))
        if auth is None:
            return
        await wire.send_str('42777["ping_desk",{}]')
        while True:
            message = await wire.receive(timeout=PATIENCE)
            # Either it lives on and answers what came after, or it is closed.
            if message.type is not aiohttp.WSMsgType.TEXT or message.data.startswith("43777"):
                return
            assert MARK not in message.data


def stored(live: LiveDesk) -> State:
    with live.read() as session:
        return state_of(session, without=frozenset({"visitor", "job", "connection"}))
