"""Plays a plan on a running desk: everybody at their time, one task each, and a tally at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from caredesk.infra.hotline.test_caller import LoopbackCaller, NoAnswer
from caredesk.infra.traffic.clients import DeskOver, Refused, SignedIn, open_http
from caredesk.infra.traffic.material import Logins
from caredesk.infra.traffic.people import Agent, Doctor, Parent
from caredesk.infra.traffic.plan import Deed, Plan
from caredesk.infra.traffic.tally import Tally

ASSISTANTS = 2
"""How many assistants come when doctors play."""
RINGS = 30.0


@dataclass(frozen=True)
class Stage:
    """Where a plan is played: the desk, its accounts, its hotline if there is one, and how much faster than life."""

    url: str
    logins: Logins
    password: str
    hotline: tuple[str, int] | None = None
    speed: float = 1.0


class NoStaff(Exception):
    """Nobody could sign in: the desk has no demo accounts."""


async def play(plan: Plan, *, stage: Stage, told: Callable[[Tally], None] = lambda _tally: None) -> Tally:
    """Play a plan to its end and return what came of it; `told` hears the tally every second.

    Raise `NotReached` when no desk answers, `NoStaff` when it knows none of the demo's accounts.
    """
    tally = Tally()
    async with open_http() as http:
        desk = DeskOver(stage.url, http)
        await desk.greet()
        agents = await _agents(plan, desk=desk, stage=stage, tally=tally)
        doctors = await _doctors(plan, desk=desk, stage=stage, tally=tally)
        teller = asyncio.create_task(_tell(tally, told=told))
        try:
            await asyncio.gather(
                *_parents(plan, desk=desk, stage=stage, tally=tally),
                *(_at_times(_of(plan.doctors, who), do=one.do, speed=stage.speed) for who, one in enumerate(doctors)),
                *(_telephone(deed, stage=stage, tally=tally) for deed in plan.callers if stage.hotline),
            )
        finally:
            teller.cancel()
            await asyncio.gather(*(agent.go_off_duty() for agent in agents))
    told(tally)
    return tally


async def _agents(plan: Plan, *, desk: DeskOver, stage: Stage, tally: Tally) -> list[Agent]:
    helpers = stage.logins.assistants[:ASSISTANTS] if plan.doctors else ()
    logins = [*stage.logins.agents[: len(plan.agents)], *(helpers if plan.agents else ())]
    agents = []
    for number, login in enumerate(logins):
        person = await _enter(desk, login=login, stage=stage)
        manner = plan.agents[number % len(plan.agents)]
        agents.append(Agent(person, manner=manner, speed=stage.speed, tally=tally))
    for agent in agents:
        await agent.come_on_duty()
    return agents


async def _doctors(plan: Plan, *, desk: DeskOver, stage: Stage, tally: Tally) -> list[Doctor]:
    count = len({deed.who for deed in plan.doctors})
    logins = stage.logins.doctors[:count]
    return [Doctor(await _enter(desk, login=login, stage=stage), tally=tally) for login in logins]


async def _enter(desk: DeskOver, *, login: str, stage: Stage) -> SignedIn:
    try:
        return await SignedIn.enter(desk, login=login, password=stage.password)
    except Refused as refused:
        raise NoStaff(f"{login}: {refused.code}") from refused


def _parents(plan: Plan, *, desk: DeskOver, stage: Stage, tally: Tally) -> list[Awaitable[None]]:
    by_person = sorted(plan.parents, key=attrgetter("who", "at"))
    return [
        _at_times(list(deeds), do=Parent(desk, who=who, tally=tally).do, speed=stage.speed)
        for who, deeds in groupby(by_person, key=attrgetter("who"))
    ]


def _of(deeds: Sequence[Deed], who: int) -> list[Deed]:
    return [deed for deed in deeds if deed.who == who]


async def _at_times(deeds: Sequence[Deed], *, do: Callable[[Deed], Awaitable[None]], speed: float) -> None:
    """Do one thing after the other, each at its time or as soon after it as the one before is done."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for deed in deeds:
        await asyncio.sleep(max(began + deed.at / speed - loop.time(), 0.0))
        await do(deed)


async def _telephone(deed: Deed, *, stage: Stage, tally: Tally) -> None:
    await asyncio.sleep(deed.at / stage.speed)
    await asyncio.to_thread(_call, deed, stage=stage, tally=tally)


def _call(deed: Deed, *, stage: Stage, tally: Tally) -> None:
    """Be a parent who dials 400, presses a key, and hangs up after a while."""
    if stage.hotline is None:
        return
    tally.calls += 1
    line = LoopbackCaller(stage.hotline, caller=f"1380000{deed.who % 10_000:04d}", called="4000123456")
    try:
        if line.call(seconds=RINGS) == 200:
            tally.calls_answered += 1
            # A call is as long as it is: what was said at the other end cannot be heard faster.
            line.wait_ended(seconds=2.0)
            line.press(deed.text)
            line.wait_ended(seconds=deed.number)
    except NoAnswer:
        tally.refused["hotline.no_answer"] += 1
    finally:
        line.close()


async def _tell(tally: Tally, *, told: Callable[[Tally], None]) -> None:
    while True:
        await asyncio.sleep(1.0)
        told(tally)
