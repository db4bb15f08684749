"""What a question costs a desk as its records grow: the lists, a timeline, today's figures, and search.

Run `python -m benchmarks.growth [--quick] [--json] [--postgres] [--archive] [--plot FILE]`. For each size a fresh
database is filled with a year of invented history (`benchmarks/history.py`), and each question is asked again through
the action that the console calls, the first asking left out. Rare words stand in six conversations of the whole year.
`by reading` is what search was before it looked words up: the records from the newest on, until a page is full.
With `--archive` the timelines older than two months are moved as the nightly job moves them, and everything is asked
again: what was measured before stands beside it, with the time that a conversation took to move.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from benchmarks.growth_plot import Line, draw_growth
from benchmarks.history import UNTIL, Wish, id_of, let_the_store_learn, make_history
from benchmarks.report import Target, machine, quantile, show
from caredesk.actions import desk, floor_figures
from caredesk.actions.archiving import archive_some
from caredesk.actions.records import Question, search_records
from caredesk.actions.replies import AsStaff
from caredesk.conversations.archive_queries import Amount
from caredesk.conversations.models import Conversation, Entry
from caredesk.conversations.posting_queries import list_entries_by_keys
from caredesk.core.store import Store
from caredesk.core.work import SYSTEM, Work
from caredesk.infra.engine import open_store
from caredesk.infra.schema import migrate
from tests.fixtures.database import SECRETS, PostgresDatabases

FULL, QUICK = (10_000, 100_000, 1_000_000), (3_000, 30_000)
RARE = {"川崎病": 6, "瘘": 6, "Kawasaki": 6}
BOSS = AsStaff(staff_id=id_of("5aff", 0), sees_floor=True)
AGENT = AsStaff(staff_id=id_of("5aff", 1), sees_floor=False)
TIMES, READINGS = 30, 3
KEPT_MONTHS = 2
"""The fewest that can be set: of a year, ten months are moved."""
LIMIT = 500.0
"""Milliseconds within which a search answers, whatever is sought (B39)."""

Ask = Callable[[Session, int], object]


def seek(who: AsStaff = BOSS, **asked: str) -> Ask:
    def search(session: Session, _conversations: int) -> object:
        return search_records(session, who=who, question=Question(**asked), cursor=None)  # type: ignore[arg-type]

    return search


def read_all(session: Session, _conversations: int) -> object:
    """Find a rare word without the index of marks."""
    said = exists().where(Entry.conversation_id == Conversation.id, Entry.text.contains("川崎病"))
    newest = select(Conversation).where(said).order_by(Conversation.created_at.desc(), Conversation.id.desc())
    return session.scalars(newest.limit(21)).all()


TOGETHER = {(f"visitor:{id_of('b0', number)}", f"key-{number}") for number in range(25)}
"""Senders and keys of messages that share a transaction."""

BY_READING = "rare word, by reading"
QUESTIONS: dict[str, Ask] = {
    "closed list": lambda s, _: desk.closed_page(s, who=BOSS, before=None, limit=50),
    "waiting list": lambda s, _: desk.waiting(s, who=BOSS),
    "old timeline": lambda s, n: desk.entries_of(s, conversation_id=id_of("c0", n // 20), before=None),
    "timeline": lambda s, n: desk.entries_of(s, conversation_id=id_of("c0", n - n // 20), before=None),
    "repeats of 25 messages": lambda s, _: list_entries_by_keys(s, keys=TOGETHER),
    "figures of today": lambda s, _: floor_figures.contacts_today(s, now=UNTIL),
    "search, common word": seek(text="退款"),
    "search, rare word": seek(text="川崎病"),
    "search, rare word, agent": seek(AGENT, text="川崎病"),
    "search, rare character": seek(text="瘘"),
    "search, rare Latin word": seek(text="kawasaki"),
    "search, nobody's word": seek(text="龘龘"),
    "search, phone's end": seek(person="0017"),
    "search, name": seek(person="家长17"),
    "search, end of a number": seek(number="0999"),
    BY_READING: read_all,
}


@dataclass(frozen=True)
class Cost:
    """What one question costs at one size, in milliseconds."""

    messages: int
    median: float
    worst: float


def measure(store: Store, *, wish: Wish) -> dict[str, Cost]:
    """Ask each question many times of a filled desk."""
    found = {}
    for name, ask in QUESTIONS.items():
        spent = []
        for _ in range((READINGS if name == BY_READING else TIMES) + 1):
            began = time.perf_counter()
            with store.reading() as session:
                ask(session, wish.conversations)
            spent.append(1000 * (time.perf_counter() - began))
        found[name] = Cost(wish.messages, quantile(spent[1:], 0.5), quantile(spent[1:], 0.99))
    return found


@dataclass(frozen=True)
class Archived:
    """What one desk costs after archiving, and what the archiving took."""

    costs: dict[str, Cost]
    messages: int
    conversations: int
    seconds: float
    longest: float
    """Milliseconds of the longest transaction: so long may somebody who writes meanwhile wait on SQLite."""


def archive(store: Store, *, wish: Wish) -> Archived:
    """Move what is older than two months, a hundred conversations in a transaction, and ask everything again."""
    moved, took = Amount(), list[float]()
    while True:
        began = time.perf_counter()
        with store.writing() as session:
            work = Work(session=session, now=UNTIL, actor=SYSTEM)
            some = archive_some(work, months=KEPT_MONTHS)
            session.commit()
        if some is None:
            break
        moved, took = moved + some.amount, [*took, time.perf_counter() - began]
    with store.writing() as session:
        let_the_store_learn(session)
        session.commit()
    costs = measure(store, wish=wish)
    return Archived(costs, wish.messages, moved.conversations, sum(took), 1000 * max(took, default=0.0))


def grow(
    opened: Callable[[], Iterator[Store]], *, sizes: Sequence[int], archiving: bool
) -> tuple[list[dict[str, Cost]], list[Archived]]:
    """Measure a fresh desk at each size, and when it is wished once more after its archiving."""
    found, archived = [], []
    for messages in sizes:
        wish = Wish(messages=messages, planted=RARE)
        with contextmanager(opened)() as store:
            made = make_history(store, wish)
            told = f"{made.messages:,} messages of {made.conversations:,} conversations made in {made.seconds:.0f} s"
            print(told, file=sys.stderr)
            found.append(measure(store, wish=wish))
            if archiving:
                archived.append(archive(store, wish=wish))
    return found, archived


def in_a_file() -> Iterator[Store]:
    """Give a desk in a file of its own."""
    with tempfile.TemporaryDirectory(prefix="caredesk-growth-") as folder:
        store = open_store(f"sqlite:///{folder}/caredesk.db", secrets=SECRETS)
        migrate(store)
        yield store
        store.engine.dispose()


def on_postgres() -> Iterator[Store]:
    """Give a desk on a server of its own."""
    databases = PostgresDatabases()
    store = open_store(databases.make(Path(tempfile.gettempdir())), secrets=SECRETS)
    yield store
    store.engine.dispose()
    databases.close()


def figures_of(grown: Sequence[Mapping[str, Cost]], *, store: str) -> dict[str, float]:
    """Return every cost under a name."""
    return {
        f"{store}: {name}, {cost.messages:,}, {part} ms": getattr(cost, part)
        for costs in grown
        for name, cost in costs.items()
        for part in ("median", "worst")
    }


def figures_of_archiving(archived: Sequence[Archived], *, store: str) -> dict[str, float]:
    """Return what archiving took, and every cost after it."""
    figures: dict[str, float] = {}
    for one in archived:
        name = f"{store}, archived: "
        figures |= {
            f"{name}conversations moved, {one.messages:,}": one.conversations,
            f"{name}ms a conversation, {one.messages:,}": 1000 * one.seconds / max(one.conversations, 1),
            f"{name}longest transaction, {one.messages:,}, ms": one.longest,
        }
    return figures | figures_of([one.costs for one in archived], store=f"{store}, archived")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 when a search takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, within a minute")
    parser.add_argument("--postgres", action="store_true", help="measure PostgreSQL instead")
    parser.add_argument("--archive", action="store_true", help="archive what is older than two months and ask again")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, help="draw the medians over the size as SVG")
    options = parser.parse_args(arguments)
    sizes = QUICK if options.quick else FULL
    store = "postgres" if options.postgres else "sqlite"
    opened = on_postgres if options.postgres else in_a_file
    grown, archived = grow(opened, sizes=sizes, archiving=options.archive)
    if options.plot:
        lines = [
            Line(name, [(costs[name].messages, max(costs[name].median, 0.1)) for costs in grown]) for name in QUESTIONS
        ]
        options.plot.write_text(
            draw_growth(lines, of="Median cost of a question", over="messages kept", on=machine()), "utf-8"
        )
    figures = figures_of(grown, store=store) | figures_of_archiving(archived, store=store)
    targets = {name: Target(LIMIT) for name in figures if ": search" in name and name.endswith("worst ms")}
    return show(figures, targets=targets, notes=[f"{TIMES} askings each"], as_json=options.json)


if __name__ == "__main__":
    raise SystemExit(main())
