"""The load of the real-time benchmark: who sends how much, what it cost the server, and what parents write."""

from __future__ import annotations

import asyncio
import csv
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.clients import fresh_key, leave_garbage
from benchmarks.realtime_lines import Line
from benchmarks.report import quantile

QUESTIONS = Path(__file__).parents[1] / "tests" / "data" / "bot" / "report_questions.csv"
Sender = Callable[[int], Awaitable[Any]]
"""Sends one message as the client of that number; returns when it is acknowledged."""


def open_sockets() -> aiohttp.ClientSession:
    """Return a session for any number of sockets, each of which keeps its connection."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())


async def run(name: str, pids: Sequence[int], *, send: Sender, clients: int, seconds: float) -> dict[str, float]:
    """Have every client send one message after the other for some seconds; return what it cost."""
    took: list[float] = []

    async def talk(number: int, until: float) -> None:
        while (began := time.perf_counter()) < until:
            await send(number)
            took.append((time.perf_counter() - began) * 1000)

    for number in range(clients):
        await send(number)
    leave_garbage()
    cpu, began = cpu_seconds(pids), time.perf_counter()
    await asyncio.gather(*(talk(number, began + seconds) for number in range(clients)))
    passed, cpu = time.perf_counter() - began, cpu_seconds(pids) - cpu
    return {
        f"{name}_cpu_us": cpu * 1e6 / len(took),
        f"{name}_per_second": len(took) / passed,
        f"{name}_ack_p50_ms": quantile(took, 0.5),
        f"{name}_ack_p99_ms": quantile(took, 0.99),
    }


async def run_crowd(
    name: str, pids: Sequence[int], *, send: Sender, clients: int, rate: int, seconds: float
) -> dict[str, float]:
    """Have one client after the other send at a steady rate; a message's time counts from when it was due."""
    took: list[float] = []

    async def talk(number: int, due: float) -> None:
        await send(number % clients)
        took.append((time.perf_counter() - due) * 1000)

    leave_garbage()
    cpu, began, tasks = cpu_seconds(pids), time.perf_counter(), []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(talk(number, due)))
    await asyncio.gather(*tasks)
    return {
        f"{name}_cpu_us": (cpu_seconds(pids) - cpu) * 1e6 / len(took),
        f"{name}_ack_p50_ms": quantile(took, 0.5),
        f"{name}_ack_p99_ms": quantile(took, 0.99),
    }


async def post_by(line: Line) -> None:
    """Send one message by socket; raise when it is refused."""
    answer = await line.ask("post", message())
    if not answer["ok"]:
        raise RuntimeError(answer["code"])


@lru_cache(maxsize=1)
def questions() -> list[str]:
    """Return what parents ask in their many ways, from none of which the desk has learned.

    Emergencies, one in twenty there, are left out: each raises an alarm, whose work would be counted with the messages.
    """
    with QUESTIONS.open(encoding="utf-8", newline="") as lines:
        return [row["query"] for row in csv.DictReader(lines) if row["expected"] != "emergency"]


def message() -> dict[str, Any]:
    """Return a message like no other, with its key."""
    key = fresh_key()
    number = int(key[-6:], 16)
    text = f"{questions()[number % len(questions())]}，尾号{number}"
    return {"client_key": key, "body": {"kind": "text", "text": text}}


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the processor time that processes have used, their own and the system's for them."""
    told = (Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids)
    return sum(int(fields[11]) + int(fields[12]) for fields in told) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> float:
    """Return the memory that only this process has, in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return float(sum(int(line.split()[1]) for line in lines if line.startswith("Private_")))
