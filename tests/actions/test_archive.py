"""Timelines of long closed conversations lie in the archive and are read as before; nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from caredesk.actions import archiving, bot_figures, chat, replies
from caredesk.actions import desk as console
from caredesk.actions.exports import export_conversation
from caredesk.actions.records import Question, search_records
from caredesk.actions.timeline import timeline_entry
from caredesk.cli.main import main
from caredesk.conversations import queries
from caredesk.conversations.models import ArchivedEntry, Conversation, Entry
from caredesk.conversations.rules import end_of_month, kept_at_hand_since, month_of
from caredesk.core.clock import SystemClock
from caredesk.core.db import Base
from caredesk.core.ids import new_id
from caredesk.core.outbox import ArchivedEvent, EventRow, JobRow, list_events_after
from caredesk.core.work import Actor
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import name_hospital

MONTHS = 14
CONTENTS = ("退款多久到账", "快递到哪里了 Kawasaki", "怎么改期", "药什么时候寄出")


class Past:
    """A desk with four closed talks of two months, each with the bot's turn, and one of today."""

    def __init__(self, desk: DeskForTests) -> None:
        self.desk, self.visitors, self.ids = desk, list[str](), list[str]()
        self.boss = desk.as_supervisor(desk.add_staff("boss", roles=("supervisor",)))
        name_hospital(desk)
        for number, text in enumerate(CONTENTS):
            self.talk(text)
            desk.clock.advance(days=20 if number == 1 else 1)
        desk.clock.advance(days=460)
        self.old = list(self.ids)
        self.young = self.talk("今天的退款")

    def talk(self, text: str) -> str:
        visitor_id = self.desk.visit().visitor.id
        conversation_id = self.desk.say(visitor_id, text, key=f"key-of-{text}").conversation.id
        self.desk.run_jobs()
        with self.desk.write() as work:
            chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)
        self.visitors.append(visitor_id)
        self.ids.append(conversation_id)
        return conversation_id

    def archive(self) -> list[archiving.Moved]:
        """Archive until nothing is left to do."""
        moved = []
        while True:
            with self.desk.write() as work:
                one = archiving.archive_some(work, months=MONTHS)
            if one is None:
                return moved
            moved.append(one)

    def note(self, conversation_id: str, text: str) -> None:
        """Have the supervisor note something on a talk that is over."""
        with self.desk.write() as work:
            replies.add_note(
                work, who=self.boss, conversation_id=conversation_id, text=text, client_key=new_id(), limit=2000
            )

    def seen(self) -> dict[str, Any]:
        """Return everything that is ever read of these talks."""
        with self.desk.read() as session:
            by_talk = {
                one: {
                    "console": console.entries_of(session, conversation_id=one, before=None),
                    "earlier": console.entries_of(session, conversation_id=one, before=3),
                    "all": [timeline_entry(e) for e in queries.list_all_entries(session, conversation_id=one)],
                    "patient": [e.id for e in queries.list_patient_entries(session, conversation_id=one)],
                    "last": (last := queries.find_last_words(session, conversation_id=one)) and last.id,
                    "events": [
                        list_events_after(session, stream=f"{side}:{one}", after=0, limit=100)
                        for side in ("staff", "patient")
                    ],
                }
                for one in self.ids
            }
            found = {text: self.found(text) for text in (*CONTENTS, "退", "KAWASAKI", "快", "没有人说过")}
            days = bot_figures.last_days(600, now=self.desk.clock.now())
            report = bot_figures.bot_report(session, days=days, now=self.desk.clock.now())
        return {"talks": by_talk, "found": found, "report": report}

    def found(self, text: str) -> list[tuple[str, object]]:
        with self.desk.read() as session:
            hits = search_records(session, who=self.boss, question=Question(text=text), cursor=None)
        return [(hit.conversation.id, hit.snippet) for hit in hits.hits]

    def count(self, row: type[Base]) -> int:
        with self.desk.read() as session:
            return session.scalar(select(func.count()).select_from(row)) or 0


@pytest.fixture
def past(desk: DeskForTests) -> Past:
    return Past(desk)


