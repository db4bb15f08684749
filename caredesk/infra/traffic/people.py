"""The cast at work: what parents, agents and doctors do with their clients, deed by deed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import cycle

from caredesk.infra.traffic.clients import DeskOver, Json, Refused, Screen, SignedIn
from caredesk.infra.traffic.plan import Deed, Manner
from caredesk.infra.traffic.tally import Tally

LAST_LOOK = 5.0
"""Seconds that somebody who leaves waits for what is still on its way to the screen."""
SILENCE = 90.0
"""Seconds of the desk's time after which an agent closes a conversation in which nothing more is written."""
LOOK_EVERY = 0.05
LOOKS, LOOK_AGAIN = 40, 0.5
"""How often, and after how many seconds, a screen that lacks something is brought up to date before it counts."""


class Parent:
    """One parent with a phone; knows which of their messages the desk has acknowledged and which the screen showed."""

    def __init__(self, desk: DeskOver, *, who: int, tally: Tally) -> None:
        """Take the desk, which of the parents this is, and where to count."""
        self._desk, self._who, self._tally = desk, who, tally
        self._headers: Json = {}
        self._screen: Screen | None = None
        self._acknowledged: dict[str, list[str]] = {}
        self._shown: list[str] = []
        self._asked_at: float | None = None
        self._sent = 0

    async def do(self, deed: Deed) -> None:
        """Do one thing; what the desk refuses is counted and left."""
        try:
            match deed.what:
                case "arrive":
                    await self._arrive()
                case "say":
                    await self._say(deed.text)
                case "ask_person":
                    self._sent += 1
                    await self._post("/api/chat/person", {"client_key": self._key()})
                case _:
                    await self._leave()
        except Refused as refused:
            self._tally.refused[refused.code] += 1

    async def _arrive(self) -> None:
        visit = await self._desk.ask("POST", "/api/chat/visit", body={"language": "zh"})
        self._headers = {"Authorization": f"Bearer {visit['token']}"}
        auth = {"kind": "visitor", "token": visit["token"]}
        self._screen = Screen(self._desk.url, auth=auth, headers={}, told=self._see)
        await self._screen.open()

    async def _say(self, text: str) -> None:
        self._sent += 1
        key, began = self._key(), time.monotonic()
        self._asked_at = began
        self._tally.sent += 1
        posted = await self._post("/api/chat/messages", {"client_key": key, "body": {"kind": "text", "text": text}})
        self._tally.acknowledged += 1
        self._tally.acknowledged_in.append(time.monotonic() - began)
        self._acknowledged.setdefault(posted["conversation"]["id"], []).append(key)

    async def _post(self, path: str, body: Json) -> Json:
        posted = await self._desk.ask("POST", path, body=body, headers=self._headers)
        if self._screen is not None:
            await self._screen.watch(posted["conversation"]["id"])
        return posted

    def _key(self) -> str:
        return f"traffic-{self._who}-{self._sent}"

    def _see(self, event: Json) -> None:
        if event["type"] != "message.created":
            return
        message = event["message"]
        if message["author"] == "visitor":
            self._shown.append(message["client_key"])
        elif message["author"] in ("bot", "agent") and self._asked_at is not None:
            self._tally.answered_in.append(time.monotonic() - self._asked_at)
            self._asked_at = None

    async def _leave(self) -> None:
        """Wait for what is on its way, compare what was acknowledged with what is kept and shown, and go."""
        if self._screen is None:
            return
        await until(lambda: self._asked_at is None, seconds=LAST_LOOK)
        for conversation_id, keys in self._acknowledged.items():
            await self._show_all(keys, conversation_id=conversation_id)
            page = await self._desk.ask("GET", f"/api/chat/conversations/{conversation_id}", headers=self._headers)
            messages = page["messages"]
            self._tally.check(keys, kept=[m["client_key"] for m in messages if m["client_key"]], shown=self._shown)
            self._tally.count_answers([m["author"] for m in messages])
            with suppress(Refused):
                await self._desk.ask("POST", f"/api/chat/conversations/{conversation_id}/end", headers=self._headers)
        await self._screen.close()
        self._screen = None

    async def _show_all(self, keys: Sequence[str], *, conversation_id: str) -> None:
        """Bring the screen up to date, again while its socket is just being connected anew."""
        for _ in range(LOOKS):
            if self._screen is not None:
                await self._screen.watch(conversation_id)
            if set(keys) <= set(self._shown):
                return
            await asyncio.sleep(LOOK_AGAIN)


