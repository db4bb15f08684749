"""The bot in a running desk: twenty parents' questions a second, over real HTTP and Socket.IO, each answered live.

Run `python -m benchmarks.bot_turns [--quick] [--publishing] [--json]`. Measured is the time from the acknowledgement of
a parent's message to the arrival of the bot's answer on that parent's screen: job, thinking, transaction, push. With
`--publishing` an editor publishes one new entry after another meanwhile: each is checked by asking the served and the
next index everything that is published or judged, then learned, then swapped in.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.clients import Agent, Desk, Json, RequestRefused, Visitor, open_http, until
from benchmarks.report import Target, quantile, show
from caredesk.knowledge_base.files import read_table
from tests.browser.desk_process import DeskProcess

QUESTIONS = Path(__file__).parents[1] / "tests" / "data" / "bot" / "questions.csv"
PER_SECOND = 20
PARENTS = 240
ARRIVING_TOGETHER = 10
SECONDS, QUICK_SECONDS = 60, 20
PATIENCE = 15.0
"""Seconds after the last question until an answer counts as lost."""
EDITOR, PASSWORD = "editor", "caredesk-demo"
GUARDS = ("medical", "emergency", "human", "none")

TARGETS = {
    "acknowledged_to_answer_p99_ms": Target(150),
    "lost_answers": Target(0),
    "lost_messages": Target(0),
}
NOTES = [
    "A turn hands over to people instead of answering when nothing was understood twice; it counts when it is told.",
    "What bounds it: the thinking of one turn and two transactions, on the processor that all threads of a desk share.",
]


@dataclass
class Parent:
    """A parent who asks one question at a time."""

    visitor: Visitor
    asked_at: float = 0.0
    acknowledged_at: float = 0.0
    is_waiting: bool = False
    is_with_people: bool = False
    questions: int = 0


@dataclass
class Times:
    """What was measured, in milliseconds."""

    to_acknowledgement: list[float] = field(default_factory=list)
    to_answer: list[float] = field(default_factory=list)
    from_sending: list[float] = field(default_factory=list)
    handed_over: int = 0
    published: list[float] = field(default_factory=list)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, within a minute")
    parser.add_argument("--publishing", action="store_true", help="publish new entries meanwhile")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
    seconds = QUICK_SECONDS if options.quick else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), seconds=seconds, publishing=options.publishing)
    # A quick run is over before the first check is.
    served = {"publications": Target(1, at_least=True)} if options.publishing and not options.quick else {}
    return show(figures, targets=TARGETS | served, notes=NOTES, as_json=options.json)


def measure(folder: Path, *, seconds: float, publishing: bool) -> dict[str, float]:
    """Return all figures of one run on a desk of its own."""
    process = DeskProcess.in_folder(folder)
    process.settings = {
        "CAREDESK_VISITORS_PER_MINUTE": "100000",
        "CAREDESK_VISITOR_MESSAGES_PER_MINUTE": "100000",
        "CAREDESK_LOG_LEVEL": "WARNING",
        # One editor publishes alone here; what is measured is the check, not the approval.
        "CAREDESK_FOUR_EYES": "false",
    }
    process.start()
    try:
        figures = asyncio.run(_ask_on(process, seconds=seconds, publishing=publishing))
    finally:
        process.stop()
    return figures


async def _ask_on(process: DeskProcess, *, seconds: float, publishing: bool) -> dict[str, float]:
    async with open_http() as http:
        desk, times = Desk(process.url, http), Times()
        parents: list[Parent] = []
        for _ in range(0, PARENTS, ARRIVING_TOGETHER):
            parents += await asyncio.gather(*(_arrive(desk, times) for _ in range(ARRIVING_TOGETHER)))
        editing = asyncio.create_task(_publish_on(desk, times)) if publishing else None
        before = _cpu_seconds(process)
        asked = await _question(parents, times, seconds=seconds)
        await until(lambda: not any(parent.is_waiting for parent in parents), seconds=PATIENCE)
        cpu = _cpu_seconds(process) - before
        if editing is not None:
            editing.cancel()
            with suppress(asyncio.CancelledError):
                await editing
        lost = [message for parent in parents for message in _unseen(parent)]
        memory = _resident_mb(process)
        for parent in parents:
            await parent.visitor.screen.close()
    figures = {
        "questions": float(asked),
        "questions_per_second": asked / seconds,
        "acknowledged_to_answer_p50_ms": quantile(times.to_answer, 0.5),
        "acknowledged_to_answer_p99_ms": quantile(times.to_answer, 0.99),
        "acknowledged_to_answer_most_ms": max(times.to_answer, default=float("nan")),
        "send_to_answer_p50_ms": quantile(times.from_sending, 0.5),
        "send_to_answer_p99_ms": quantile(times.from_sending, 0.99),
        "send_to_acknowledged_p99_ms": quantile(times.to_acknowledgement, 0.99),
        "handed_over": float(times.handed_over),
        "lost_answers": float(sum(parent.is_waiting for parent in parents)),
        "lost_messages": float(len(lost)),
        "server_cpu_ms_per_question": cpu * 1000 / max(asked, 1),
        "server_memory_mb": memory,
    }
    if publishing:
        figures |= {"publications": float(len(times.published)), "publication_seconds": quantile(times.published, 0.5)}
    return figures


async def _arrive(desk: Desk, times: Times) -> Parent:
    parent: list[Parent] = []

    def sees(event: Json) -> None:
        if parent:
            _hear(parent[0], event, times)

    visitor = await Visitor.arrive(desk, on_event=sees)
    parent.append(Parent(visitor))
    await visitor.screen.connect()
    return parent[0]


def _hear(parent: Parent, event: Json, times: Times) -> None:
    """Take an event on a parent's screen: an answer, or that people will answer."""
    answered = event["type"] == "message.created" and event["message"]["author"] == "bot"
    moved_on = event["type"] == "status.changed" and event["conversation"]["status"] != "bot"
    parent.is_with_people |= moved_on
    if not parent.is_waiting or not (answered or moved_on):
        return
    now = time.perf_counter()
    parent.is_waiting = False
    times.handed_over += moved_on
    times.from_sending.append((now - parent.asked_at) * 1000)
    # An answer may overtake the acknowledgement on its way.
    times.to_answer.append(max(0.0, now - parent.acknowledged_at) * 1000 if parent.acknowledged_at else 0.0)


