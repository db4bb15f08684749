"""The link between an engine and the desk: nothing is lost, nothing is done twice, whoever is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from caredesk.core.clock import SystemClock
from caredesk.infra.hotline.http import DeskHttp, DeskUnreachable
from caredesk.infra.hotline.link import Command, DeskLink
from caredesk.infra.hotline.spool import Spool
from tests.telephony.desk_double import DeskDouble
from tests.telephony.tools import wait_for

OpenLink = Callable[..., DeskLink]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskDouble]:
    """A desk that speaks the wire."""
    one = DeskDouble(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def commands() -> list[Command]:
    """What the engine was told to do."""
    return []


@pytest.fixture
def open_link(desk: DeskDouble, commands: list[Command], tmp_path: Path) -> Iterator[OpenLink]:
    """Open a link whose engine keeps its commands; `again` opens the next run on the same folder."""
    links: list[DeskLink] = []

    def start(*, secret: str | None = None, on_reconnect: Callable[[], None] = lambda: None) -> DeskLink:
        link = DeskLink(
            desk.url, secret=secret or desk.secret, engine="embedded", folder=tmp_path / "engine", clock=SystemClock(),
            on_command=commands.append, on_reconnect=on_reconnect,
        )  # fmt: skip
        links.append(link)
        link.start()
        return link

    yield start
    for link in links:
        link.stop()


def told(desk: DeskDouble) -> list[str]:
    return [str(fact.get("digit")) for fact in desk.facts if fact["type"] == "call.digit"]


def test_facts_arrive_in_the_order_in_which_they_happened(open_link: OpenLink, desk: DeskDouble) -> None:
    link = open_link()
    for digit in "0123456789":
        link.report("call.digit", call_id="c1", digit=digit)
    wait_for(lambda: len(told(desk)) == 10, what=desk.story)
    assert told(desk) == list("0123456789")
    assert desk.repeated == 0


def test_what_the_desk_missed_is_told_when_it_is_back(open_link: OpenLink, desk: DeskDouble) -> None:
    back: list[bool] = []
    desk.away = True
    link = open_link(on_reconnect=lambda: back.append(True))
    for digit in "123":
        link.report("call.digit", call_id="c1", digit=digit)
    link.report("call.ended", call_id="c1", by="caller")
    wait_for(lambda: link.is_away, what=lambda: "the link has not noticed")
    desk.away = False
    desk.wait_fact("call.ended", call="c1")
    assert told(desk) == ["1", "2", "3"]
    wait_for(lambda: back == [True], what=lambda: f"{back}")


def test_the_next_run_tells_what_the_last_could_not(open_link: OpenLink, desk: DeskDouble, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "engine" / "spool.sqlite3")
    spool.add([{"id": "f1", "type": "call.digit", "call_id": "c1", "at": "2026-11-28T00:00:00Z", "digit": "7"}])
    spool.add([{"id": "f1", "type": "call.digit", "call_id": "c1", "at": "2026-11-28T00:00:00Z", "digit": "7"}])
    spool.close()
    open_link()
    wait_for(lambda: told(desk) == ["7"], what=desk.story)


def test_a_command_comes_once_however_often_it_is_told(
    open_link: OpenLink, desk: DeskDouble, commands: list[Command]
) -> None:
    link = open_link()
    first = desk.command("c1", "answer")
    wait_for(lambda: commands, what=lambda: "no command")
    # The desk repeats what is not done; it is neither done twice nor taken for done meanwhile.
    second = desk.command("c1", "music", name="hold")
    wait_for(lambda: len(commands) == 2, what=lambda: f"{commands}")
    assert desk.done == set()
    link.acknowledge(second)
    link.acknowledge(first)
    desk.wait_done(first)
    desk.wait_done(second)
    assert [command["verb"] for command in commands] == ["answer", "music"]


def test_what_is_under_way_is_named_to_the_desk_which_then_waits_for_news(
    open_link: OpenLink, desk: DeskDouble, commands: list[Command]
) -> None:
    link = open_link()
    first = desk.command("c1", "answer")
    wait_for(lambda: [1] in desk.questions, what=lambda: f"{desk.questions}")
    # One question before the command came, and one since: the link does not ask again and again meanwhile.
    assert desk.questions == [[], [1]]
    desk.command("c1", "music", name="hold")
    wait_for(lambda: len(commands) == 2, what=lambda: f"{commands}")
    link.acknowledge(first)
    desk.wait_done(first)
    desk.command("c1", "hangup")
    wait_for(lambda: desk.questions[-1:] == [[2, 3]], what=lambda: f"{desk.questions}")
    assert [command["verb"] for command in commands] == ["answer", "music", "hangup"]


def test_a_command_that_is_seen_after_one_with_a_later_number_is_carried_out_at_once(
    open_link: OpenLink, desk: DeskDouble, commands: list[Command]
) -> None:
    """With PostgreSQL the transaction that took the earlier number may be the later one to commit."""
    open_link()
    desk.numbers = 6
    desk.command("c2", "answer")
    wait_for(lambda: desk.questions[-1:] == [[7]], what=lambda: f"{desk.questions}")
    desk.numbers = 5
    desk.command("c1", "answer")
    wait_for(lambda: desk.questions[-1:] == [[6, 7]], what=lambda: f"{desk.questions}")
    assert [command["call_id"] for command in commands] == ["c2", "c1"]


def test_what_the_desk_takes_back_is_not_named_to_it_for_ever(open_link: OpenLink, desk: DeskDouble) -> None:
    open_link()
    first = desk.command("c1", "answer")
    wait_for(lambda: [1] in desk.questions, what=lambda: f"{desk.questions}")
    desk.take_back(first)
    desk.command("c2", "answer")
    wait_for(lambda: desk.questions[-1:] == [[2]], what=lambda: f"{desk.questions}")


def test_commands_in_whatever_order_they_are_seen_are_each_carried_out_once(
    open_link: OpenLink, desk: DeskDouble, commands: list[Command]
) -> None:
    """Numbers come in a wild order, acknowledgements at any moment, and the desk repeats what it pleases."""
    link, order = open_link(), Random(7)
    numbers = list(range(1, 121))
    order.shuffle(numbers)
    for number in numbers:
        desk.numbers = number - 1
        desk.command(f"c{number}", "answer")
        for done in order.sample(commands, k=min(len(commands), 2)):
            link.acknowledge(done["id"])
        if commands and number % 7 == 0:
            desk.repeat(dict(order.choice(commands)))
    wait_for(lambda: len(commands) >= len(numbers), what=lambda: f"{len(commands)}")
    for command in list(commands):
        link.acknowledge(command["id"])
    wait_for(lambda: not desk.waiting, what=lambda: f"{desk.waiting}")
    assert sorted(command["call_id"] for command in commands) == sorted(f"c{number}" for number in numbers)


def test_what_an_earlier_run_carried_out_is_not_done_again(
    open_link: OpenLink, desk: DeskDouble, commands: list[Command], tmp_path: Path
) -> None:
    command = desk.command("c1", "originate", number="13800138000")
    spool = Spool(tmp_path / "engine" / "spool.sqlite3")
    assert spool.claim(command) and not spool.claim(command)
    spool.close()
    open_link()
    desk.wait_done(command)
    assert commands == []


def test_errands_are_tried_until_they_succeed_and_given_up_when_refused(open_link: OpenLink, desk: DeskDouble) -> None:
    link, tries = open_link(), []

    def refused(http: DeskHttp) -> None:
        tries.append("refused")
        http.get("/nowhere")

    def later(http: DeskHttp) -> None:
        tries.append("later")
        if tries.count("later") < 3:
            raise DeskUnreachable
        http.get("/phones")

    link.send_errand(refused)
    link.send_errand(later)
    wait_for(lambda: tries.count("later") == 3, what=lambda: f"{tries}")
    assert tries == ["refused", "later", "later", "later"]


def test_a_wrong_secret_is_told_nothing(open_link: OpenLink, desk: DeskDouble) -> None:
    link = open_link(secret="wrong")
    link.report("call.digit", call_id="c1", digit="1")
    wait_for(lambda: desk.refused > 1, what=lambda: f"{desk.refused}")
    assert desk.facts == []


def test_the_spool_is_for_its_owner_only(tmp_path: Path) -> None:
    Spool(tmp_path / "engine" / "spool.sqlite3").close()
    assert (tmp_path / "engine" / "spool.sqlite3").stat().st_mode & 0o077 == 0