class Agent:
    """Somebody at the console who takes every offer, answers in their own time, and closes."""

    def __init__(self, person: SignedIn, *, manner: Manner, speed: float, tally: Tally) -> None:
        """Take the session, how the agent works, how many times faster than life, and where to count."""
        self._person, self._speed, self._tally = person, speed, tally
        self._replies: Iterator[str] = cycle(manner.replies)
        self._pauses, self._exchanges = cycle(manner.pauses), cycle(manner.exchanges)
        self._screen = person.screen(told=self._see)
        self._written: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._choice: Json = {}
        self._count = 0

    async def come_on_duty(self) -> None:
        """Open the console, be ready, and take what is already on offer."""
        await self._screen.open()
        shown = await self._person.ask("GET", "/api/console/snapshot")
        outcome = next(one for one in shown["close_outcomes"] if one["key"])
        category = outcome["parent"] or shown["close_categories"][0]["key"]
        self._choice = {"category": category, "outcome": outcome["key"], "note": ""}
        await self._person.ask("PUT", "/api/console/presence", body={"state": "ready", "reason": ""})
        for offer in shown["offers"]:
            self._start(offer)

    async def go_off_duty(self) -> None:
        """Close what is still open and go off duty."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for conversation_id in list(self._written):
            await self._close(conversation_id)
        await self._screen.close()
        with suppress(Refused):
            await self._person.ask("POST", "/api/auth/sign-out")

    def _see(self, event: Json) -> None:
        if event["type"] == "offer.made":
            self._start(event["offer"])
        elif event["type"] == "conversation.changed":
            row = event["conversation"]
            written = self._written.get(row["id"])
            if written is not None and row["last_message_by"] == "visitor":
                written.set()

    def _start(self, offer: Json) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(offer["id"], offer["conversation_id"]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, offer_id: str, conversation_id: str) -> None:
        try:
            await self._person.ask("POST", f"/api/console/offers/{offer_id}/accept", body={})
        except Refused as refused:
            self._tally.refused[refused.code] += 1
            return
        self._tally.accepted += 1
        written = self._written.setdefault(conversation_id, asyncio.Event())
        for _ in range(next(self._exchanges)):
            written.clear()
            await asyncio.sleep(next(self._pauses) / self._speed)
            if not await self._reply(conversation_id):
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(written.wait(), timeout=SILENCE / self._speed)
            if not written.is_set():
                break
        await self._close(conversation_id)

    async def _reply(self, conversation_id: str) -> bool:
        """Say the next reply; tell whether the conversation was still this agent's."""
        self._count += 1
        body = {
            "client_key": f"traffic-{self._person.staff_id[-12:]}-{time.monotonic_ns()}-{self._count}",
            "body": {"kind": "text", "text": next(self._replies)},
            "seen_seq": 0,
            "confirmed": True,
        }
        try:
            await self._person.ask("POST", f"/api/console/conversations/{conversation_id}/replies", body=body)
        except Refused as refused:
            self._tally.refused[refused.code] += 1
            return False
        self._tally.replies += 1
        return True

    async def _close(self, conversation_id: str) -> None:
        self._written.pop(conversation_id, None)
        path = f"/api/console/conversations/{conversation_id}/close"
        try:
            await self._person.ask("POST", path, body=self._choice)
        except Refused:
            # The parent was faster.
            return
        self._tally.closed += 1


class Doctor:
    """A doctor with a phone who has patients called."""

    def __init__(self, person: SignedIn, *, tally: Tally) -> None:
        """Take the session and where to count."""
        self._person, self._tally, self._count = person, tally, 0

    async def do(self, deed: Deed) -> None:
        """Have one of today's patients called; without any there is nothing to do."""
        try:
            day = await self._person.ask("GET", "/api/doctor/today")
            patients = [one for session in day["sessions"] for one in session["patients"]] + day["others"]
            if not patients:
                return
            self._count += 1
            body = {
                "client_key": f"traffic-{time.monotonic_ns()}-{self._count}",
                "type_key": "call_patient",
                "appointment_id": patients[deed.number % len(patients)]["appointment_id"],
                "form": {},
            }
            await self._person.ask("POST", "/api/doctor/requests", body=body)
        except Refused as refused:
            self._tally.refused[refused.code] += 1
            return
        self._tally.call_ups += 1


async def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until a condition holds; tell whether it did in time."""
    for _ in range(int(seconds / LOOK_EVERY)):
        if condition():
            return True
        await asyncio.sleep(LOOK_EVERY)
    return condition()
