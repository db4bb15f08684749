"""What screens and jobs ask all day reads no large table whole, and costs no more when the desk has grown old.

Each question of the list is asked of a generated history and its statements are looked at twice. Their plans may not
scan a large table (PostgreSQL is told to avoid it, so that a scan means that no index could serve). And on SQLite
the steps of its machine are counted, which depend on nothing but the rows: four times the past may not cost twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from benchmarks.history import UNTIL, Wish, id_of, make_history
from caredesk.accounts import presence_queries
from caredesk.actions import bot_figures, desk, families, floor_figures, floor_trail, floor_views, metrics, visits
from caredesk.actions.records import Question, search_records
from caredesk.actions.replies import AsStaff
from caredesk.conversations import (
    archive_queries,
    bot_queries,
    line_queries,
    picture_queries,
    posting_queries,
    queries,
    request_queries,
    search_queries,
    wait_queries,
)
from caredesk.core.outbox import list_events_after
from caredesk.core.store import Store
from caredesk.infra.engine import open_store
from caredesk.queue import queries as queue_queries
from tests.fixtures.database import SECRETS, PostgresDatabases, SqliteDatabases

LARGE = frozenset(
    {"conversation", "entry", "event", "visitor", "bot_turn", "offer", "routing_decision", "rating", "reveal_record",
      "floor_action", "spoken", "archived_entry", "archived_event"}
)  # fmt: skip
"""Tables that grow with every contact. Families are known once: their names are read when one is sought."""

YOUNG = Wish(messages=3_000, days=20, open=12, planted={"川崎病": 6})
OLD = Wish(messages=12_000, days=80, open=12, planted={"川崎病": 6})
"""The same hospital, four times as old."""

BOSS = AsStaff(staff_id=id_of("5aff", 0), sees_floor=True)
AGENT = AsStaff(staff_id=id_of("5aff", 1), sees_floor=False)
NOW = UNTIL


@dataclass(frozen=True)
class Old:
    """A history and one of its later conversations."""

    store: Store
    wish: Wish

    @property
    def recent(self) -> int:
        return self.wish.conversations - 101

    @property
    def conversation_id(self) -> str:
        return id_of("c0", self.recent)

    @property
    def archived_id(self) -> str:
        return id_of("c0", 10)

    @property
    def visitor_id(self) -> str:
        return id_of("b0", self.recent)

    @property
    def guardian_id(self) -> str:
        return id_of("fa", self.recent // 3)


Ask = Callable[[Session, Old], object]

NAMES = "search: a person"
"""Reads the names of all families."""


def seek(who: AsStaff, **asked: Any) -> Ask:
    def search(session: Session, _old: Old) -> object:
        return search_records(session, who=who, question=Question(**asked), cursor=None)

    return search


HOT: dict[str, Ask] = {
    "my own conversations": lambda s, _: desk.mine(s, who=AGENT),
    "the waiting, for an agent": lambda s, _: desk.waiting(s, who=AGENT),
    "the waiting, for a supervisor": lambda s, _: desk.waiting(s, who=BOSS),
    "the closed, for an agent": lambda s, _: desk.closed_page(s, who=AGENT, before=None, limit=50),
    "the closed, for a supervisor": lambda s, _: desk.closed_page(s, who=BOSS, before=None, limit=50),
    "the next page of the closed": lambda s, o: desk.closed_page(
        s, who=BOSS, before=(NOW - timedelta(days=2), o.conversation_id), limit=50
    ),
    "a timeline": lambda s, o: desk.entries_of(s, conversation_id=o.conversation_id, before=None),
    "an earlier page of a timeline": lambda s, o: desk.entries_of(s, conversation_id=o.conversation_id, before=5),
    "missed events": lambda s, o: list_events_after(s, stream=f"staff:{o.conversation_id}", after=3, limit=200),
    "a timeline in the archive": lambda s, o: desk.entries_of(s, conversation_id=o.archived_id, before=None),
    "missed events in the archive": lambda s, o: list_events_after(
        s, stream=f"staff:{o.archived_id}", after=3, limit=200
    ),
    "an export's timeline in the archive": lambda s, o: queries.list_all_entries(s, conversation_id=o.archived_id),
    "where a picture was shown": lambda s, _: picture_queries.list_conversations_with(s, picture_id="p"),
    "what agents said": lambda s, o: bot_queries.list_agent_messages(
        s, conversation_ids=[o.conversation_id, o.archived_id]
    ),
    "what archiving has before it": lambda s, _: archive_queries.find_oldest_due(s, before=NOW - timedelta(days=2)),
    "a visitor's open conversation": lambda s, o: queries.find_open_conversation(s, visitor_id=o.visitor_id),
    "a visitor's last closed": lambda s, o: queries.find_last_closed(s, visitor_id=o.visitor_id),
    "a visitor's history": lambda s, o: visits.history_of(
        s, visitor=queries.get_visitor(s, visitor_id=o.visitor_id), now=NOW
    ),
    "a repeated message": lambda s, o: posting_queries.find_entry_by_key(s, sender=o.visitor_id, client_key="k1"),
    "repeats among many messages": lambda s, o: posting_queries.list_entries_by_keys(
        s, keys={(o.visitor_id, "k1"), (o.visitor_id, "k2"), ("visitor:nobody", "k1")}
    ),
    "the open conversations of many": lambda s, o: posting_queries.lock_open_conversations(
        s, visitor_ids=[o.visitor_id, "nobody"], only_free=True
    ),
    "the talk that is answered": lambda s, o: posting_queries.lock_conversation(s, conversation_id=o.conversation_id),
    "unread replies to colleagues": lambda s, o: request_queries.count_unread_replies(
        s, conversation_ids=[o.conversation_id, o.archived_id]
    ),
    "earlier conversations of a family": lambda s, o: desk.earlier_of(
        s, queries.get_conversation(s, conversation_id=o.conversation_id), who=BOSS
    ),
    "a family's card": lambda s, o: families.family_card(s, guardian_id=o.guardian_id, at=NOW),
    "who looked behind a family's masks": lambda s, o: families.list_reveals(s, guardian_id=o.guardian_id),
    "the trail of the floor": lambda s, _: floor_trail.last_actions(s),
    "the floor": lambda s, _: floor_views.floor_view(s, staff_id=BOSS.staff_id, now=NOW),
    "today's contacts": lambda s, _: floor_figures.contacts_today(s, now=NOW),
    "today's service level": lambda s, _: floor_figures.service_today(s, now=NOW),
    "a line in numbers": lambda s, _: wait_queries.tally_line(
        s, queue_id="q", now=NOW, limit=timedelta(minutes=1), pauses=[timedelta(minutes=2)]
    ),
    "the desk's metrics": lambda s, _: metrics.list_figures(s, now=NOW),
    "how long one is served": lambda s, _: queries.mean_handling_seconds(s, queue_id="q"),
    "the bot's report of a week": lambda s, _: bot_figures.bot_report(
        s, days=bot_figures.last_days(7, now=NOW), now=NOW
    ),
    "most asked": lambda s, _: visits.top_questions(s, at=NOW),
    "the head of a line": lambda s, _: line_queries.head_of_line(
        s, queue_id="q", head_start=lambda _priority: timedelta(0), limit=32
    ),
    "the length of a line": lambda s, _: line_queries.count_line(s, queue_id="q"),
    "the longest wait": lambda s, _: line_queries.longest_wait_since(s, queue_id="q"),
    "who is asked": lambda s, _: queue_queries.list_asked(s),
    "what is on offer in a queue": lambda s, _: queue_queries.pending_conversation_ids(s, queue_id="q"),
    "what is on offer to an agent": lambda s, _: queue_queries.list_pending_offers(s, staff_id=AGENT.staff_id),
    "offers of a conversation": lambda s, o: queue_queries.list_offers(s, conversation_id=o.conversation_id),
    "decisions of a conversation": lambda s, o: queue_queries.list_decisions(s, conversation_id=o.conversation_id),
    "overdue offers": lambda s, _: queue_queries.list_overdue_offers(s, before=NOW),
    "who serves": lambda s, _: line_queries.list_serving(s),
    "loaded agents": lambda s, _: presence_queries.list_loaded(s),
    "search: newest": seek(BOSS),
    "search: newest, for an agent": seek(AGENT),
    "search: a common word": seek(BOSS, text="退款"),
    "search: a rare word": seek(BOSS, text="川崎病"),
    "search: a rare word, for an agent": seek(AGENT, text="川崎病"),
    "search: nobody's word": seek(BOSS, text="龘龘龘"),
    NAMES: seek(BOSS, person="家长17"),
    "search: a phone's end": seek(BOSS, person="0017"),
    "search: a number": seek(BOSS, number="20261120-0001"),
    "search: a day": seek(BOSS, since=(NOW - timedelta(days=2)).date()),
    "a family's newest conversation": lambda s, o: search_queries.find_conversation_of_guardian(
        s,
        guardian_id=o.guardian_id,
        sight=search_queries.Sight(staff_id=AGENT.staff_id, sees_floor=False, queue_ids=("q",)),
    ),
}


@pytest.fixture(scope="module")
def ages(
    databases: SqliteDatabases | PostgresDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Old, Old]]:
    """The hospital when it was young, and four times as old."""
    made = []
    for wish in (YOUNG, OLD):
        store = open_store(databases.make(Path(tmp_path_factory.mktemp("history"))), secrets=SECRETS)
        make_history(store, wish)
        archive(store, before=NOW - timedelta(days=wish.days // 2))
        made.append(Old(store, wish))
    yield made[0], made[1]
    for one in made:
        one.store.engine.dispose()


def archive(store: Store, *, before: datetime) -> None:
    """Move the older half, so that every question meets rows in both places."""
    with store.writing() as session:
        ids = archive_queries.lock_due(session, before=before, limit=10_000)
        archive_queries.move_timelines(session, conversation_ids=ids, now=NOW)
        session.commit()
    assert ids


Statement = tuple[str, Any]


def statements_of(old: Old, ask: Ask) -> list[Statement]:
    """Ask, and return the SELECTs that were made of it."""
    kept: list[Statement] = []

    def keep(_c: object, _cursor: object, statement: str, parameters: Any, _context: object, _many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            kept.append((statement, parameters))

    event.listen(old.store.engine, "before_cursor_execute", keep)
    try:
        with old.store.reading() as session:
            ask(session, old)
    finally:
        event.remove(old.store.engine, "before_cursor_execute", keep)
    assert kept
    return kept


def scans(old: Old, statement: Statement) -> list[str]:
    """Return the large tables that a statement reads whole by its plan."""
    sql, parameters = statement
    with old.store.reading() as session:
        connection = session.connection()
        if old.store.engine.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()
            whole = [re.match(r"SCAN (\w+)(?! USING (COVERING )?INDEX)", row[3]) for row in plan]
            return [found[1] for found in whole if found and table_of(found[1], sql) in LARGE]
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", parameters).scalar_one()
        top = json.loads(plan) if isinstance(plan, str) else plan
        return [node["Relation Name"] for node in nodes(top[0]["Plan"])
                if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE]  # fmt: skip


def table_of(alias: str, sql: str) -> str:
    """Return the table behind an alias of a statement."""
    found = re.search(rf"\b(\w+) AS {alias}\b", sql)
    return found[1] if found else alias


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


@contextmanager
def counting(old: Old) -> Iterator[list[int]]:
    """Count the steps of SQLite's machine, in tens."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(step, 10)

    def leave(connection: Any, *_: object) -> None:
        connection.set_progress_handler(None, 0)

    event.listen(old.store.engine, "checkout", watch)
    event.listen(old.store.engine, "checkin", leave)
    try:
        yield steps
    finally:
        event.remove(old.store.engine, "checkout", watch)
        event.remove(old.store.engine, "checkin", leave)


@pytest.mark.parametrize("question", HOT)
def test_no_large_table_is_read_whole(ages: tuple[Old, Old], question: str) -> None:
    _, old = ages
    found = {
        sql: whole for sql, parameters in statements_of(old, HOT[question]) if (whole := scans(old, (sql, parameters)))
    }

    assert found == {}


@pytest.mark.parametrize("question", sorted(HOT.keys() - {NAMES}))
def test_an_old_desk_answers_with_as_few_steps_as_a_young_one(ages: tuple[Old, Old], store: str, question: str) -> None:
    if store != "sqlite":
        pytest.skip("PostgreSQL does not count steps")
    cost = []
    for age in ages:
        with counting(age) as steps, age.store.reading() as session:
            HOT[question](session, age)
        cost.append(steps[0])

    # A few steps more stand for deeper trees; 300 are nothing.
    assert cost[1] <= max(2 * cost[0], 300)
