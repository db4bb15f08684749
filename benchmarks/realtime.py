"""What a parent's message costs the server: echo, stored message by HTTP and by socket, on both sizes, in one run.

Run `python -m benchmarks.realtime [--quick] [--json]`. The server has one core and the clients another, where there are
two. `cpu_us` is processor time of the server's process for one message, from /proc: the figure that other work on the
machine disturbs least. Every stored message is on disk (`synchronous=FULL`, or PostgreSQL with `fsync`) before it is
acknowledged. Conversations are with an agent, so that no bot's turn is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.clients import fresh_key
from benchmarks.realtime_desk import Desk, serve_desk
from benchmarks.realtime_lines import Line
from benchmarks.realtime_peer import serve_peer
from benchmarks.report import Target, quantile, show

TALKING = 50
"""Clients that send at the same time, each the next message when the last is acknowledged."""

QUESTIONS = Path(__file__).parents[1] / "tests" / "data" / "bot" / "report_questions.csv"

TARGETS = {
    "sqlite_http_to_socket_cpu_ratio": Target(3, at_least=True),
    "postgres_http_to_socket_cpu_ratio": Target(3, at_least=True),
    "sqlite_socket_ack_p99_ms": Target(250),
    "memory_kib_per_socket": Target(70),
} | {
    f"{store}_{name}": target
    for store in ("sqlite", "postgres")
    for name, target in {
        "socket_cpu_us": Target(300),
        "socket_to_echo_throughput": Target(0.6, at_least=True),
        "crowd_to_node_crowd_p99_ratio": Target(2),
    }.items()
}
NOTES = [
    "echo: a socket acknowledgement of the same server that stores nothing. http, socket: a parent's message on disk,",
    "by request and by socket. node: socket.io of Node that stores nothing. Ratios compare figures of this run only.",
    "crowd: many sockets, of which some send each second, whatever becomes of the others' messages. No two messages",
    "are alike, because the guard that looks for red flags remembers what it has just read.",
]


@dataclass(frozen=True)
class Size:
    """Seconds of each measurement, idle sockets that memory is measured with, and sockets and messages a second."""

    seconds: float
    sockets: tuple[int, ...]
    crowd: int
    rate: int


FULL = Size(seconds=12, sockets=(500, 2000), crowd=2000, rate=500)
QUICK = Size(seconds=3, sockets=(500,), crowd=200, rate=50)
Sender = Callable[[int], Awaitable[Any]]


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
    with ExitStack() as stack:
        peer = stack.enter_context(serve_peer(folder))
        if peer is not None:
            figures |= asyncio.run(_on_peer(peer, size=size))
    return figures | _ratios(figures)


def _ratios(figures: dict[str, float]) -> dict[str, float]:
    found = {}
    for store in ("sqlite", "postgres"):
        socket = figures[f"{store}_socket_cpu_us"]
        found[f"{store}_http_to_socket_cpu_ratio"] = figures[f"{store}_http_cpu_us"] / socket
        found[f"{store}_socket_to_echo_cpu_ratio"] = socket / figures[f"{store}_echo_cpu_us"]
        per_second = figures[f"{store}_socket_per_second"], figures[f"{store}_echo_per_second"]
        found[f"{store}_socket_to_echo_throughput"] = per_second[0] / per_second[1]
        if "node_echo_cpu_us" in figures:
            found[f"{store}_socket_to_node_cpu_ratio"] = socket / figures["node_echo_cpu_us"]
            crowd = figures[f"{store}_crowd_ack_p99_ms"], figures["node_crowd_ack_p99_ms"]
            found[f"{store}_crowd_to_node_crowd_p99_ratio"] = crowd[0] / crowd[1]
    return found


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
    async with _open_http() as http:
        known = [{"kind": "visitor", "token": token} for token in desk.tokens]
        lines = [await Line.open(http, desk.url, auth=auth) for auth in known[:TALKING]]

        async def echo(number: int) -> None:
            await lines[number].ask("ping_desk", {})

        async def by_request(number: int) -> None:
            await _post(http, desk, token=desk.tokens[number])

        async def by_socket(number: int) -> None:
            await _post_by(lines[number])

        figures: dict[str, float] = {}
        for name, send in (("echo", echo), ("http", by_request), ("socket", by_socket)):
            figures |= await _run(f"{desk.store}_{name}", desk.pid, send=send, seconds=size.seconds)
        lines += [await Line.open(http, desk.url, auth=auth) for auth in known[TALKING : size.crowd]]

        async def in_crowd(number: int) -> None:
            await _post_by(lines[number])

        figures |= await _run_crowd(f"{desk.store}_crowd", desk.pid, send=in_crowd, size=size)
        for line in lines:
            await line.close()
    return figures


async def _on_peer(peer: tuple[str, int], *, size: Size) -> dict[str, float]:
    url, pid = peer
    async with _open_http() as http:
        lines = [await Line.open(http, url, auth=None) for _ in range(max(TALKING, size.crowd))]

        async def echo(number: int) -> None:
            await lines[number].ask("post", _message())

        figures = await _run("node_echo", pid, send=echo, seconds=size.seconds)
        figures |= await _run_crowd("node_crowd", pid, send=echo, size=size)
        for line in lines:
            await line.close()
    return figures


async def _run(name: str, pid: int, *, send: Sender, seconds: float) -> dict[str, float]:
    """Have every client send one message after the other for some seconds; return what it cost."""
    took: list[float] = []

    async def talk(number: int, until: float) -> None:
        while (began := time.perf_counter()) < until:
            await send(number)
            took.append((time.perf_counter() - began) * 1000)

    for number in range(TALKING):
        await send(number)
    cpu, began = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(talk(number, began + seconds) for number in range(TALKING)))
    passed, cpu = time.perf_counter() - began, cpu_seconds(pid) - cpu
    return {
        f"{name}_cpu_us": cpu * 1e6 / len(took),
        f"{name}_per_second": len(took) / passed,
        f"{name}_ack_p50_ms": quantile(took, 0.5),
        f"{name}_ack_p99_ms": quantile(took, 0.99),
    }


async def _run_crowd(name: str, pid: int, *, send: Sender, size: Size) -> dict[str, float]:
    """Have one client after the other send at a steady rate; a message's time counts from when it was due."""
    took: list[float] = []

    async def talk(number: int, due: float) -> None:
        await send(number % size.crowd)
        took.append((time.perf_counter() - due) * 1000)

    cpu, began, tasks = cpu_seconds(pid), time.perf_counter(), []
    for number in range(int(size.rate * size.seconds)):
        due = began + number / size.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(talk(number, due)))
    await asyncio.gather(*tasks)
    return {
        f"{name}_cpu_us": (cpu_seconds(pid) - cpu) * 1e6 / len(took),
        f"{name}_ack_p50_ms": quantile(took, 0.5),
        f"{name}_ack_p99_ms": quantile(took, 0.99),
    }