def test_what_was_closed_long_ago_moves_month_by_month_and_the_rest_stays(past: Past) -> None:
    entries, events = past.count(Entry), past.count(EventRow)
    moved = past.archive()

    assert [(one.month, one.amount.conversations) for one in moved] == [("2026-11", 2), ("2026-12", 2)]
    assert sum(one.amount.entries for one in moved) == past.count(ArchivedEntry) == entries - past.count(Entry)
    assert sum(one.amount.events for one in moved) == past.count(ArchivedEvent) == events - past.count(EventRow)
    with past.desk.read() as session:
        left = set(session.scalars(select(Entry.conversation_id)))
    assert left == {past.young}


def test_whatever_is_read_of_it_reads_the_same(past: Past) -> None:
    before = past.seen()
    past.archive()

    assert past.seen() == before
    assert len(before["found"]["退"]) == 2
    assert before["found"]["KAWASAKI"]


def test_an_export_from_the_archive_is_whole(past: Past) -> None:
    with past.desk.read() as session:
        before = [timeline_entry(e) for e in queries.list_all_entries(session, conversation_id=past.old[0])]
    past.archive()
    with past.desk.write(actor=Actor(kind="staff", id=past.boss.staff_id, name="")) as work:
        document = export_conversation(work, who=past.boss, conversation_id=past.old[0], form="json")

    assert document.timeline[: len(before)] == before
    assert len(document.bot_turns) == 1


def test_a_message_that_is_sent_again_is_still_the_same(past: Past) -> None:
    past.archive()
    again = past.desk.say(past.visitors[0], CONTENTS[0], key=f"key-of-{CONTENTS[0]}")

    assert again.conversation.id == past.old[0]
    assert past.count(Entry) + past.count(ArchivedEntry) == len(again_entries(past))


def again_entries(past: Past) -> Sequence[str]:
    """Return the ids of all entries, each once."""
    with past.desk.read() as session:
        return sorted({e.id for one in past.ids for e in queries.list_all_entries(session, conversation_id=one)})


def test_what_is_said_afterwards_comes_after_it_and_follows_it(past: Past) -> None:
    past.archive()
    past.note(past.old[0], "后来补记：退款已到账")

    with past.desk.read() as session:
        entries = queries.list_all_entries(session, conversation_id=past.old[0])
        events = list_events_after(session, stream=f"staff:{past.old[0]}", after=0, limit=100)
    assert [e.staff_seq for e in entries] == [event["seq"] for event in events] == list(range(1, len(entries) + 1))
    assert past.old[0] in {found for found, _ in past.found("后来补记")}
    assert past.old[0] in {found for found, _ in past.found(CONTENTS[0])}
    before = past.seen()

    assert [one.amount.conversations for one in past.archive()] == [1]
    assert past.seen() == before
    assert past.archive() == []


def test_a_talk_that_somebody_holds_is_left_for_the_next_time(past: Past, store: str) -> None:
    if store != "postgres":
        pytest.skip("SQLite has one writer")
    with past.desk.services.store.writing() as session:
        queries.lock_conversation(session, conversation_id=past.old[0])
        held = past.archive()
    assert [one.amount.conversations for one in held] == [1]
    assert [one.amount.conversations for one in past.archive()] == [1, 2]


# ---- every night -------------------------------------------------------------------------------------------


def test_it_is_done_every_night_a_few_at_a_time(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "AT_ONCE", 1)
    with past.desk.write() as work:
        archiving.begin_archiving(work)
    assert due(past) == datetime(2028, 3, 20, 19, 30, tzinfo=UTC)
    past.desk.clock.advance(days=1)
    for left in (3, 2, 1, 0):
        past.desk.run_jobs()
        past.desk.clock.advance(seconds=1)
        with past.desk.read() as session:
            waiting = select(func.count()).where(Conversation.archived_at.is_(None), Conversation.id.in_(past.old))
            assert session.scalar(waiting) == left
    past.desk.run_jobs()

    assert due(past) > past.desk.clock.now()


def due(past: Past) -> datetime:
    with past.desk.read() as session:
        return session.scalars(select(JobRow.due_at).where(JobRow.key == "archive_timelines")).one()


# ---- by command, and killed --------------------------------------------------------------------------------


