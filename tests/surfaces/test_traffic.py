"""A short play on a real desk loses nothing; the command keeps off what is no demo on this machine."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result

from caredesk.cli.demo_traffic import is_this_machine
from caredesk.cli.main import main
from caredesk.conversations.models import Conversation, Entry, Hospital
from caredesk.core.work import SYSTEM
from caredesk.edge.transactions import write
from caredesk.infra.traffic import player
from caredesk.infra.traffic.material import Logins
from caredesk.infra.traffic.plan import Cast, Material, plan_traffic
from caredesk.infra.traffic.player import Stage, play
from tests.fixtures.passwords import PASSWORD
from tests.fixtures.server import LiveDesk

pytestmark = pytest.mark.usefixtures("quick_hashing")

MATERIAL = Material(
    questions=("退款多久到账", "报告在哪里看"),
    to_people=("请帮我看看退费", "还在等"),
    replies=("您好，我帮您看看。",),
    sessions=(),
)
CAST = Cast(minutes=2.5, parents=8, agents=2, doctors=0, calls=0, seed=3)
NOW = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 (clinic time)


def command(*options: str) -> Result:
    return CliRunner().invoke(main, ["demo", "traffic", *options])


def test_a_short_play_loses_nothing_and_goes_home(live: LiveDesk) -> None:
    queue = live.add_queue()
    for login in ("agent01", "agent02"):
        live.add_agent(login, queues=(queue,))
    plan = plan_traffic(CAST, material=MATERIAL, begins=NOW)
    stage = Stage(live.url, Logins(("agent01", "agent02"), (), ()), password=PASSWORD, speed=25)

    tally = asyncio.run(play(plan, stage=stage))

    said = [deed.text for deed in plan.parents if deed.what == "say"]
    assert tally.is_whole() and tally.sent == tally.acknowledged == len(said)
    with live.read() as session:
        kept = session.query(Entry.text).where(Entry.author_kind == "visitor", Entry.text.in_(MATERIAL.questions))
        assert kept.count() == sum(text in MATERIAL.questions for text in said)
        assert session.query(Conversation).where(Conversation.status != "closed").count() == 0


class Line:
    """A telephone line whose hotline answers every second call."""

    made: ClassVar[list[Line]] = []

    def __init__(self, server: tuple[str, int], *, caller: str, called: str) -> None:
        self.server, self.caller, self.pressed, self.is_closed = server, caller, "", False
        self.made.append(self)

    def call(self, *, seconds: float) -> int:
        return 200 if int(self.caller) % 2 else 486

    def press(self, digits: str) -> None:
        self.pressed = digits

    def wait_ended(self, *, seconds: float) -> bool:
        return True

    def close(self) -> None:
        self.is_closed = True


def test_callers_dial_press_a_key_and_hang_up(live: LiveDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "LoopbackCaller", Line)
    cast = replace(CAST, minutes=0.1, parents=0, agents=0, calls=4)
    plan = plan_traffic(cast, material=MATERIAL, begins=NOW)
    stage = Stage(live.url, Logins((), (), ()), password=PASSWORD, hotline=("127.0.0.1", 5060), speed=100)

    tally = asyncio.run(play(plan, stage=stage))
    silent = asyncio.run(play(plan, stage=replace(stage, hotline=None)))

    assert (tally.calls, tally.calls_answered, silent.calls) == (4, 2, 0)
    assert all(line.is_closed for line in Line.made) and len({line.caller for line in Line.made}) == 4
    assert all(line.pressed in ("", "1", "2") for line in Line.made)


def test_a_desk_that_is_no_demo_is_left_alone(live: LiveDesk) -> None:
    refused = command("--url", live.url)

    assert refused.exit_code == 1 and "no demo" in refused.stderr
    with live.read() as session:
        assert session.query(Conversation).count() == 0


def test_a_demo_without_its_people_is_refused_in_a_sentence(live: LiveDesk) -> None:
    with write(live.desk.services, actor=SYSTEM) as work:
        work.session.get_one(Hospital, 1).demo = True

    refused = command("--url", live.url, "--parents", "1")
    alone = command("--url", live.url, "--parents", "0", "--agents", "0", "--doctors", "0", "--json")

    assert refused.exit_code == 1 and "agent01" in refused.stderr
    assert alone.exit_code == 0 and json.loads(alone.stdout)["sent"] == 0


def test_other_machines_are_refused_before_they_are_asked() -> None:
    for url in ("http://192.0.2.1:5000", "http://desk.hospital.example", "nonsense"):
        refused = command("--url", url)
        assert refused.exit_code == 1 and "this machine only" in refused.stderr
    assert command("--hotline", "192.0.2.1:5060").exit_code == 1
    assert is_this_machine("http://[::1]:5000") and is_this_machine("https://127.0.0.2")


def test_nobody_at_home_is_told() -> None:
    assert "No desk answers" in command("--url", "http://127.0.0.1:9").stderr