def _open_http() -> aiohttp.ClientSession:
    """Return a session for any number of sockets, each of which keeps its connection."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())


async def _post_by(line: Line) -> None:
    answer = await line.ask("post", _message())
    if not answer["ok"]:
        raise RuntimeError(answer["code"])


async def _post(http: aiohttp.ClientSession, desk: Desk, *, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with http.post(f"{desk.url}/api/chat/messages", json=_message(), headers=headers) as answer:
        answer.raise_for_status()
        await answer.read()


@lru_cache(maxsize=1)
def _questions() -> list[str]:
    """Return what parents ask in their many ways; from none of it the desk has learned."""
    with QUESTIONS.open(encoding="utf-8", newline="") as lines:
        return [row["query"] for row in csv.DictReader(lines)]


def _message() -> dict[str, Any]:
    key = fresh_key()
    number = int(key[-6:], 16)
    text = f"{_questions()[number % len(_questions())]}，尾号{number}"
    return {"client_key": key, "body": {"kind": "text", "text": text}}


async def _memory(desk: Desk, *, size: Size) -> dict[str, float]:
    """Return what an idle socket costs, in KiB of the server's memory, at each number of them."""
    figures, before = {}, memory_kib(desk.pid)
    async with _open_http() as http:
        lines: list[Line] = []
        for number in size.sockets:
            auth = {"kind": "visitor", "token": desk.tokens[0]}
            while len(lines) < number:
                lines += await asyncio.gather(*(Line.open(http, desk.url, auth=auth) for _ in range(20)))
            figures[f"memory_kib_per_socket_at_{number}"] = (memory_kib(desk.pid) - before) / number
        for line in lines:
            await line.close()
    return figures | {"memory_kib_per_socket": list(figures.values())[-1]}


# ---- what a process has cost -------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, its own and the system's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> float:
    """Return the memory that only this process has, in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return float(sum(int(line.split()[1]) for line in lines if line.startswith("Private_")))


if __name__ == "__main__":
    raise SystemExit(main())
