"""What a parent's message costs the server: echo, stored message by HTTP and by socket, on both sizes, beside peers.

Run `python -m benchmarks.realtime [--quick] [--json]`. The server has one core and the clients another, where there are
two. `cpu_us` is processor time of the server's process for one message, from /proc: the figure that other work on the
machine disturbs least. Every stored message is on disk (`synchronous=FULL`, or PostgreSQL with `fsync`) before it is
acknowledged. Conversations are with an agent, so that no bot's turn is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import aiohttp

from benchmarks.clients import fresh_key
from benchmarks.realtime_chats import CHATS, serve_chat
from benchmarks.realtime_desk import Desk, serve_desk
from benchmarks.realtime_lines import Line
from benchmarks.realtime_load import Sender, memory_kib, message, open_sockets, post_by, run, run_crowd
from benchmarks.realtime_peer import serve_peer
from benchmarks.realtime_second import measure_second
from benchmarks.realtime_xmpp import Xmpp, XmppLine, serve_xmpp
from benchmarks.report import Target, show

TALKING = 50
"""Clients that send at the same time, each the next message when the last is acknowledged."""

TARGETS = {
    "sqlite_http_to_socket_cpu_ratio": Target(3, at_least=True),
    "postgres_http_to_socket_cpu_ratio": Target(3, at_least=True),
    "sqlite_socket_ack_p99_ms": Target(250),
    "memory_kib_per_socket": Target(70),
    "second_process_adds": Target(0.6),
} | {
    f"{store}_{name}": target
    for store in ("sqlite", "postgres")
    for name, target in {
        "stock_to_socket_cpu_ratio": Target(10, at_least=True),
        "socket_to_echo_throughput": Target(0.6, at_least=True),
        "crowd_to_node_crowd_p99_ratio": Target(2),
        "socket_to_ejabberd_cpu_ratio": Target(1),
    }.items()
}
NOTES = [
    "echo: a socket acknowledgement of the same server that stores nothing. http, socket: a parent's message on disk,",
    "by request and by socket. stock: Flask-SocketIO as it comes, one commit of an ORM row for each message, no more.",
    "bare: the desk's own sockets and line with one row of one table, the least that a desk on them could cost.",
    "node: socket.io of Node that stores nothing. ejabberd: archived in PostgreSQL before it is acknowledged, where",
    "Debian's packages are installed. A quick run leaves out stock, bare, ejabberd and a second process.",
    "Ratios compare figures of this run only.",
    "crowd: many sockets, of which some send each second, whatever becomes of the others' messages. No two messages",
    "are alike, because the guard that looks for red flags remembers what it has just read.",
]


@dataclass(frozen=True)
class Size:
    """Seconds of each measurement, idle sockets that memory is measured with, and sockets and messages a second.

    What takes long to start, stock, ejabberd and a second process, is measured in a `whole` run only.
    """

    seconds: float
    sockets: tuple[int, ...]
    crowd: int
    rate: int
    whole: bool


FULL = Size(seconds=12, sockets=(500, 2000), crowd=2000, rate=500, whole=True)
QUICK = Size(seconds=2, sockets=(500,), crowd=200, rate=50, whole=False)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    with tempfile.TemporaryDirectory() as folder, _clients_core():
        figures = measure(Path(folder), size=size)
    return show(figures, targets=TARGETS, notes=NOTES, as_json=options.json)


def measure(folder: Path, *, size: Size) -> dict[str, float]:
    """Return all figures of one run."""
    figures: dict[str, float] = {}
    for store in ("sqlite", "postgres"):
        with serve_desk(folder / store, store=store, parents=max(TALKING, size.crowd)) as desk:
            # First, while nothing that was used and let go could be used again.
            if store == "sqlite":
                figures |= asyncio.run(_memory(desk, size=size))
            figures |= asyncio.run(_on_desk(desk, size=size))
    with serve_peer(folder) as peer:
        if peer is not None:
            figures |= asyncio.run(_on_peer(peer, size=size))
    if size.whole:
        for store, chat in product(("sqlite", "postgres"), CHATS):
            with serve_chat(folder, chat=chat, store=store) as peer:
                figures |= asyncio.run(_on_chat(f"{store}_{chat}", peer, size=size))
        with serve_xmpp(folder, people=max(TALKING, size.crowd)) as xmpp:
            if xmpp is not None:
                figures |= asyncio.run(_on_xmpp(xmpp, size=size))
        figures |= measure_second(folder, talking=TALKING, seconds=size.seconds)
    return figures | _ratios(figures)


def _ratios(figures: dict[str, float]) -> dict[str, float]:
    found = {}
    for store in ("sqlite", "postgres"):
        socket = figures[f"{store}_socket_cpu_us"]
        found[f"{store}_http_to_socket_cpu_ratio"] = figures[f"{store}_http_cpu_us"] / socket
        found[f"{store}_socket_to_echo_cpu_ratio"] = socket / figures[f"{store}_echo_cpu_us"]
        per_second = figures[f"{store}_socket_per_second"], figures[f"{store}_echo_per_second"]
        found[f"{store}_socket_to_echo_throughput"] = per_second[0] / per_second[1]
        if f"{store}_stock_cpu_us" in figures:
            found |= _ratios_of_chats(figures, store=store)
        if "ejabberd_cpu_us" in figures:
            found[f"{store}_socket_to_ejabberd_cpu_ratio"] = socket / figures["ejabberd_cpu_us"]
        if "node_echo_cpu_us" in figures:
            found[f"{store}_socket_to_node_cpu_ratio"] = socket / figures["node_echo_cpu_us"]
            crowd = figures[f"{store}_crowd_ack_p99_ms"], figures["node_crowd_ack_p99_ms"]
            found[f"{store}_crowd_to_node_crowd_p99_ratio"] = crowd[0] / crowd[1]
    return found


def _ratios_of_chats(figures: dict[str, float], *, store: str) -> dict[str, float]:
    stock, bare = figures[f"{store}_stock_cpu_us"], figures[f"{store}_bare_cpu_us"]
    return {
        f"{store}_stock_to_socket_cpu_ratio": stock / figures[f"{store}_socket_cpu_us"],
        f"{store}_stock_to_bare_cpu_ratio": stock / bare,
        f"{store}_socket_to_bare_cpu_ratio": figures[f"{store}_socket_cpu_us"] / bare,
        f"{store}_bare_to_echo_throughput": figures[f"{store}_bare_per_second"] / figures[f"{store}_echo_per_second"],
    }


@contextmanager
def _clients_core() -> Iterator[None]:
    """Keep this process off the server's core, which is the first."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


