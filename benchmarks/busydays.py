"""Busy days at ten times their rate: the whole desk under a published load, over real HTTP and Socket.IO.

Run `python -m benchmarks.busydays [--quick] [--days N] [--times X] [--json]`. Live Helper Chat publishes a site with 16
agents, 200,000 chats and 3 million messages a month. Its day is spread over the hours as the demo clinic's Monday is
(`busyness` of the traffic tool). Each hour is played for some seconds at ten times its rate, and everybody does
everything ten times as fast (`--quick`: sixty times, so that a chat fits into the minute; the rate is the same). Each
parent asks the bot, then a person; fifteen messages on, the agent closes. At the end the database is counted: what was
acknowledged must stand there once, in numbers without a gap.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import aiohttp
import socketio

from benchmarks.busydays_desk import PASSWORD, cpu_seconds, due_jobs, make_staff, split_cores, stored_messages
from benchmarks.clients import Agent, Desk, Json, Visitor, fresh_key, open_http, until
from benchmarks.report import Target, quantile, show
from caredesk.actions.demo_files import DemoFolder
from caredesk.cli.demo import DEMO_FOLDER
from caredesk.infra.traffic.material import read_material
from caredesk.infra.traffic.plan import busyness
from tests.browser.desk_process import DeskProcess

AGENTS, CHATS_A_MONTH, MESSAGES_A_MONTH = 16, 200_000, 3_000_000
DAYS_A_MONTH = 30
EXCHANGES = MESSAGES_A_MONTH // CHATS_A_MONTH // 2
"""Of the fifteen messages of a chat the parent's first goes to the bot, then seven times each says something."""
HOURS = range(7, 23)
READS, THINKS = (10.0, 35.0), (15.0, 45.0)
"""Seconds until a parent and an agent say the next thing, at their own pace."""
PATIENCE = 90.0
MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001 (the clinic's wall clock)

NOTES = [
    "rate_carried_times: messages stored for each second in which chats began, over the published ones. Chance decides",
    "how many chats begin, so a short run is some per cent off. behind_s: how much later the last chat was over than",
    "at a desk that takes no time; a backlog that grows would show there.",
]
TARGETS = {
    "rate_carried_times": Target(9.5, at_least=True),
    "lost_messages": Target(0),
    "doubled_messages": Target(0),
    "chats_without_an_agent": Target(0),
    "jobs_late_at_the_end": Target(0),
    "behind_s": Target(5),
}


@dataclass(frozen=True)
class Size:
    """How many days, seconds of an hour, how many times the published rate, and how many times as fast people are."""

    days: int
    hour: float
    times: float
    pace: float

    @property
    def seconds(self) -> float:
        return self.days * len(HOURS) * self.hour


@dataclass
class Tally:
    """What happened."""

    began: int = 0
    served: int = 0
    spoken: int = 0
    acknowledged: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    """When each chat would be over at a desk that takes no time."""
    late: list[int] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)


def hourly_shares() -> list[float]:
    """Return which share of a day's chats begins in each hour of a Monday of the demo clinic."""
    sessions = read_material(DemoFolder(DEMO_FOLDER)).sessions
    weights = [busyness(sessions, at=MONDAY + timedelta(hours=hour, minutes=30)) for hour in HOURS]
    return [weight / sum(weights) for weight in weights]


def moments(size: Size, *, chance: Random) -> list[float]:
    """Return the seconds at which chats begin: in each hour as evenly as chance has it, at the wished rate."""
    found: list[float] = []
    begins = 0.0
    for _ in range(size.days):
        for share in hourly_shares():
            a_second = share * CHATS_A_MONTH / DAYS_A_MONTH / 3600 * size.times
            at = begins + chance.expovariate(a_second)
            while at < begins + size.hour:
                found.append(at)
                at += chance.expovariate(a_second)
            begins += size.hour
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 when the load was not carried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one day of two seconds an hour, within a minute")
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--times", type=float, default=10.0, help="how many times the published rate")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    size = Size(1, 1.5, options.times, 60) if options.quick else Size(options.days, 4.0, options.times, 10)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
    with tempfile.TemporaryDirectory(prefix="caredesk-busydays-") as folder:
        figures, failures = measure(Path(folder), size=size)
    return show(figures, targets=TARGETS, notes=[*NOTES, *failures[:5]], as_json=options.json)


def measure(folder: Path, *, size: Size) -> tuple[dict[str, float], list[str]]:
    """Return all figures of one run on a desk of its own, and what failed in it."""
    process = DeskProcess.in_folder(folder)
    process.settings = {
        "CAREDESK_VISITORS_PER_MINUTE": "1000000",
        "CAREDESK_VISITOR_MESSAGES_PER_MINUTE": "1000000",
        "CAREDESK_LOG_LEVEL": "WARNING",
    }
    make_staff(process.data_dir, agents=AGENTS)
    process.start()
    try:
        split_cores(process)
        figures, tally = asyncio.run(_play(process, size=size))
    finally:
        process.stop()
    stored = stored_messages(process.data_dir / "caredesk.db")
    counted = [stored.get(key, 0) for key in tally.keys]
    figures |= {
        "lost_messages": float(sum(count == 0 for count in counted)),
        "doubled_messages": float(sum(count > 1 for count in counted)),
    }
    return figures, tally.failures


# ---- the play --------------------------------------------------------------------------------------------


