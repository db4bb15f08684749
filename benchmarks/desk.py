"""The whole desk under load: agents and parents talk over real HTTP and Socket.IO, beside a bare echo of the server.

Run `python -m benchmarks.desk [--quick] [--json]`. Parents write by socket, as their page does, what parents ask in
their many ways; agents by request. The server has one core and the clients another, where there are two. Send-to-seen
is the time from the moment a message leaves its sender to the moment the other side's screen has it: transaction on
disk, push. The echo is a socket acknowledgement of the same server without any of that.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.clients import Agent, Desk, Json, Visitor, leave_garbage, open_http, until
from benchmarks.realtime_load import questions
from benchmarks.report import Target, quantile, show
from benchmarks.surfaces import SURFACES, first_paints, script_bytes, transferred_bytes
from caredesk.accounts.passwords import hash_password
from caredesk.accounts.schemas import NewStaff
from caredesk.actions.accounts import add_staff
from caredesk.cli.demo import load_demo_into
from caredesk.cli.desk import CLI_ACTOR
from caredesk.conversations.rules import preview
from caredesk.edge.transactions import write
from caredesk.infra.profiles import build_services
from caredesk.infra.schema import migrate
from caredesk.queue import queries as queue_queries
from caredesk.settings import Settings
from tests.browser.desk_process import DeskProcess

AGENTS = 15
ARRIVING_TOGETHER = 10
PASSWORD = "only-for-this-benchmark"

TARGETS = {
    "send_to_seen_p99_ms": Target(150),
    "chat_script_gzip_bytes": Target(20_000),
}
NOTES = [
    "What bounds it: the Python work of one transaction per message on one core (requests, checks, rows, events),",
    "not the disk and not the sockets; the echo shows what the same server does without that work.",
]


@dataclass(frozen=True)
class Size:
    """How many parents; seconds of talk, seconds between two messages of one parent, seconds of full speed."""

    parents: int
    talk: float
    pause: float
    rush: float


# Somebody who reads, thinks and types on a phone writes about four times a minute; a thousand of them at once, with an
# agent's answer to every second message, are a hundred messages a second.
FULL = Size(parents=1000, talk=60, pause=15, rush=12)
QUICK = Size(parents=200, talk=10, pause=15, rush=3)


@dataclass
class Stopwatch:
    """When each marked message left its sender, and how long it took to be seen."""

    left: dict[str, float] = field(default_factory=dict)
    seen: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)

    def start(self, mark: str) -> None:
        self.left[mark] = time.perf_counter()

    def stop(self, text: str) -> None:
        left = self.left.pop(text, None)
        if left is not None:
            self.seen.append((time.perf_counter() - left) * 1000)


@dataclass
class Floor:
    """Everybody who takes part."""

    visitors: list[Visitor]
    agents: list[Agent]
    watch: Stopwatch


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    _allow_many_sockets()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), size=QUICK if options.quick else FULL)
    return show(figures, targets=TARGETS, notes=NOTES, as_json=options.json)


def measure(folder: Path, *, size: Size) -> dict[str, float]:
    """Return all figures of one run on a desk of its own."""
    process = DeskProcess.in_folder(folder)
    process.settings = {
        "CAREDESK_VISITORS_PER_MINUTE": "100000",
        "CAREDESK_VISITOR_MESSAGES_PER_MINUTE": "100000",
        "CAREDESK_LOG_LEVEL": "WARNING",
    }
    _staff(process.data_dir, parents=size.parents)
    process.start()
    try:
        _split_cores(process)
        figures = {f"{s}_transferred_bytes": float(transferred_bytes(process.url, s)) for s in SURFACES}
        figures["chat_script_gzip_bytes"] = float(script_bytes("widget"))
        paints = first_paints(process.url)
        figures |= {f"{surface}_first_paint_ms": paint for surface, paint in paints.items()}
        figures |= asyncio.run(_talk(process, size=size))
    finally:
        process.stop()
    return figures


def _staff(data_dir: Path, *, parents: int) -> None:
    """Make the demo hospital and enough agents for all parents at once."""
    services = build_services(Settings(data_dir=data_dir))
    migrate(services.store)
    load_demo_into(services)
    password_hash = hash_password(PASSWORD)
    with write(services, actor=CLI_ACTOR) as work:
        queue = queue_queries.find_queue_for_category(work.session, category=None)
        for number in range(AGENTS):
            new = NewStaff(
                login=f"bench{number:02}",
                name=f"客服{number:02}",
                roles=("agent",),
                password_hash=password_hash,
                capacity=parents // AGENTS + 2,
            )
            staff = add_staff(work, new=new)
            queue_queries.set_skill(work.session, staff_id=staff.id, queue_id=queue.id if queue else "", level=1)
    services.store.engine.dispose()


def _split_cores(process: DeskProcess) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1 and process.process is not None:
        for thread in Path(f"/proc/{process.process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {cores[0]})
        os.sched_setaffinity(0, set(cores[1:]))


def _allow_many_sockets() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))


# ---- the load --------------------------------------------------------------------------------------------


async def _talk(process: DeskProcess, *, size: Size) -> dict[str, float]:
    async with open_http() as http:
        desk = Desk(process.url, http)
        floor = await _gather_everyone(desk, parents=size.parents)
        leave_garbage()
        echo = await _echo(floor, seconds=size.talk / 4, pause=size.pause)
        before = _cpu_seconds(process)
        spoken = await _converse(floor, size=size)
        cpu = _cpu_seconds(process) - before
        rush = await _rush(floor, seconds=size.rush)
        echoes = await _echo_rush(floor, seconds=size.rush / 2)
        for screen in [*(v.screen for v in floor.visitors), *(a.screen for a in floor.agents)]:
            await screen.close()
    watch = floor.watch
    seen_p50, echo_p50 = quantile(watch.seen, 0.5), quantile(echo, 0.5)
    return {
        "parents_talking": float(size.parents),
        "agents": float(AGENTS),
        "talk_messages_per_second": spoken / size.talk,
        "send_to_seen_p50_ms": seen_p50,
        "send_to_seen_p99_ms": quantile(watch.seen, 0.99),
        "send_to_acknowledged_p50_ms": quantile(watch.acknowledged, 0.5),
        "send_to_acknowledged_p99_ms": quantile(watch.acknowledged, 0.99),
        "echo_p50_ms": echo_p50,
        "echo_p99_ms": quantile(echo, 0.99),
        "send_to_seen_p50_to_echo_ratio": seen_p50 / echo_p50,
        "server_cpu_ms_per_message": cpu * 1000 / max(spoken, 1),
        "most_messages_per_second": rush,
        "most_echoes_per_second": echoes,
        "most_messages_to_echoes_ratio": rush / echoes,
        "unseen_messages": float(len(watch.left)),
    }


async def _gather_everyone(desk: Desk, *, parents: int) -> Floor:
    """Bring in agents and parents until every parent is served."""
    watch = Stopwatch()

    def agent_sees(event: Json) -> None:
        if event["type"] == "conversation.changed":
            watch.stop(event["conversation"]["last_message"])

    def parent_sees(event: Json) -> None:
        if event["type"] == "message.created" and event["message"]["body"]["kind"] == "text":
            watch.stop(event["message"]["body"]["text"])

    agents = []
    for number in range(AGENTS):
        agent = await Agent.sign_in(desk, login=f"bench{number:02}", password=PASSWORD, on_event=agent_sees)
        await agent.screen.connect()
        await agent.be_ready()
        agents.append(agent)
    visitors: list[Visitor] = []
    for _ in range(0, parents, ARRIVING_TOGETHER):
        visitors += await asyncio.gather(*(_arrive(desk, sees=parent_sees) for _ in range(ARRIVING_TOGETHER)))
    served = await until(lambda: sum(len(a.taken) for a in agents) == parents, seconds=300)
    if not served:
        raise RuntimeError(f"only {sum(len(a.taken) for a in agents)} of {parents} parents were taken")
    return Floor(visitors, agents, watch)


async def _arrive(desk: Desk, *, sees: Callable[[Json], None]) -> Visitor:
    """Bring in one parent who has asked for a person and watches the answer."""
    visitor = await Visitor.arrive(desk, on_event=sees)
    await visitor.ask_for_person()
    await visitor.screen.connect()
    await visitor.screen.watch(str(visitor.conversation_id))
    return visitor


async def _converse(floor: Floor, *, size: Size) -> int:
    """Have every parent write now and then, and every agent answer about as often; return how many were sent."""
    random.seed(20261121)
    deadline = time.perf_counter() + size.talk
    sent: dict[str, int] = defaultdict(int)

    async def parent(visitor: Visitor, number: int) -> None:
        await _rest(random.uniform(0, size.pause), until=deadline)
        while time.perf_counter() < deadline:
            # Marked in front, for lists show only the beginning.
            text = f"{number}号第{sent['all']}句：{random.choice(questions())}"
            sent["all"] += 1
            floor.watch.start(preview(text))
            began = time.perf_counter()
            await visitor.say(text)
            floor.watch.acknowledged.append((time.perf_counter() - began) * 1000)
            await _rest(random.uniform(0.5, 1.5) * size.pause, until=deadline)

    async def answering(agent: Agent, number: int) -> None:
        conversations = sorted(agent.taken)
        await _rest(random.uniform(0, size.pause), until=deadline)
        while time.perf_counter() < deadline:
            mark = f"客服 {number} 第 {sent['all']} 句"
            sent["all"] += 1
            floor.watch.start(mark)
            await agent.reply(random.choice(conversations), mark)
            # Together the agents answer half as often as the parents write.
            await _rest(size.pause * AGENTS * 2 / size.parents, until=deadline)

    people = [parent(v, n) for n, v in enumerate(floor.visitors)]
    people += [answering(a, n) for n, a in enumerate(floor.agents)]
    await asyncio.gather(*people)
    await until(lambda: not floor.watch.left, seconds=10)
    return sent["all"]


async def _rest(seconds: float, *, until: float) -> None:
    """Pause, but not beyond the end of the measurement."""
    await asyncio.sleep(max(0.0, min(seconds, until - time.perf_counter())))


async def _echo(floor: Floor, *, seconds: float, pause: float) -> list[float]:
    """Have every parent's socket ping as often as they will write; return the times in milliseconds."""
    deadline = time.perf_counter() + seconds
    times: list[float] = []

    async def ping(visitor: Visitor) -> None:
        await _rest(random.uniform(0, pause), until=deadline)
        while time.perf_counter() < deadline:
            began = time.perf_counter()
            await visitor.screen.socket.call("ping_desk", {}, timeout=30)
            times.append((time.perf_counter() - began) * 1000)
            await _rest(pause, until=deadline)

    await asyncio.gather(*(ping(v) for v in floor.visitors))
    return times


async def _rush(floor: Floor, *, seconds: float) -> float:
    """Return how many messages a second get through when forty parents write as fast as they are answered."""
    deadline = time.perf_counter() + seconds
    sent = 0

    async def write_on(visitor: Visitor) -> None:
        nonlocal sent
        while time.perf_counter() < deadline:
            await visitor.say("还有一个问题")
            sent += 1

    await asyncio.gather(*(write_on(v) for v in floor.visitors[:40]))
    return sent / seconds


async def _echo_rush(floor: Floor, *, seconds: float) -> float:
    """Return how many echoes a second get through when forty sockets ping as fast as they are answered."""
    deadline = time.perf_counter() + seconds
    done = 0

    async def ping_on(visitor: Visitor) -> None:
        nonlocal done
        while time.perf_counter() < deadline:
            await visitor.screen.socket.call("ping_desk", {}, timeout=30)
            done += 1

    await asyncio.gather(*(ping_on(v) for v in floor.visitors[:40]))
    return done / seconds


def _cpu_seconds(process: DeskProcess) -> float:
    """Return the processor time the server has used so far, user and system."""
    pid = process.process.pid if process.process else 0
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
