"""A year of a busy hospital as rows, made directly and in bulk: what a desk has to carry when it is no longer new.

Run `python -m benchmarks.history --messages N [--database-url URL]` to fill a database of your own. The same seed and
size give the same rows, on either store. Everything is invented: words come from the demo hospital.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.bulk import index_of_words_at_the_end, write_many, write_people
from caredesk.accounts.models import Staff
from caredesk.actions.demo_files import DemoFolder
from caredesk.cli.demo import DEMO_FOLDER
from caredesk.conversations.models import BotTurn, Conversation, DayCounter, Entry, Hospital, Rating, Spoken, Visitor
from caredesk.conversations.rules import day_of, number_of, preview
from caredesk.conversations.search_words import pages_of, place_in_time
from caredesk.core.db import Base
from caredesk.core.outbox import EventRow
from caredesk.core.sealed import HoldsPersonal
from caredesk.core.store import Store
from caredesk.floor.models import FloorAction
from caredesk.infra.engine import open_store
from caredesk.infra.master_keys import personal_secrets
from caredesk.infra.profiles import database_url
from caredesk.infra.schema import migrate
from caredesk.infra.traffic.material import read_material
from caredesk.infra.traffic.plan import Material
from caredesk.patients.models import Guardian, RevealRecord
from caredesk.queue.models import AgentSkill, Offer, Queue, RoutingDecision
from caredesk.settings import Settings

MONTH_AT_FULL = 3_000_000
"""Messages of a month at the largest size that is planned for; tests take a hundredth and less."""
EACH = 10
"""Messages of a conversation, on average."""
AT_ONCE = 400
AGENTS, PER_FAMILY = 15, 3
SERVED, RATED, LOOKED = 0.4, 0.15, 0.02
ALWAYS = {"windows": [{"opens": "00:00", "closes": "24:00"}]}
FIRST_HOUR, HOURS = 8, 14
UNTIL = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

Rows = dict[type[Base], list[dict[str, Any]]]


@dataclass(frozen=True)
class Wish:
    """How much history. `planted` are words and in how many conversations each stands, spread over the whole time."""

    messages: int
    days: int = 365
    until: datetime = UNTIL
    seed: int = 1
    planted: Mapping[str, int] = field(default_factory=dict)
    open: int = 60
    events: bool = True

    @property
    def conversations(self) -> int:
        return max(self.messages // EACH, 1)


@dataclass(frozen=True)
class Made:
    """What was made."""

    conversations: int
    messages: int
    seconds: float


def make_history(store: Store, wish: Wish) -> Made:
    """Fill an empty, migrated desk; the last conversations are still open."""
    began, messages = time.monotonic(), 0
    maker = _Maker(wish, material=read_material(DemoFolder(DEMO_FOLDER)))
    _write(store, maker.desk())
    with index_of_words_at_the_end(store):
        for rows in maker.parts():
            _write(store, rows)
            messages += sum(row["kind"] == "message" for row in rows[Entry])
    with store.writing() as session:
        let_the_store_learn(session)
        session.commit()
    return Made(wish.conversations, messages, time.monotonic() - began)


def _write(store: Store, rows: Rows) -> None:
    with store.writing() as session:
        for table, values in rows.items():
            if values and issubclass(table, HoldsPersonal):
                write_people(session, table, values)
            elif values:
                write_many(session, table, values)
        session.commit()


def let_the_store_learn(session: Session) -> None:
    """Have the planner know the sizes, as PostgreSQL's own cleaner would after a while."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ANALYZE")


def id_of(kind: str, number: int) -> str:
    """Return the id of a row; ids grow with time, as real ones do."""
    return f"{number:08x}-0000-7000-8000-{kind:0>12}"


