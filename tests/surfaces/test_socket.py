"""Live screens on a real server: who may connect and watch, what they are told, and when they are no longer told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import socketio
from sqlalchemy import select

from benchmarks.clients import Agent, Json, Visitor, fresh_key
from caredesk.accounts.models import Connection
from caredesk.queue import queries as queue_queries
from tests.fixtures.passwords import PASSWORD
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import PATIENCE, Heard, on_stage, refusal_of, surely

pytestmark = pytest.mark.usefixtures("quick_hashing")


# ---- connecting ------------------------------------------------------------------------------------------


def test_a_visitor_and_an_agent_connect(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_agent("lin")
            visitor, _ = await stage.visitor()
            agent, _ = await stage.agent("lin")
            for screen in (visitor.screen, agent.screen):
                answer = await screen.socket.call("ping_desk", {}, timeout=PATIENCE)
                assert answer["ok"] and answer["at"]

    play(scene())


def test_nobody_connects_without_proof(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_agent("lin")
            agent = await Agent.sign_in(stage.desk, login="lin", password=PASSWORD)
            cookie = {"Cookie": agent.cookies}
            tries: list[tuple[Any, dict[str, str]]] = [
                (None, {}),
                ({}, {}),
                ([], {}),
                ("visitor", {}),
                ({"kind": "visitor"}, {}),
                ({"kind": "visitor", "token": ""}, {}),
                ({"kind": "visitor", "token": "invented"}, {}),
                ({"kind": "visitor", "token": {"$ne": None}}, {}),
                ({"kind": "visitor", "token": "药" * 500}, {}),
                ({"kind": "visitor", "token": agent.csrf}, cookie),
                ({"kind": "staff", "csrf": agent.csrf}, {}),
                ({"kind": "staff"}, cookie),
                ({"kind": "staff", "csrf": ""}, cookie),
                ({"kind": "staff", "csrf": "invented"}, cookie),
                ({"kind": "staff", "csrf": [agent.csrf]}, cookie),
                ({"kind": "staff", "csrf": agent.csrf}, {"Cookie": "caredesk_session=invented"}),
                ({"kind": "admin", "csrf": agent.csrf}, cookie),
            ]
            refused = [await refusal_of(live, auth=auth, headers=headers) for auth, headers in tries]
            assert refused == ["auth.sign_in_needed"] * len(tries)
            assert await refusal_of(live, auth={"kind": "staff", "csrf": agent.csrf}, headers=cookie) == ""

    play(scene())


def test_pages_of_other_sites_do_not_connect(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_agent("lin")
            agent = await Agent.sign_in(stage.desk, login="lin", password=PASSWORD)
            auth = {"kind": "staff", "csrf": agent.csrf}
            headers = {"Cookie": agent.cookies, "Origin": "https://evil.example"}
            assert await refusal_of(live, auth=auth, headers=headers) != ""
            assert await refusal_of(live, auth=auth, headers={**headers, "Origin": live.url}) == ""

    play(scene())


# ---- catching up -----------------------------------------------------------------------------------------


def test_watching_returns_exactly_the_missing_events(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, _, agent, _ = await stage.served()
            for number in range(5):
                await visitor.send(f"第{number}句")
            for screen in (visitor.screen, agent.screen):
                whole = await watch(screen.socket, visitor.conversation_id, after=0)
                assert [e["seq"] for e in whole["events"]] == list(range(1, whole["head"] + 1))
                assert whole["more"] is False
                for after in (1, whole["head"] - 1, whole["head"], whole["head"] + 7):
                    part = await watch(screen.socket, visitor.conversation_id, after=after)
                    assert part["events"] == whole["events"][after:]

    play(scene())


def test_events_arrive_in_order_and_without_gaps(live: LiveDesk, store: str) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, visitor_heard, agent, agent_heard = await stage.served()
            conversation_id = str(visitor.conversation_id)
            first, second = visitor.screen.last, agent.screen.last
            sends = [visitor.send(f"第{number}句") for number in range(20)]
            replies = [agent.reply(conversation_id, f"第{number}答") for number in range(20)]
            await asyncio.gather(*sends, *replies)
            for screen, heard, before in (
                (visitor.screen, visitor_heard, first),
                (agent.screen, agent_heard, second),
            ):
                wanted = list(range(before + 1, before + 41))
                await surely(lambda heard=heard: len(heard.numbers(conversation_id)) >= 40)
                await surely(lambda screen=screen, wanted=wanted: screen.last == wanted[-1])
                assert [event["seq"] for event in screen.shown] == list(range(1, wanted[-1] + 1))
                came = [number for number in heard.numbers(conversation_id) if number > before]
                # With one writer at a time they even come in order; else screens put them in order.
                assert (came if store == "sqlite" else sorted(came)) == wanted

    play(scene())


def test_long_polling_follows_the_same_cursor(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, _, agent, _ = await stage.served()
            await visitor.send("请问在吗")
            client, heard = socketio.AsyncClient(reconnection=False), Heard()
            client.on("event", heard.events.append)
            auth = {"kind": "visitor", "token": visitor.token}
            await client.connect(live.url, auth=auth, transports=["polling"], wait_timeout=PATIENCE)
            assert client.transport() == "polling"
            by_socket = await watch(visitor.screen.socket, visitor.conversation_id, after=2)
            by_polling = await watch(client, visitor.conversation_id, after=2)
            assert by_polling["events"] == by_socket["events"] != []
            await agent.reply(str(visitor.conversation_id), "在的")
            await surely(lambda: by_polling["head"] + 1 in heard.numbers(str(visitor.conversation_id)))
            # Without `abort` the client would wait for the end of its last request, which the server holds open.
            await client.eio.disconnect(abort=True)

    play(scene())


# ---- who hears what --------------------------------------------------------------------------------------


def test_nobody_watches_what_is_not_theirs(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, _, agent, _ = await stage.served()
            live.add_agent("narrow", queues=(live.add_queue("other"),))
            stranger, stranger_heard = await stage.visitor()
            narrow, narrow_heard = await stage.agent("narrow")
            for screen in (stranger.screen, narrow.screen):
                answer = await watch(screen.socket, visitor.conversation_id, after=0)
                assert answer == {"ok": False, "code": "conversation.not_found", "fields": {}, "status": 404}
                typed = {"conversation_id": visitor.conversation_id}
                assert (await screen.socket.call("typing", typed, timeout=PATIENCE))["ok"]
            await visitor.send("秘密")
            await agent.reply(str(visitor.conversation_id), "也是秘密")
            await settle(stranger, narrow)
            assert "秘密" not in str(stranger_heard.events) + str(narrow_heard.events)
            assert agent.screen.last == (await watch(agent.screen.socket, visitor.conversation_id, after=0))["head"]

    play(scene())


def test_a_note_never_arrives_at_the_visitor(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, visitor_heard, agent, agent_heard = await stage.served()
            conversation = f"/api/console/conversations/{visitor.conversation_id}"
            await agent.call("POST", f"{conversation}/notes", body={"client_key": fresh_key(), "text": "内部备注甲"})
            await agent.reply(str(visitor.conversation_id), "给家长的话")
            await surely(lambda: "给家长的话" in str(visitor_heard.events))
            await surely(lambda: "内部备注甲" in str(agent_heard.events))
            caught_up = await watch(visitor.screen.socket, visitor.conversation_id, after=0)
            assert "备注" not in str(visitor_heard.events) + str(caught_up)

    play(scene())


def test_viewers_and_typing_are_shown_to_those_concerned(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, visitor_heard, agent, agent_heard = await stage.served()
            live.add_agent("boss", role="supervisor")
            boss, boss_heard = await stage.agent("boss")
            about = {"conversation_id": visitor.conversation_id}
            await boss.screen.watch(str(visitor.conversation_id))
            await surely(lambda: viewers_in(agent_heard) == ["客服boss", "客服lin"])
            await boss.screen.socket.call("typing", about, timeout=PATIENCE)
            await surely(lambda: agent_heard.of_type("someone.typed"))
            assert visitor_heard.of_type("agent.typed") == []
            await agent.screen.socket.call("typing", about, timeout=PATIENCE)
            await surely(lambda: visitor_heard.of_type("agent.typed"))
            assert visitor_heard.of_type("agent.typed")[0]["name"] == "客服lin"
            await visitor.screen.socket.call("typing", about, timeout=PATIENCE)
            await surely(lambda: [e for e in boss_heard.of_type("someone.typed") if e["who"] == "visitor"])
            await boss.screen.close()
            await surely(lambda: viewers_in(agent_heard) == ["客服lin"])

    play(scene())


def viewers_in(heard: Heard) -> list[str]:
    seen = heard.of_type("viewers.changed")
    return [viewer["name"] for viewer in seen[-1]["viewers"]] if seen else []


def test_whoever_may_no_longer_see_a_conversation_hears_no_more_of_it(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, visitor_heard, agent, agent_heard = await stage.served()
            conversation_id = str(visitor.conversation_id)
            live.add_agent("colleague", queues=tuple(queue_ids(live)))
            live.add_agent("boss", role="supervisor")
            colleague, colleague_heard = await stage.agent("colleague")
            boss, boss_heard = await stage.agent("boss")
            await colleague.screen.watch(conversation_id)
            await boss.screen.watch(conversation_id)
            live.add_agent("taker", queues=(live.add_queue("other"),))
            taker, _ = await stage.agent("taker", ready=True)
            await transfer(agent, conversation_id, kind="queue", target=queue_ids(live, key="other")[0])
            await surely(lambda: conversation_id in taker.taken)
            await visitor.send("转接以后的话")
            await taker.reply(conversation_id, "转接以后的回答")
            await surely(lambda: "转接以后的回答" in str(boss_heard.of_type("entry.appended")))
            await settle(agent, colleague)
            assert "转接以后" not in str(agent_heard.events) + str(colleague_heard.events)
            assert "转接以后的回答" in str(visitor_heard.events)
            last = agent_heard.of_type("conversation.changed")[-1]
            assert last["previous_assignee_id"] == agent.staff_id
            with live.read() as session:
                viewing = session.scalars(select(Connection.staff_id).where(Connection.viewing.is_not(None))).all()
            assert viewing == [boss.staff_id]
            answer = await watch(agent.screen.socket, conversation_id, after=0)
            assert answer["code"] == "conversation.not_found"

    play(scene())


def test_a_colleague_of_the_same_queue_goes_on_watching_after_a_transfer(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, _, agent, agent_heard = await stage.served()
            conversation_id = str(visitor.conversation_id)
            live.add_agent("next", queues=tuple(queue_ids(live)))
            following, _ = await stage.agent("next", ready=True)
            await transfer(agent, conversation_id, kind="agent", target=following.staff_id)
            await visitor.send("还看得到")
            await surely(lambda: "还看得到" in str(agent_heard.of_type("entry.appended")))

    play(scene())


# ---- one's own fault ---------------------------------------------------------------------------------------


def test_a_frame_that_is_too_large_closes_only_its_own_socket(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, _ = await stage.visitor()
            bystander, _ = await stage.visitor()
            await visitor.screen.socket.emit("watch", {"conversation_id": "x" * 30_000, "after": 0})
            await surely(lambda: not visitor.screen.socket.connected)
            assert (await bystander.screen.socket.call("ping_desk", {}, timeout=PATIENCE))["ok"]

    play(scene())


# ---- helpers ---------------------------------------------------------------------------------------------


async def watch(client: socketio.AsyncClient, conversation_id: str | None, *, after: int) -> Json:
    answer: Json = await client.call("watch", {"conversation_id": conversation_id, "after": after}, timeout=PATIENCE)
    return answer


async def transfer(agent: Agent, conversation_id: str, *, kind: str, target: str) -> None:
    body = {"target_kind": kind, "target_id": target, "reason": "other", "note": ""}
    await agent.call("POST", f"/api/console/conversations/{conversation_id}/transfer", body=body)


async def settle(*people: Visitor | Agent) -> None:
    """Wait until everything that was pushed so far has arrived: an answer comes behind it on the same socket."""
    for person in people:
        assert (await person.screen.socket.call("ping_desk", {}, timeout=PATIENCE))["ok"]


def queue_ids(live: LiveDesk, *, key: str = "general") -> list[str]:
    with live.read() as session:
        return [queue.id for queue in queue_queries.list_queues(session) if queue.key == key]
