"""The least that the desk's own server can do with a message: its sockets, its line, and one row of one table.

Run `python -m benchmarks.peers.bare_chat PORT DATABASE_URL`. What comes while one transaction runs goes into the next,
by one statement; then it is told to its conversation and acknowledged. What a desk owes a message is left out: who may
write, red flags, the numbers of two timelines, the clock of the reply, search, unread counts, the audit. No desk on
these sockets can be below these figures; what ours are above them is the price of what it does.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import socketio
import uvicorn
from sqlalchemy import Engine, Table, insert

from benchmarks.peers.stock_chat import Message, open_store
from caredesk.edge.meters import Meters
from caredesk.infra.committer import Committer
from caredesk.infra.live import make_server

Json = dict[str, Any]


def main() -> None:
    """Serve until somebody ends it."""
    port, url = sys.argv[1:]
    engine = open_store(url)
    server = make_server()
    # Without the pause between transactions, which spares work at a desk and would only bound what is measured here.
    line = Committer(partial(_keep, engine), meters=Meters(), seconds_apart=0, most_seconds_apart=0)
    _listen(server, post=line.hand_in)
    app = socketio.ASGIApp(server, other_asgi_app=_up)
    uvicorn.run(
        app,
        port=int(port),
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
    )


def _keep(engine: Engine, said: Sequence[Json]) -> list[Json]:
    at = datetime.now(UTC)  # noqa: TID251 (a program of its own, not the desk's)
    rows = [
        {
            "conversation": one["conversation"],
            "client_key": one["client_key"],
            "text": one["body"]["text"],
            "created_at": at,
        }
        for one in said
    ]
    table = cast(Table, Message.__table__)
    with engine.begin() as connection:
        ids = connection.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows).all()
    return [{"id": id_, "text": row["text"], "at": at.isoformat()} for id_, row in zip(ids, rows, strict=True)]


def _listen(server: socketio.AsyncServer, *, post: Callable[[Json], Awaitable[Json]]) -> None:
    async def connect(sid: str, _environ: Json, auth: dict[str, str]) -> None:
        await server.enter_room(sid, auth["conversation"])

    async def posted(_sid: str, said: Json) -> Json:
        told = await post(said)
        await server.emit("message", told, to=said["conversation"])
        return {"ok": True, "message": told}

    server.on("connect", connect)
    server.on("post", posted)


async def _up(_scope: Json, _receive: object, send: Callable[[Json], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"up"})


if __name__ == "__main__":
    main()