class _Maker:
    """Makes rows, conversation by conversation in the order of time."""

    def __init__(self, wish: Wish, *, material: Material) -> None:
        self._wish, self._material, self._chance = wish, material, Random(wish.seed)
        self._staff = [id_of("5aff", n) for n in range(AGENTS)]
        self._counts: dict[str, int] = {}
        self._planted = self._places()

    def desk(self) -> Rows:
        """Return what a desk has before anybody writes: a queue, its agents, a hospital, families."""
        at = self._wish.until - timedelta(days=self._wish.days)
        families = range(self._wish.conversations // PER_FAMILY + 1)
        return {
            Hospital: [{"id": 1, "name": "童康儿童医院", "demo": True}],
            Queue: [{"id": "q", "key": "general", "name": "咨询", "is_default": True, "fixed_hours": ALWAYS}],
            Staff: [
                {"id": i, "login": f"agent{n:02}", "name": f"客服{n}", "password_hash": "!", "roles": ["agent"],
                 "created_at": at}
                for n, i in enumerate(self._staff)
            ],
            AgentSkill: [{"staff_id": i, "queue_id": "q"} for i in self._staff],
            Guardian: [
                {"id": id_of("fa", n), "external_id": f"H{n}", "name": f"家长{n}", "phone": f"1390000{n % 10_000:04}"}
                for n in families
            ],
        }  # fmt: skip

    def parts(self) -> Iterator[Rows]:
        """Yield the rows of conversations, some hundred at a time, in an order that keys allow."""
        tables = (Visitor, Conversation, Entry, Spoken, BotTurn, EventRow, RoutingDecision, Offer, Rating, RevealRecord,
                  FloorAction)  # fmt: skip
        rows: Rows = {table: [] for table in tables}
        moments = sorted(self._moment() for _ in range(self._wish.conversations))
        for number, at in enumerate(moments):
            self._talk(number, at=at, rows=rows)
            if (number + 1) % AT_ONCE == 0:
                yield rows
                rows = {table: [] for table in tables}
        rows[DayCounter] = [{"day": day, "value": count} for day, count in self._counts.items()]
        yield rows

    def _moment(self) -> datetime:
        """Return an instant of the clinic's day, to the microsecond."""
        day = self._chance.randrange(self._wish.days)
        hour = FIRST_HOUR + HOURS * self._chance.random() ** 1.5
        # Midnight of the last day before the end, at the clinic.
        midnight = self._wish.until.replace(hour=0, minute=0) - timedelta(hours=8, days=day + 1)
        return midnight + timedelta(microseconds=int(hour * 3600e6))

    def _places(self) -> dict[int, list[str]]:
        places: dict[int, list[str]] = {}
        for word, count in self._wish.planted.items():
            for number in self._chance.sample(range(self._wish.conversations), min(count, self._wish.conversations)):
                places.setdefault(number, []).append(word)
        return places

    def _talk(self, number: int, *, at: datetime, rows: Rows) -> None:
        chance, wish = self._chance, self._wish
        talk = _Talk(number, at=at, agent=chance.choice(self._staff), served=chance.random() < SERVED)
        said = self._words(number)
        for place, text in enumerate(said):
            author = "visitor" if place % 2 == 0 else ("agent" if talk.served and place > 1 else "bot")
            talk.say(text, author=author, at=at + timedelta(seconds=20 * place))
        is_open = number >= wish.conversations - wish.open
        day = day_of(at)
        self._counts[day] = self._counts.get(day, 0) + 1
        rows[Visitor].append(
            {"id": talk.visitor, "token_hash": talk.visitor, "created_at": at, "last_seen_at": at,
             "guardian_id": talk.guardian}
        )  # fmt: skip
        rows[Conversation].append(
            talk.row(number=number_of(day=day, count=self._counts[day]), is_open=is_open, last=said[-1])
        )
        rows[Entry] += talk.entries
        if not is_open:
            place = place_in_time(at)
            marks = pages_of(said)
            rows[Spoken] += [
                {"id": place + n, "conversation_id": talk.id, "marks": page} for n, page in enumerate(marks)
            ]
        rows[BotTurn].append(talk.turn(chance))
        if wish.events:
            rows[EventRow] += talk.events()
        talk.routed(rows)
        if chance.random() < RATED:
            rows[Rating].append(
                {"conversation_id": talk.id, "score": chance.randint(3, 5), "reasons": [], "at": talk.ends}
            )
        if chance.random() < LOOKED:
            talk.looked_at(rows)

    def _words(self, number: int) -> list[str]:
        """Return what is said in turn; one in three names a number that nobody else does."""
        chance, material = self._chance, self._material
        said = []
        for place in range(chance.randint(EACH - 6, EACH + 6)):
            text = chance.choice(material.questions if place % 2 == 0 else material.replies)
            said.append(f"{text}，单号{chance.randrange(10**10):010}" if chance.random() < 0.3 else text)
        for word in self._planted.get(number, ()):
            said[0] = f"{said[0]}，{word}怎么办"
        return said


class _Talk:
    """One conversation and its rows."""

    def __init__(self, number: int, *, at: datetime, agent: str, served: bool) -> None:
        self.id, self.visitor = id_of("c0", number), id_of("b0", number)
        self.guardian = id_of("fa", number // PER_FAMILY) if number % 2 else None
        self.agent, self.served, self._number, self._at = agent, served, number, at
        self.entries: list[dict[str, Any]] = []
        self.ends = at

    def say(self, text: str, *, author: str, at: datetime) -> None:
        seq = len(self.entries) + 1
        self.ends = at
        ours = author == "visitor"
        self.entries.append(
            {"id": id_of("e0", self._number * 100 + seq), "conversation_id": self.id, "staff_seq": seq,
             "patient_seq": seq, "kind": "message", "author_kind": author,
             "author_id": self.agent if author == "agent" else "", "sender": self.visitor if ours else None,
             "client_key": f"k{seq}" if ours else None, "body": {"kind": "text", "text": text}, "text": text,
             "created_at": at}
        )  # fmt: skip

    def row(self, *, number: str, is_open: bool, last: str) -> dict[str, Any]:
        """Return the conversation's own row: closed, or in the line, or with its agent."""
        waits, count = is_open and self._number % 2 == 0, len(self.entries)
        status = ("waiting" if waits else "active") if is_open else "closed"
        with_person = self.served or is_open
        return {
            "id": self.id, "number": number, "visitor_id": self.visitor, "guardian_id": self.guardian,
            "status": status, "queue_id": "q" if with_person else None,
            "assignee_id": self.agent if status == "active" else None, "patient_seq": count, "staff_seq": count,
            "version": count, "last_message": preview(last), "last_message_by": self.entries[-1]["author_kind"],
            "last_message_at": self.ends, "flags": [], "created_at": self._at,
            "arrived_at": self._at if with_person else None, "waiting_since": self._at if waits else None,
            "assigned_at": self._at + timedelta(seconds=30) if with_person and not waits else None,
            "closed_at": None if is_open else self.ends, "closed_by": "" if is_open else self.agent,
            "close_category": "" if is_open else "other",
        }  # fmt: skip

    def turn(self, chance: Random) -> dict[str, Any]:
        """Return what the bot decided about the first question."""
        outcome = chance.choice(("answer", "answer", "suggest", "none"))
        return {
            "id": id_of("d0", self._number), "conversation_id": self.id, "question_id": self.entries[0]["id"],
            "reply_id": self.entries[1]["id"], "outcome": outcome, "confidence": 0.9,
            "kb_entry_id": "refund-arrival" if outcome == "answer" else None, "candidates": [],
            "index_version": "release-1", "at": self._at,
        }  # fmt: skip

    def events(self) -> list[dict[str, Any]]:
        """Return both streams."""
        return [
            {"stream": f"{kind}:{self.id}", "seq": one["staff_seq"], "type": event, "at": one["created_at"],
             "payload": {"type": event, "conversation_id": self.id, "seq": one["staff_seq"], "text": one["text"]}}
            for one in self.entries
            for kind, event in (("patient", "message.created"), ("staff", "entry.appended"))
        ]  # fmt: skip

    def routed(self, rows: Rows) -> None:
        """Add how a person came to it."""
        if not self.served:
            return
        rows[RoutingDecision].append(
            {"id": id_of("de", self._number), "conversation_id": self.id, "queue_id": "q", "at": self._at,
             "trigger": "queue_joined", "chosen_staff_id": self.agent, "candidates": [], "policy_version": 1}
        )  # fmt: skip
        rows[Offer].append(
            {"id": id_of("0f", self._number), "conversation_id": self.id, "queue_id": "q", "staff_id": self.agent,
             "state": "accepted", "made_at": self._at, "expires_at": self._at + timedelta(seconds=25),
             "ended_at": self._at + timedelta(seconds=20)}
        )  # fmt: skip

    def looked_at(self, rows: Rows) -> None:
        """Add a look behind a mask, and a deed of a supervisor."""
        if self.guardian is None:
            return
        rows[RevealRecord].append(
            {"id": id_of("1e", self._number), "staff_id": self.agent, "guardian_id": self.guardian, "field": "phone",
             "conversation_id": self.id, "reason": "核对", "at": self.ends, "until": self.ends}
        )  # fmt: skip
        rows[FloorAction].append(
            {"id": id_of("f1", self._number), "at": self.ends, "by_id": self.agent, "by_name": "客服0",
             "what": "joined", "conversation_id": self.id, "facts": {}}
        )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill a database and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MONTH_AT_FULL // 100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database-url", default="", help="an empty database; without it a file is made and named")
    options = parser.parse_args(arguments)
    settings = (
        Settings() if options.database_url else Settings(data_dir=Path(tempfile.mkdtemp(prefix="caredesk-history-")))
    )
    url = options.database_url or database_url(settings)
    store = open_store(url, secrets=personal_secrets(settings))
    migrate(store)
    made = make_history(store, Wish(messages=options.messages, seed=options.seed))
    print(f"{made.messages:,} messages of {made.conversations:,} conversations in {made.seconds:.0f} s: {url}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