async def _play(process: DeskProcess, *, size: Size) -> tuple[dict[str, float], Tally]:
    chance, tally = Random(20261129), Tally()
    async with open_http() as http:
        desk = Desk(process.url, http)
        agents = []
        for number in range(AGENTS):
            agent = await Agent.sign_in(desk, login=f"busy{number:02}", password=PASSWORD)
            await agent.screen.connect()
            await agent.be_ready()
            agents.append(agent)
        watching = asyncio.create_task(_watch(process.data_dir / "caredesk.db", tally))
        cpu, began = cpu_seconds(process), time.perf_counter()
        chats = []
        for number, at in enumerate(moments(size, chance=chance)):
            await asyncio.sleep(max(0.0, began + at - time.perf_counter()))
            chats.append(asyncio.create_task(_chat(desk, agents, tally, Random(number), pace=size.pace)))
        await asyncio.gather(*chats)
        ended = time.perf_counter()
        passed, cpu = ended - began, cpu_seconds(process) - cpu
        behind = ended - max(tally.ends)
        calm = await until(lambda: due_jobs(process.data_dir / "caredesk.db") == 0, seconds=20)
        watching.cancel()
        for agent in agents:
            await agent.screen.close()
    return _figures(tally, size=size, passed=passed, cpu=cpu, calm=calm) | {"behind_s": behind}, tally


def _figures(tally: Tally, *, size: Size, passed: float, cpu: float, calm: bool) -> dict[str, float]:
    third = max(len(tally.waits) // 3, 1)
    published = CHATS_A_MONTH / DAYS_A_MONTH / len(HOURS) / 3600 * (MESSAGES_A_MONTH / CHATS_A_MONTH)
    return {
        "agents": float(AGENTS),
        "chats": float(tally.began),
        "messages": float(tally.spoken),
        "seconds": passed,
        "messages_per_second": tally.spoken / size.seconds,
        "rate_wished_times": size.times,
        "rate_carried_times": tally.spoken / size.seconds / published,
        "acknowledged_p50_ms": quantile(tally.acknowledged, 0.5),
        "acknowledged_p99_ms": quantile(tally.acknowledged, 0.99),
        "wait_for_an_agent_p50_ms": quantile(tally.waits, 0.5),
        "wait_for_an_agent_p99_ms": quantile(tally.waits, 0.99),
        "wait_p50_ms_first_third": quantile(tally.waits[:third], 0.5),
        "wait_p50_ms_last_third": quantile(tally.waits[-third:], 0.5),
        "most_jobs_late": float(max(tally.late, default=0)),
        "jobs_late_at_the_end": float(not calm),
        "chats_without_an_agent": float(tally.began - tally.served),
        "server_cpu_share_of_a_core": cpu / passed,
        "server_cpu_ms_per_message": cpu * 1000 / max(tally.spoken, 1),
        "load_average": os.getloadavg()[0],
    }


async def _watch(file: Path, tally: Tally) -> None:
    """Count the jobs whose time came more than a second ago, again and again."""
    while True:
        await asyncio.sleep(2)
        tally.late.append(await asyncio.to_thread(due_jobs, file))


async def _chat(desk: Desk, agents: Sequence[Agent], tally: Tally, chance: Random, *, pace: float) -> None:
    """Play one chat from the first word to the close."""
    tally.began += 1
    pauses = [(chance.uniform(*THINKS) / pace, chance.uniform(*READS) / pace) for _ in range(EXCHANGES)]
    tally.ends.append(time.perf_counter() + sum(map(sum, pauses)))
    active = asyncio.Event()

    def hear(event: Json) -> None:
        if event["type"] == "status.changed" and event["conversation"]["status"] == "active":
            active.set()

    try:
        visitor = await Visitor.arrive(desk, on_event=hear)
        await visitor.screen.connect()
        await _say(visitor, tally, "请问退款多久到账")
        await visitor.screen.watch(str(visitor.conversation_id))
        asked = time.perf_counter()
        await visitor.ask_for_person()
        await asyncio.wait_for(active.wait(), PATIENCE)
        tally.waits.append(1000 * (time.perf_counter() - asked))
        conversation_id = str(visitor.conversation_id)
        await until(lambda: any(conversation_id in agent.taken for agent in agents), seconds=PATIENCE)
        agent = next(agent for agent in agents if conversation_id in agent.taken)
        tally.served += 1
        await _talk(visitor, agent, tally, chance, pauses=pauses)
        await visitor.screen.close()
    except (
        aiohttp.ClientError,
        socketio.exceptions.SocketIOError,
        TimeoutError,
        StopIteration,
        RuntimeError,
    ) as failed:
        tally.failures.append(f"{type(failed).__name__}: {failed}"[:200])


async def _talk(
    visitor: Visitor, agent: Agent, tally: Tally, chance: Random, *, pauses: Sequence[tuple[float, float]]
) -> None:
    conversation_id = str(visitor.conversation_id)
    for number, (thinks, reads) in enumerate(pauses):
        await asyncio.sleep(thinks)
        await agent.reply(conversation_id, f"好的，已为您记下，第{number}项")
        tally.spoken += 1
        await asyncio.sleep(reads)
        await _say(visitor, tally, f"还有一个问题，订单{chance.randrange(10**8):08}")
    wrap_up = {"category": "other", "outcome": "other", "note": ""}
    await agent.call("POST", f"/api/console/conversations/{conversation_id}/close", body=wrap_up)


async def _say(visitor: Visitor, tally: Tally, text: str) -> None:
    key, began = fresh_key(), time.perf_counter()
    await visitor.say_surely(text, key=key)
    tally.acknowledged.append(1000 * (time.perf_counter() - began))
    tally.keys.add(key)
    tally.spoken += 1


if __name__ == "__main__":
    raise SystemExit(main())
