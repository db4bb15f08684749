"""What a second web process adds to the price of a message: the scaled size with one and with two on one core.

Each process hears of the other's events by Redis, which is what it costs to be two. Only web processes are counted.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.realtime_desk import settle, wait_for
from benchmarks.realtime_lines import Line
from benchmarks.realtime_load import open_sockets, post_by, run
from tests.browser.desk_process import free_port
from tests.fixtures.cluster import Cluster, scaled


def measure_second(folder: Path, *, talking: int, seconds: float) -> dict[str, float]:
    """Return what a message of so many parents costs one process and two together, and what the second one adds."""
    home = folder / "second"
    home.mkdir()
    figures: dict[str, float] = {}
    with scaled(home) as cluster:
        tokens = settle(home, url=cluster.database_url, parents=talking)
        urls: list[str] = []
        for name in ("one_process", "two_processes"):
            urls.append(_add_web(cluster))
            figures |= asyncio.run(_talk(name, cluster, urls=urls, tokens=tokens, seconds=seconds))
    adds = figures["two_processes_cpu_us"] / figures["one_process_cpu_us"] - 1
    return figures | {"second_process_adds": adds}


def _add_web(cluster: Cluster) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with _on_first_core():
        cluster.add_web(f"web-{port}", port=port)
    wait_for(f"{url}/readyz")
    return url


async def _talk(name: str, cluster: Cluster, *, urls: list[str], tokens: list[str], seconds: float) -> dict[str, float]:
    pids = [member.process.pid for member in cluster.members if member.process is not None]
    async with open_sockets() as http:
        known = [{"kind": "visitor", "token": token} for token in tokens]
        lines = [await Line.open(http, urls[at % len(urls)], auth=auth) for at, auth in enumerate(known)]

        async def send(number: int) -> None:
            await post_by(lines[number])

        figures = await run(name, pids, send=send, clients=len(lines), seconds=seconds)
        for line in lines:
            await line.close()
    return figures


@contextmanager
def _on_first_core() -> Iterator[None]:
    """Have what is started meanwhile stay on the machine's first core, as `start_on_first_core` does."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {0})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