async def _question(parents: list[Parent], times: Times, *, seconds: float) -> int:
    """Have the parents ask in turn, evenly over the time; return how many questions were asked."""
    chance = random.Random(20261128)
    questions = _questions(chance)
    turn = cycle(parents)
    began = time.perf_counter()
    asking: set[asyncio.Task[None]] = set()
    for number in range(int(seconds * PER_SECOND)):
        due = began + (number + chance.random()) / PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        free = (next(turn) for _ in parents)
        parent = next((one for one in free if not one.is_waiting and not one.is_with_people), None)
        if parent is None:
            raise RuntimeError("every parent waits for an answer or talks with people")
        task = asyncio.create_task(_ask(parent, next(questions), times))
        asking.add(task)
        task.add_done_callback(asking.discard)
    await asyncio.gather(*asking)
    return int(seconds * PER_SECOND)


async def _ask(parent: Parent, question: str, times: Times) -> None:
    parent.is_waiting, parent.acknowledged_at, parent.questions = True, 0.0, parent.questions + 1
    parent.asked_at = time.perf_counter()
    await parent.visitor.send(question)
    parent.acknowledged_at = time.perf_counter()
    times.to_acknowledgement.append((parent.acknowledged_at - parent.asked_at) * 1000)
    if parent.questions == 1:
        await parent.visitor.screen.watch(str(parent.visitor.conversation_id))
        _hear_what_was_shown(parent, times)


def _hear_what_was_shown(parent: Parent, times: Times) -> None:
    """Take an answer that came with the history, because it was there before the screen watched."""
    for event in parent.visitor.screen.shown:
        _hear(parent, event, times)


def _questions(chance: random.Random) -> Iterator[str]:
    rows = [row.cells for row in read_table(QUESTIONS).rows]
    texts = [row["query"] for row in rows if row["expected"] not in GUARDS]
    chance.shuffle(texts)
    return cycle(texts)


def _unseen(parent: Parent) -> list[int]:
    """Return the numbers of a parent's acknowledged messages that its own screen has never shown."""
    shown = {event["seq"] for event in parent.visitor.screen.shown}
    return [seq for seq in parent.visitor.acknowledged.values() if seq not in shown]


# ---- the editor ------------------------------------------------------------------------------------------


async def _publish_on(desk: Desk, times: Times) -> None:
    """Publish one new entry after another, each as soon as the last is served."""
    editor = await Agent.sign_in(desk, login=EDITOR, password=PASSWORD)
    number = 0
    while True:
        number += 1
        began = time.perf_counter()
        entry = await editor.call("POST", "/api/console/kb/entries", body=_new_entry(number))
        chosen = {"id": entry["content"]["id"], "version": entry["version"]}
        with suppress(RequestRefused):
            await editor.call("POST", "/api/console/kb/publications", body={"entries": [chosen]})
        if await _is_published(editor):
            times.published.append(time.perf_counter() - began)


async def _is_published(editor: Agent) -> bool:
    """Wait until the check has ended; tell whether its entries are served."""
    state = "checking"
    while state == "checking":
        await asyncio.sleep(0.25)
        latest = await editor.call("GET", "/api/console/kb/publications/latest")
        state = latest["publication"]["state"]
    return bool(state == "published")


def _new_entry(number: int) -> dict[str, Any]:
    question = f"{number}号自助机旁边的雨伞架怎么借伞？"
    content = {
        "category": "来院",
        "question": question,
        "similar": [f"{number}号机器借伞"],
        "answer": "扫码借，三天内还。",
    }
    return {"id": f"umbrella-{number}", "content": content}


# ---- the server ------------------------------------------------------------------------------------------


def _cpu_seconds(process: DeskProcess) -> float:
    """Return the processor time the server has used so far, user and system, without its helpers."""
    fields = Path(f"/proc/{_pid(process)}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(process: DeskProcess) -> float:
    pages = int(Path(f"/proc/{_pid(process)}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1024 * 1024)


def _pid(process: DeskProcess) -> int:
    return process.process.pid if process.process else 0


if __name__ == "__main__":
    raise SystemExit(main())