TAKEN = 2
"""After so many talks the command of the test dies, between copying the next one and removing it."""

DYING = f"""
import os, signal
from caredesk.actions import archiving
from caredesk.cli.main import main
from caredesk.conversations import archive_queries

take, taken = archive_queries.take_entries, []

def take_or_die(session, *, conversation_ids):
    if len(taken) == {TAKEN}:
        os.kill(os.getpid(), signal.SIGKILL)
    taken.append(conversation_ids)
    take(session, conversation_ids=conversation_ids)

archiving.AT_ONCE, archive_queries.take_entries = 1, take_or_die
main(["archive"])
"""


def environment(past: Past, url: str) -> dict[str, str]:
    """Return settings under which a command has the test's desk and its time."""
    folder = past.desk.services.settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    shift = (past.desk.clock.now() - SystemClock().now()).total_seconds()
    (folder / "clock.json").write_text(json.dumps({"shift_seconds": shift}), "utf-8")
    return {
        "CAREDESK_DATABASE_URL": url,
        "CAREDESK_DATA_DIR": str(folder),
        "CAREDESK_CLOCK_FILE": str(folder / "clock.json"),
    }


def command(past: Past, url: str, *arguments: str) -> Result:
    return CliRunner(env=environment(past, url)).invoke(main, ["archive", *arguments])


def test_killed_between_two_steps_it_goes_on_where_it_was_and_nothing_is_lost_or_doubled(
    past: Past, database_url: str
) -> None:
    before, entries = past.seen(), past.count(Entry)
    there = {"PATH": os.environ["PATH"], **environment(past, database_url)}
    died = subprocess.run([sys.executable, "-c", DYING], env=there, capture_output=True, timeout=300, check=False)

    assert died.returncode == -9, died.stderr
    with past.desk.services.store.writing() as session:
        # Waits until the server has noticed the death and let go of what was held.
        session.execute(select(Conversation.id).where(Conversation.id.in_(past.ids)).with_for_update(key_share=True))
        moved = select(func.count()).where(Conversation.archived_at.is_not(None))
        assert session.scalar(moved) == TAKEN
    assert past.seen() == before

    gone_on = command(past, database_url)
    assert gone_on.exit_code == 0, gone_on.output
    assert gone_on.output.startswith("2026-12  2 conversations, ")
    assert past.seen() == before
    assert past.count(Entry) + past.count(ArchivedEntry) == entries
    assert command(past, database_url).output == "Nothing is that old.\n"


def test_a_dry_run_tells_what_would_move_and_moves_nothing(past: Past, database_url: str) -> None:
    told = command(past, database_url, "--dry-run", "--json")
    assert past.count(ArchivedEntry) == past.count(ArchivedEvent) == 0

    assert json.loads(told.output)["dry_run"] is True
    done = json.loads(command(past, database_url, "--json").output)
    assert json.loads(told.output)["months"] == done["months"]
    assert past.count(ArchivedEntry) == sum(month["entries"] for month in done["months"].values())
    assert past.count(ArchivedEvent) == sum(month["events"] for month in done["months"].values())


def test_fewer_than_two_months_at_hand_are_refused(past: Past, database_url: str) -> None:
    assert command(past, database_url, "--months", "1").exit_code == 2
    assert past.count(ArchivedEntry) == 0


# ---- which month -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "months", "since"),
    [
        ("2026-11-29T07:00", 14, "2025-08-31T16:00"),
        ("2026-11-30T15:59", 14, "2025-08-31T16:00"),
        ("2026-11-30T16:00", 14, "2025-09-30T16:00"),
        ("2026-01-15T00:00", 2, "2025-10-31T16:00"),
    ],
)
def test_whole_months_of_the_clinic_stay_at_hand(now: str, months: int, since: str) -> None:
    assert kept_at_hand_since(instant(now), months=months) == instant(since)


def test_a_month_ends_at_midnight_of_the_clinic() -> None:
    assert month_of(instant("2026-12-31T16:00")) == "2027-01"
    assert end_of_month(instant("2026-12-31T15:59")) == instant("2026-12-31T16:00")
    assert end_of_month(instant("2026-12-31T16:00")) == instant("2027-01-31T16:00")


def instant(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)
