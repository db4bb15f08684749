"""The scaled size loses a process, or what it stands on, in the middle of work: nothing is lost or doubled (B22).

Each scene prints what was counted and how long the fault was felt. The long ones run at night.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.clients import open_http
from tests.browser.desk_process import free_port
from tests.fixtures.cluster import Cluster, Member, answers, scaled, wait_for
from tests.fixtures.ledger import Ledger, account_for, all_done, came_true

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

FROZEN_SECONDS = 3.0
SHORT, LONG = (8, 4), (100, 15)
"""Families, and messages of each in one scene."""


@dataclass
class Scene:
    """Two servers, two workers and two timers that have all begun."""

    cluster: Cluster
    webs: list[Member]
    ports: list[int]
    workers: list[Member]
    timers: list[Member]

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    @property
    def elected(self) -> Member:
        """Return the timer that was elected last."""
        return max(self.timers, key=lambda one: one.log.read_text("utf-8").rfind("elected"))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A hospital on the scaled size."""
    with scaled(tmp_path) as cluster:
        ports = [free_port(), free_port()]
        timers = [cluster.add_timer("timer-1")]
        webs = [cluster.add_web(f"web-{number}", port=port) for number, port in enumerate(ports, start=1)]
        workers = [cluster.add_worker(f"worker-{number}") for number in (1, 2)]
        made = Scene(cluster, webs, ports, workers, timers)
        cluster.wait(lambda: timers[0].told("elected"))
        timers.append(cluster.add_timer("timer-2"))
        for url in made.urls:
            cluster.wait(lambda url=url: answers(url, "/readyz"))
        cluster.wait(lambda: all(worker.told("index_ready") for worker in workers))
        yield made


def suffer(scene: Scene, faults: dict[str, Callable[[], None]], *, families: int, messages: int) -> None:
    """Have families write through one fault after the other, and count after each."""
    ledger = Ledger(scene.urls)

    async def live() -> None:
        async with open_http() as http:
            await ledger.arrive(http, families=families)
            coming_again = asyncio.create_task(ledger.keep_screens_open())
            for name, fault in faults.items():
                since = ledger.written
                await ledger.write_through(fault, messages=messages)
                await came_true(lambda: all_done(scene.cluster.engine))
                await came_true(ledger.has_caught_up)
                account = account_for(scene.cluster.engine, ledger, since=since)
                tell(f"{name:<24} {account}")
                assert account.is_clean, (name, account)
            coming_again.cancel()
            await asyncio.gather(coming_again, return_exceptions=True)
            await ledger.close()

    asyncio.run(live())


def tell(line: str) -> None:
    """Print what was measured; pytest shows it with `-s`, and when a test fails."""
    sys.stdout.write(f"{line}\n")


def again(scene: Scene, member: Member) -> Callable[[], None]:
    """Return the fault of a process that is killed and started again."""

    def kill() -> None:
        member.kill()
        start_again(scene, member)

    return kill


def start_again(scene: Scene, member: Member) -> None:
    """Start a process and wait until it is at work: one that begins while its database is away ends with a sentence
    and is left to its supervisor, who is not here.
    """
    before = begun(member)
    member.start()
    scene.cluster.wait(lambda: begun(member) > before and all(answers(url, "/healthz") for url in scene.urls))


def begun(member: Member) -> int:
    """Return how often a worker or timer has said that it is at work; a server is asked instead."""
    return member.log.read_text("utf-8").count("Ctrl-C") if "caredesk" in member.arguments else member.starts


def without_the_elected_timer(scene: Scene) -> Callable[[], None]:
    def kill() -> None:
        gone = scene.elected
        before = [one.log.read_text("utf-8").count("elected") for one in scene.timers]
        gone.kill()
        other = next(one for one in scene.timers if one is not gone)
        after = wait_for(lambda: other.log.read_text("utf-8").count("elected") > before[scene.timers.index(other)])
        tell(f"the other timer took over after {after:.1f} s")
        start_again(scene, gone)

    return kill


def without_valkey(scene: Scene) -> Callable[[], None]:
    def kill() -> None:
        scene.cluster.kill_valkey()
        scene.cluster.start_valkey()

    return kill


def with_a_frozen_valkey(scene: Scene) -> Callable[[], None]:
    def freeze() -> None:
        pid = scene.cluster.valkey_pid
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(FROZEN_SECONDS)
        finally:
            os.kill(pid, signal.SIGCONT)

    return freeze


def without_the_database(scene: Scene) -> Callable[[], None]:
    def kill() -> None:
        scene.cluster.kill_database()
        scene.cluster.start_database()

    return kill


def with_every_server_restarted(scene: Scene) -> Callable[[], None]:
    def restart() -> None:
        for member in scene.webs:
            # It answers what it has begun and lets its screens go; then it passes the signal on.
            assert member.stop() in (0, -signal.SIGTERM), member.log_tail()
            start_again(scene, member)

    return restart


def faults_of(scene: Scene) -> dict[str, Callable[[], None]]:
    return {
        "worker killed": again(scene, scene.workers[0]),
        "timer killed": without_the_elected_timer(scene),
        "server killed": again(scene, scene.webs[1]),
        "Valkey killed": without_valkey(scene),
        "Valkey frozen": with_a_frozen_valkey(scene),
        "PostgreSQL killed": without_the_database(scene),
        "servers restarted": with_every_server_restarted(scene),
    }


def test_nothing_is_lost_doubled_or_turned_round_whatever_is_killed(scene: Scene) -> None:
    suffer(scene, faults_of(scene), families=SHORT[0], messages=SHORT[1])


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_ten_thousand_messages_survive_all_faults(scene: Scene) -> None:
    suffer(scene, faults_of(scene), families=LONG[0], messages=LONG[1])
