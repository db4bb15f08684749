"""A parent's messages over the socket: on disk before they are answered, each once, each on its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from benchmarks.clients import Json, Visitor, fresh_key
from caredesk.conversations.models import Entry
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import PATIENCE, on_stage, surely

pytestmark = pytest.mark.usefixtures("quick_hashing")


async def post(visitor: Visitor, data: Any) -> Json:
    answer: Json = await visitor.screen.socket.call("post", data, timeout=PATIENCE)
    return answer


def words(text: str, *, key: str | None = None) -> Json:
    return {"client_key": key or fresh_key(), "body": {"kind": "text", "text": text}}


def written(live: LiveDesk) -> list[str]:
    with live.read() as session:
        query = select(Entry.text).where(Entry.author_kind == "visitor").order_by(Entry.created_at, Entry.staff_seq)
        return list(session.scalars(query))


def test_what_is_acknowledged_is_stored_and_every_screen_has_it(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, heard, _agent, agent_heard = await stage.served()
            posted = await visitor.say("药寄到哪里了")
            assert written(live) == ["药寄到哪里了"]
            assert posted["message"]["seq"] == posted["conversation"]["head"]
            seen = {"kind": "text", "text": "药寄到哪里了"}
            await surely(lambda: seen in [event["message"]["body"] for event in heard.of_type("message.created")])
            await surely(lambda: seen in [event["entry"]["body"] for event in agent_heard.of_type("entry.appended")])

    play(scene())


def test_the_answer_is_the_one_that_a_request_gets(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, *_ = await stage.served()
            body = words("同一句话")
            by_socket = await post(visitor, body)
            by_request = await visitor.send("同一句话", key=body["client_key"])
            assert by_socket == {"ok": True, **by_request}
            assert written(live) == ["同一句话"]

    play(scene())


def test_the_first_message_opens_a_conversation(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_queue()
            visitors = [(await stage.visitor())[0] for _ in range(4)]
            answers = await asyncio.gather(*(visitor.say("您好") for visitor in visitors))
            assert len({answer["conversation"]["id"] for answer in answers}) == 4
            assert written(live) == ["您好"] * 4

    play(scene())


def test_many_at_once_share_their_transactions_and_keep_their_order(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_queue()
            visitors = [(await stage.visitor())[0] for _ in range(8)]
            for visitor in visitors:
                await visitor.ask_for_person()

            async def talk(visitor: Visitor) -> None:
                # Sent without waiting for the answers, as a page that catches up may.
                asked = [post(visitor, words(f"第{number}句", key=f"key-number-{number}")) for number in range(6)]
                numbers = [answer["message"]["seq"] for answer in await asyncio.gather(*asked)]
                assert numbers == sorted(numbers)

            await asyncio.gather(*(talk(visitor) for visitor in visitors))
            with live.read() as session:
                for visitor in visitors:
                    said = select(Entry.text).where(Entry.conversation_id == visitor.conversation_id)
                    said = said.where(Entry.author_kind == "visitor").order_by(Entry.staff_seq)
                    assert list(session.scalars(said)) == [f"第{number}句" for number in range(6)]

    play(scene())


def test_one_that_is_refused_leaves_its_neighbours_alone(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_queue()
            visitors = [(await stage.visitor())[0] for _ in range(5)]
            for visitor in visitors:
                await visitor.ask_for_person()
            sent = ["好", "  ", "长" * 2001, "好", "好"]
            answers = await asyncio.gather(*(post(v, words(text)) for v, text in zip(visitors, sent, strict=True)))
            assert [answer.get("code") for answer in answers] == [None, "message.empty", "message.too_long", None, None]
            assert [answer.get("status") for answer in answers] == [None, 400, 413, None, None]
            assert written(live) == ["好"] * 3

    play(scene())


def test_what_is_no_message_is_refused_and_changes_nothing(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, *_ = await stage.served()
            wrong: list[Any] = [None, 7, "您好", [], {}, {"client_key": "short"}, words("x") | {"more": 1}]
            wrong += [{"client_key": fresh_key(), "body": {"kind": kind}} for kind in ("text", "voice", "picture")]
            assert {(await post(visitor, data))["code"] for data in wrong} == {"input.malformed"}
            assert written(live) == []

    play(scene())


def test_staff_post_by_request_only(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            _visitor, _, agent, _ = await stage.served()
            answer = await agent.screen.socket.call("post", words("您好"), timeout=PATIENCE)
            assert (answer["code"], answer["status"]) == ("auth.not_permitted", 403)

    play(scene())


def test_posting_too_often_is_refused_together_with_the_route(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            visitor, *_ = await stage.served()
            visitor_id = (await visitor.say("一"))["message"]
            limits, spent = live.desk.services.limits, 0
            with live.read() as session:
                sender = session.scalars(select(Entry.author_id).where(Entry.id == visitor_id["id"])).one()
            while not limits.hit("message.post", f"visitor:{sender}"):
                spent += 1
            answer = await post(visitor, words("二"))
            assert spent > 0
            assert (answer["code"], answer["status"]) == ("rate.limited", 429)
            assert answer["fields"]["retry_after"] > 0
            assert written(live) == ["一"]

    play(scene())