# ---- the load --------------------------------------------------------------------------------------------


async def _on_desk(desk: Desk, *, size: Size) -> dict[str, float]:
    async with open_sockets() as http:
        known = [{"kind": "visitor", "token": token} for token in desk.tokens]
        lines = [await Line.open(http, desk.url, auth=auth) for auth in known[:TALKING]]

        async def echo(number: int) -> None:
            await lines[number].ask("ping_desk", {})

        async def by_request(number: int) -> None:
            await _post(http, desk, token=desk.tokens[number])

        async def by_socket(number: int) -> None:
            await post_by(lines[number])

        figures: dict[str, float] = {}
        for name, send in (("echo", echo), ("http", by_request), ("socket", by_socket)):
            figures |= await _steady(f"{desk.store}_{name}", desk.pid, send=send, size=size)
        lines += [await Line.open(http, desk.url, auth=auth) for auth in known[TALKING : size.crowd]]
        figures |= await _crowd(f"{desk.store}_crowd", desk.pid, send=by_socket, size=size)
        for line in lines:
            await line.close()
    return figures


async def _on_peer(peer: tuple[str, int], *, size: Size) -> dict[str, float]:
    url, pid = peer
    async with open_sockets() as http:
        lines = [await Line.open(http, url, auth=None) for _ in range(max(TALKING, size.crowd))]

        async def echo(number: int) -> None:
            await lines[number].ask("post", message())

        figures = await _steady("node_echo", pid, send=echo, size=size)
        figures |= await _crowd("node_crowd", pid, send=echo, size=size)
        for line in lines:
            await line.close()
    return figures


async def _on_chat(name: str, peer: tuple[str, int], *, size: Size) -> dict[str, float]:
    url, pid = peer
    async with open_sockets() as http:
        talks = [{"conversation": fresh_key()} for _ in range(max(TALKING, size.crowd))]
        lines = [await Line.open(http, url, auth=talk) for talk in talks[:TALKING]]

        async def send(number: int) -> None:
            await lines[number].ask("post", message() | talks[number])

        figures = await _steady(name, pid, send=send, size=size)
        if name.endswith("bare"):
            lines += [await Line.open(http, url, auth=talk) for talk in talks[TALKING:]]
            figures |= await _crowd(f"{name}_crowd", pid, send=send, size=size)
        for line in lines:
            await line.close()
    return figures


async def _on_xmpp(xmpp: Xmpp, *, size: Size) -> dict[str, float]:
    lines = [await XmppLine.open(xmpp.port, number=number) for number in range(max(TALKING, size.crowd))]

    async def send(number: int) -> None:
        said = message()
        await lines[number].send(said["body"]["text"], key=said["client_key"])

    figures = await _steady("ejabberd", xmpp.pid, send=send, size=size)
    figures |= await _crowd("ejabberd_crowd", xmpp.pid, send=send, size=size)
    for line in lines:
        await line.close()
    return figures


async def _steady(name: str, *pids: int, send: Sender, size: Size) -> dict[str, float]:
    return await run(name, pids, send=send, clients=TALKING, seconds=size.seconds)


async def _crowd(name: str, pid: int, *, send: Sender, size: Size) -> dict[str, float]:
    return await run_crowd(name, [pid], send=send, clients=size.crowd, rate=size.rate, seconds=size.seconds)


async def _post(http: aiohttp.ClientSession, desk: Desk, *, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with http.post(f"{desk.url}/api/chat/messages", json=message(), headers=headers) as answer:
        answer.raise_for_status()
        await answer.read()


async def _memory(desk: Desk, *, size: Size) -> dict[str, float]:
    """Return what an idle socket costs, in KiB of the server's memory, at each number of them."""
    figures, before = {}, memory_kib(desk.pid)
    async with open_sockets() as http:
        lines: list[Line] = []
        for number in size.sockets:
            auth = {"kind": "visitor", "token": desk.tokens[0]}
            while len(lines) < number:
                lines += await asyncio.gather(*(Line.open(http, desk.url, auth=auth) for _ in range(20)))
            figures[f"memory_kib_per_socket_at_{number}"] = (memory_kib(desk.pid) - before) / number
        for line in lines:
            await line.close()
    return figures | {"memory_kib_per_socket": list(figures.values())[-1]}


if __name__ == "__main__":
    raise SystemExit(main())
