"""Live screens over Socket.IO: connect, watch, typing, and a parent's messages. All other commands go by HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol

import orjson
import socketio
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from caredesk.core.doing import doing
from caredesk.core.errors import CareDeskError, Refused, SignInNeeded
from caredesk.edge import watching
from caredesk.edge.errors import DeskFault, MalformedPayload
from caredesk.edge.services import Services
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.events.catalogue import ConversationChanged, SignedOut
from caredesk.events.continuity_events import ConditionChanged
from caredesk.events.shapes import Seq
from caredesk.infra.fan_out import FanOut
from caredesk.infra.heads import tell_heads
from caredesk.infra.lean_sockets import LeanSockets
from caredesk.infra.slow_screens import SlowScreens

log = logging.getLogger(__name__)

CONVERSATION_CHANGED = ConversationChanged.model_fields["type"].default
SIGNED_OUT = SignedOut.model_fields["type"].default

BEAT_SECONDS = 15
CALL_BACK_SECONDS = 3.0
LARGEST_FRAME = 20_000
"""Bytes; the longest message has half as many. What may be larger goes by HTTP."""

Answer = dict[str, Any]


class Posts(Protocol):
    """Takes a parent's message from a socket."""

    async def post(self, visitor_id: str, data: object) -> Answer:
        """Return the answer when the message is on disk; raise what is wrong with it, or that it was not taken."""
        ...


Name = Annotated[str, Field(max_length=36, pattern=r"^[A-Za-z0-9-]*$")]
"""An id as a client may send it; PostgreSQL takes no NUL characters, not even to compare with."""


class WatchRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    conversation_id: Name
    after: Seq = 0


class OneConversation(BaseModel):
    model_config = ConfigDict(extra="forbid")
    conversation_id: Name


class FastJson:
    """orjson behind the interface Socket.IO asks for; it leaves Chinese unescaped and is several times faster."""

    @staticmethod
    def dumps(value: object, **_options: object) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_options: object) -> object:
        return orjson.loads(text)


class PlainPacket(socketio.packet.Packet):
    """A packet without attachments: nobody sends any, and whoever announces them would have us keep them all."""

    uses_binary_events = False

    def decode(self, encoded_packet: str) -> int | None:
        count: int | None = super().decode(encoded_packet)
        if count:
            raise ValueError
        return count


def make_server() -> socketio.AsyncServer:
    """Return the Socket.IO server. Without a list of origins it accepts our own pages only."""
    return LeanSockets(
        async_mode="asgi",
        client_manager=FanOut(),
        # One client's events stay in order; a slow handler delays only that client.
        async_handlers=False,
        serializer=PlainPacket,
        json=FastJson,
        max_http_buffer_size=LARGEST_FRAME,
        ping_interval=20,
        ping_timeout=10,
    )


