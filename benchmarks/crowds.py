"""What a message costs as ever more parents are connected, each with a conversation of their own; and all coming back.

Run `python -m benchmarks.crowds [--quick] [--json] [--postgres] [--crowds N,N] [--plot FILE]`. At each size the same
number of messages a second is posted, whoever's turn it is, so that what differs is the crowd alone; then every socket
is cut at once and all come back as fast as they can, while one of them goes on writing. Server and clients have a core
each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from benchmarks.growth_plot import Line as Curve
from benchmarks.growth_plot import draw_growth
from benchmarks.realtime_desk import Desk, serve_desk
from benchmarks.realtime_lines import Line
from benchmarks.realtime_load import open_sockets, post_by, run_crowd
from benchmarks.report import Target, machine, quantile, show

TARGETS = {
    "ack_p99_growth": Target(3),
    "storm_ack_p99_ms": Target(1000),
}
NOTES = [
    "ack: from when a message was due to its acknowledgement, which means on disk; cpu: of the server, a message.",
    "growth: the largest crowd's p99 as a multiple of the smallest's. storm: all sockets of the largest crowd were cut",
    "and come back at once; ack is of one parent who stays and goes on writing, back of the last who is back.",
]


@dataclass(frozen=True)
class Size:
    """Crowds, messages a second, and seconds at each."""

    crowds: tuple[int, ...]
    rate: int
    seconds: float


FULL = Size(crowds=(100, 500, 1000, 2000, 4000), rate=100, seconds=15)
QUICK = Size(crowds=(50, 200), rate=40, seconds=4)


def main() -> int:
    """Measure, print, and draw when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL and Valkey instead of SQLite")
    parser.add_argument("--plot", type=Path, help="where to draw the times as SVG")
    parser.add_argument("--crowds", help="other sizes, with commas between them, for a machine that does other work")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    if options.crowds:
        size = replace(size, crowds=tuple(sorted(int(crowd) for crowd in options.crowds.split(","))))
    store = "postgres" if options.postgres else "sqlite"
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_desk(Path(folder) / store, store=store, parents=size.crowds[-1]) as desk,
    ):
        _leave_the_first_core()
        figures = asyncio.run(_measure(desk, size=size))
    if options.plot:
        options.plot.write_text(_plot(figures, crowds=size.crowds, store=store), encoding="utf-8")
    return show(figures, targets=TARGETS, notes=NOTES, as_json=options.json)


async def _measure(desk: Desk, *, size: Size) -> dict[str, float]:
    figures: dict[str, float] = {}
    async with open_sockets() as http:
        lines: list[Line] = []

        async def send(number: int) -> None:
            await post_by(lines[number])

        for crowd in size.crowds:
            lines += await _connect(http, desk, tokens=desk.tokens[len(lines) : crowd])
            figures |= await run_crowd(
                f"at_{crowd}", [desk.pid], send=send, clients=crowd, rate=size.rate, seconds=size.seconds
            )
        figures |= await _storm(http, desk, lines=lines)
        for line in lines:
            await line.close()
    first, last = size.crowds[0], size.crowds[-1]
    return figures | {"ack_p99_growth": figures[f"at_{last}_ack_p99_ms"] / figures[f"at_{first}_ack_p99_ms"]}


async def _connect(http: aiohttp.ClientSession, desk: Desk, *, tokens: Sequence[str]) -> list[Line]:
    """Connect so many, twenty at a time."""
    lines: list[Line] = []
    for start in range(0, len(tokens), 20):
        known = [{"kind": "visitor", "token": token} for token in tokens[start : start + 20]]
        lines += await asyncio.gather(*(Line.open(http, desk.url, auth=auth) for auth in known))
    return lines


async def _storm(http: aiohttp.ClientSession, desk: Desk, *, lines: list[Line]) -> dict[str, float]:
    """Cut all but the first, have them come back, and see how the first fares meanwhile."""
    await asyncio.gather(*(line.close() for line in lines[1:]))
    took: list[float] = []

    async def write_on() -> None:
        while True:
            began = time.perf_counter()
            await post_by(lines[0])
            took.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    writing = asyncio.create_task(write_on())
    known = [{"kind": "visitor", "token": token} for token in desk.tokens[1 : len(lines)]]
    lines[1:] = await asyncio.gather(*(Line.open(http, desk.url, auth=auth) for auth in known))
    back = time.perf_counter() - began
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    return {
        "storm_back_seconds": back,
        "storm_back_per_second": len(known) / back,
        "storm_ack_p50_ms": quantile(took, 0.5),
        "storm_ack_p99_ms": quantile(took, 0.99),
    }


def _plot(figures: dict[str, float], *, crowds: Sequence[int], store: str) -> str:
    curves = [
        Curve(name, [(float(crowd), figures[f"at_{crowd}_{figure}"] * factor) for crowd in crowds])
        for name, figure, factor in (
            ("acknowledged, p99", "ack_p99_ms", 1.0),
            ("acknowledged, p50", "ack_p50_ms", 1.0),
            ("processor", "cpu_us", 0.001),
        )
    ]
    return draw_growth(
        curves, of="Cost of a message", over="sockets, each of a parent with a conversation", on=f"{store}, {machine()}"
    )


def _leave_the_first_core() -> None:
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {min(cores)})


if __name__ == "__main__":
    raise SystemExit(main())