class Live:
    """The socket surface. Who is behind a socket is settled once, at connect, and kept in `seats`."""

    def __init__(self, server: socketio.AsyncServer, *, services: Services, posts: Posts) -> None:
        self._server = server
        self._posts = posts
        self._services = services
        self._seats: dict[str, watching.Seat] = {}
        self._typed: dict[str, float] = {}
        self._slow = SlowScreens(server)
        self._meters = services.meters
        self._meters.watch(
            "caredesk_sockets", about="Screens that are connected.", labels=("kind",), read=self._count_seats
        )

    def count(self) -> int:
        """Return how many screens are connected."""
        return len(self._seats)

    def _count_seats(self) -> list[tuple[tuple[str, ...], float]]:
        kinds = [seat.kind for seat in list(self._seats.values())]
        return [((kind,), float(kinds.count(kind))) for kind in ("staff", "visitor")]

    def register(self) -> None:
        """Bind the handlers; each name is listed here and nowhere else."""
        on = self._server.on
        on("connect", self._connect)
        on("disconnect", self._disconnect)
        on("watch", self._watch)
        on("unwatch", self._unwatch)
        on("typing", self._typing)
        on("post", self._post)
        on("ping_desk", self._ping)
        on("*", self._unknown)

    async def beat(self) -> None:
        """Tell every screen the time and the heads of what it watches, so that a lost last event is noticed."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + BEAT_SECONDS, loop.time())
            await asyncio.sleep(due - loop.time())
            try:
                await self._beat_once()
            except StoreUnavailable:
                # Told once by whoever watches the database.
                continue
            except Exception:
                log.exception("beat_failed")

    def tell_staff(self, event: ConditionChanged, *, loop: asyncio.AbstractEventLoop) -> None:
        """Tell everyone of the staff who sits here, from any thread and without the database."""
        asyncio.run_coroutine_threadsafe(self._tell_staff(event), loop)

    async def _tell_staff(self, event: ConditionChanged) -> None:
        for sid, seat in list(self._seats.items()):
            if seat.kind == "staff":
                await self._server.emit("event", event.wire, to=sid)

    async def _beat_once(self) -> None:
        seats = dict(self._seats)
        await tell_heads(self._server, services=self._services, seats=self._seats)
        # Sessions also end by their age, by being left alone, or by a command that runs in another process; and lock.
        await self._close_shut_out(list(seats.items()))
        await self._leave_what_is_over(seats)
        await self._forget_leftovers()
        if not await asyncio.to_thread(watching.note_alive, self._services):
            # The others have taken this process for dead, and forgotten who sits here.
            await self.call_back()

    async def _leave_what_is_over(self, seats: dict[str, watching.Seat]) -> None:
        """Take screens out of conversations that were opened for a purpose and whose time is over."""
        now = self._services.clock.now()
        for sid, seat in seats.items():
            if seat.open_until is not None and seat.open_until <= now:
                seat.open_until = None
                if seat.watching and not await asyncio.to_thread(watching.may_watch, self._services, seat=seat):
                    await self._stop_watching(sid, seat=seat)

    async def _forget_leftovers(self) -> None:
        """Drop what stands in the store as connected here although the screen has gone."""
        noted = await asyncio.to_thread(watching.noted_screens, self._services)
        # A screen takes its seat before it is noted, so whoever is noted and has no seat by now has left.
        gone = [sid for sid in noted if sid not in self._seats]
        if gone:
            await asyncio.to_thread(watching.forget_screens, self._services, sids=gone)

    async def follow(self, payload: dict[str, Any]) -> None:
        """Do what an event means for sockets: nobody hears of a conversation, or anything, longer than they may.

        It is looked at as it goes over the wire, for another process may have sent it.
        """
        await self._send_away_the_slow()
        kind = payload["type"]
        if kind == CONVERSATION_CHANGED and (payload["previous_assignee_id"] or payload["previous_queue_id"]):
            for sid, seat in self._seats_that_may_have_lost(payload):
                if not await asyncio.to_thread(watching.may_watch, self._services, seat=seat):
                    await self._stop_watching(sid, seat=seat)
        elif kind == SIGNED_OUT:
            gone = payload["staff_id"]
            await self._close_shut_out([(sid, seat) for sid, seat in self._seats.items() if seat.id == gone])

    async def _send_away_the_slow(self) -> None:
        for sid in self._slow.among(self._seats):
            seat = self._seats.get(sid)
            if seat is not None:
                self._meters.slow_clients.labels(seat.kind).inc()
                log.info("slow_screen_sent_away", extra={"kind": seat.kind})
                await self._server.disconnect(sid)

    async def call_back(self) -> None:
        """Have every screen come again and fetch what it missed; one after the other, for all at once is a storm."""
        screens = list(self._seats)
        for sid in screens:
            await self._server.disconnect(sid)
            await asyncio.sleep(CALL_BACK_SECONDS / len(screens))

    def _seats_that_may_have_lost(self, payload: dict[str, Any]) -> list[tuple[str, watching.Seat]]:
        """Return who may have seen a conversation by right of its last owner or queue, or others of the same family."""
        return [
            (sid, seat)
            for sid, seat in self._seats.items()
            if seat.kind == "staff" and seat.watching is not None and not seat.sees_everything
            if seat.watching == payload["conversation"]["id"] or seat.id == payload["previous_assignee_id"]
        ]

    async def _stop_watching(self, sid: str, *, seat: watching.Seat) -> None:
        if seat.watching is not None:
            await self._server.leave_room(sid, seat.room_of(seat.watching))
            seat.watching = None
            await asyncio.to_thread(watching.look_away, self._services, sid=sid, seat=seat)

    async def _close_shut_out(self, seats: Sequence[tuple[str, watching.Seat]]) -> None:
        for sid, seat in seats:
            # A parent's visit neither ends nor locks while its page is open.
            if seat.session_id is not None and await asyncio.to_thread(watching.is_shut_out, self._services, seat=seat):
                await self._server.disconnect(sid)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        try:
            seat = await asyncio.to_thread(watching.take_seat, self._services, environ=environ, auth=auth)
            await self._take_place(sid, seat=seat)
        except CareDeskError as refusal:
            self._meters.screens_refused.labels(refusal.code).inc()
            raise _refused(refusal.code) from None
        except Exception:
            self._meters.screens_refused.labels(DeskFault.code).inc()
            log.exception("connect_failed")
            self._seats.pop(sid, None)
            raise _refused(DeskFault.code) from None

    async def _take_place(self, sid: str, *, seat: watching.Seat) -> None:
        self._seats[sid] = seat
        self._meters.screens_opened.labels(seat.kind).inc()
        for room in seat.rooms:
            await self._server.enter_room(sid, room)
        await asyncio.to_thread(watching.arrive, self._services, sid=sid, seat=seat)

    async def _disconnect(self, sid: str, reason: object = None) -> None:
        seat = self._seats.pop(sid, None)
        self._typed.pop(sid, None)
        if seat is None:
            return
        self._meters.screens_closed.labels(seat.kind, _how(reason)).inc()
        try:
            in_silence = reason == self._server.reason.PING_TIMEOUT
            await asyncio.to_thread(watching.leave, self._services, sid=sid, seat=seat, in_silence=in_silence)
        except Exception:
            log.exception("disconnect_failed")

    async def _watch(self, sid: str, data: object = None, *_more: object) -> Answer:
        async def watch(seat: watching.Seat) -> Answer:
            request = WatchRequest.model_validate(data)
            room = await asyncio.to_thread(
                watching.room_to_watch, self._services, seat=seat, conversation_id=request.conversation_id
            )
            if seat.watching and seat.watching != request.conversation_id:
                await self._server.leave_room(sid, seat.room_of(seat.watching))
            # First the room, then the history: the other way round an event could fall between them.
            await self._server.enter_room(sid, room)
            seat.watching = request.conversation_id
            try:
                return await asyncio.to_thread(
                    watching.catch_up, self._services, sid=sid, seat=seat, after=request.after
                )
            except CareDeskError:
                # It was lost between the first look and the second.
                await self._stop_watching(sid, seat=seat)
                raise

        return await self._answer(sid, watch)

    async def _unwatch(self, sid: str, data: object = None, *_more: object) -> Answer:
        async def unwatch(seat: watching.Seat) -> Answer:
            request = OneConversation.model_validate(data)
            if seat.watching == request.conversation_id:
                await self._stop_watching(sid, seat=seat)
            return {}

        return await self._answer(sid, unwatch)

    async def _typing(self, sid: str, data: object = None, *_more: object) -> Answer:
        async def typing(seat: watching.Seat) -> Answer:
            request = OneConversation.model_validate(data)
            now = asyncio.get_running_loop().time()
            # More often than once a second tells nobody anything new.
            if seat.watching == request.conversation_id and now - self._typed.get(sid, 0.0) >= 1.0:
                self._typed[sid] = now
                await asyncio.to_thread(watching.type_in, self._services, seat=seat)
            return {}

        return await self._answer(sid, typing)

    async def _post(self, sid: str, data: object = None, *_more: object) -> Answer:
        async def post(seat: watching.Seat) -> Answer:
            if seat.kind != "visitor":
                raise Refused
            return await self._posts.post(seat.id, data)

        return await self._answer(sid, post)

    async def _ping(self, sid: str, *_data: object) -> Answer:
        async def ping(_seat: watching.Seat) -> Answer:
            return {"at": self._services.clock.now().isoformat()}

        return await self._answer(sid, ping)

    async def _unknown(self, _event: str, _sid: str, *_data: object) -> Answer:
        return _refusal(MalformedPayload())

    async def _answer(self, sid: str, handler: Callable[[watching.Seat], Any]) -> Answer:
        """Run a handler under its name, with a span of its own, and count how it ended."""
        name = handler.__name__
        span = self._services.traces.span(f"socket {name}", kind="server", attributes={"caredesk.request": name})
        with doing("socket", name), span as told:
            reply = await self._reply(sid, handler)
            outcome = "done" if reply["ok"] else reply["code"]
            told.note("caredesk.outcome", outcome)
        self._meters.socket_requests.labels(name, outcome).inc()
        return reply

    async def _reply(self, sid: str, handler: Callable[[watching.Seat], Any]) -> Answer:
        """Run a handler and answer its acknowledgement; whatever a client sends, the socket lives on."""
        seat = self._seats.get(sid)
        if seat is None:
            return _refusal(SignInNeeded())
        try:
            return {"ok": True, **await handler(seat)}
        except ValidationError:
            return _refusal(MalformedPayload())
        except CareDeskError as refusal:
            return _refusal(refusal)
        except Exception:
            log.exception("socket_request_failed")
            return _refusal(DeskFault())


def _refusal(error: CareDeskError) -> Answer:
    """Return a refusal as a request would tell it, its status among the rest: by that a page knows what may pass."""
    return {"ok": False, "code": error.code, "fields": error.fields, "status": error.status}


_WAYS_TO_LEAVE = frozenset(
    {"client disconnect", "server disconnect", "ping timeout", "transport close", "transport error"}
)


def _how(reason: object) -> str:
    """Return how a screen left, as the server names it; an unknown name is counted as other."""
    return str(reason).replace(" ", "_") if reason in _WAYS_TO_LEAVE else "other"


def _refused(code: str) -> Exception:
    return socketio.exceptions.ConnectionRefusedError(code, {"code": code})
