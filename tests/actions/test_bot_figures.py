"""The dashboard's figures equal those of a slow and obvious count over random conversations."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from caredesk.actions.bot_figures import Days, bot_report, days_asked_for, report_table
from caredesk.conversations import bot_queries
from caredesk.conversations.bot_queries import Counts, Window
from caredesk.conversations.models import BotTurn, Conversation, Entry, Visitor
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.review_errors import DaysUnclear
from tests.fixtures.desk import DeskForTests

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + timedelta(days=20)
ENTRIES = {"a1": "预约", "a2": "预约", "b1": "退费", "c1": "票据"}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Said:
    """One thing that happened: a turn of the bot, or a contact."""

    conversation: str
    person: str
    at: datetime
    outcome: str = ""
    entry: str | None = None
    helpful: bool | None = None
    missed: bool = False
    id: str = ""


def invent(seed: int) -> list[Said]:
    """Return random conversations of a few people, so close together that topics and people cross."""
    chance = random.Random(seed)
    history = []
    for number in range(60):
        person = f"p{chance.randrange(12)}"
        at = START + timedelta(seconds=chance.randrange(20 * 86400))
        for _ in range(chance.randint(1, 6)):
            at += timedelta(seconds=chance.choice([1, 30, 600, 7200, 40000]))
            what = chance.choice(["answer", "answer", "answer", "suggest", "none", "thanks", "medical", "human", "ask"])
            history.append(_said(what, f"c{number}", person, at, chance=chance))
    return history


def _said(what: str, conversation: str, person: str, at: datetime, *, chance: random.Random) -> Said:
    if what == "ask":
        return Said(conversation, person, at)
    entry = chance.choice(sorted(ENTRIES)) if what == "answer" else None
    return Said(
        conversation,
        person,
        at,
        outcome="none" if what == "thanks" else what,
        entry=entry,
        helpful=chance.choice([None, None, True, False]) if what == "answer" else None,
        missed=what == "none",
        id=new_id(),
    )


def write_down(desk: DeskForTests, history: list[Said]) -> None:
    with desk.write() as work:
        for entry_id, category in ENTRIES.items():
            work.session.add(
                KbEntry(
                    id=entry_id,
                    category=category,
                    question=f"问{entry_id}",
                    similar=[],
                    answer="答",
                    created_at=START,
                    updated_at=START,
                )
            )
        # A person is a guardian with two browsers, or a visitor without a name.
        for said in {one.conversation: one for one in history}.values():
            visitor = Visitor(id=new_id(), token_hash=new_id(), created_at=START, last_seen_at=START)
            work.session.add(visitor)
            work.session.flush()
            work.session.add(
                Conversation(
                    id=said.conversation,
                    number=said.conversation,
                    visitor_id=visitor.id,
                    guardian_id=said.person,
                    status="closed",
                    created_at=START,
                    flags=[],
                )
            )
        work.session.flush()
        for number, said in enumerate(history):
            _write(work.session, said, number=number)


def _write(session: object, said: Said, *, number: int) -> None:
    def entry(kind: str, body: dict[str, object]) -> str:
        row = Entry(
            id=new_id(),
            conversation_id=said.conversation,
            staff_seq=3 * number + len(rows),
            kind=kind,
            author_kind="desk",
            body=body,
            created_at=said.at,
        )
        rows.append(row)
        return row.id

    rows: list[Entry] = []
    if not said.outcome:
        entry("notice", {"kind": "notice", "code": "queue.joined" if number % 2 else "queue.closed", "fields": {}})
        session.add_all(rows)
        return
    question = entry("message", {"kind": "text", "text": "问"})
    silent = said.missed and number % 3 == 0
    reply = None if silent else entry("message", {"kind": "bot_text", "text": "", "offer_person": said.missed})
    session.add_all(rows)
    session.flush()
    session.add(
        BotTurn(
            id=said.id,
            conversation_id=said.conversation,
            question_id=question,
            reply_id=reply,
            outcome=said.outcome,
            kb_entry_id=said.entry,
            confidence=0.5,
            candidates=[],
            index_version="test",
            helpful=said.helpful,
            at=said.at,
        )
    )


# ---- the oracle ------------------------------------------------------------------------------------------


def slow_counts(history: list[Said], *, window: Window, keep: Callable[[Said], bool] = lambda _: True) -> Counts:
    turns = [one for one in history if one.outcome and window.since <= one.at < window.until and keep(one)]
    answers = [one for one in turns if one.outcome == "answer"]
    settled = [one for one in answers if window.now - one.at >= DAY]
    return Counts(
        messages=len(turns),
        conversations=len({one.conversation for one in turns}),
        people=len({one.person for one in turns}),
        answered=len(answers),
        suggested=sum(one.outcome == "suggest" for one in turns),
        abstained=sum(one.outcome == "none" and one.missed for one in turns),
        medical=sum(one.outcome == "medical" for one in turns),
        emergency=sum(one.outcome == "emergency" for one in turns),
        human=sum(one.outcome == "human" for one in turns),
        helpful=sum(one.helpful is True for one in turns),
        unhelpful=sum(one.helpful is False for one in turns),
        settled=len(settled),
        contacted=sum(was_followed_by_contact(one, history) for one in settled),
    )


def was_followed_by_contact(answer: Said, history: list[Said]) -> bool:
    for contact in history:
        if contact.outcome or contact.person != answer.person or not timedelta(0) <= contact.at - answer.at < DAY:
            continue
        topic = topic_of(contact, history)
        if topic is None or topic == ENTRIES[str(answer.entry)]:
            return True
    return False


def topic_of(contact: Said, history: list[Said]) -> str | None:
    before = [one for one in history if one.entry and one.conversation == contact.conversation and one.at <= contact.at]
    return ENTRIES[str(max(before, key=lambda one: (one.at, one.id)).entry)] if before else None


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_are_those_of_a_slow_count(desk: DeskForTests, seed: int) -> None:
    history = invent(seed)
    write_down(desk, history)
    window = Window(since=START + timedelta(days=3), until=START + timedelta(days=19, hours=12), now=NOW)
    with desk.read() as session:
        assert bot_queries.count_turns(session, window=window) == slow_counts(history, window=window)
        by_entry = bot_queries.count_by_entry(session, window=window)
        by_category = bot_queries.count_by_category(session, window=window)
        by_day = bot_queries.count_by_day(session, window=window)
    for entry_id, category in ENTRIES.items():
        assert by_entry.get(entry_id, Counts()) == slow_counts(
            history, window=window, keep=lambda one, id=entry_id: one.entry == id
        )
        assert by_category.get(category, Counts()) == slow_counts(
            history, window=window, keep=lambda one, name=category: ENTRIES.get(one.entry or "") == name
        )
    for day in {clinic_time(one.at).date() for one in history}:
        assert by_day.get(day, Counts()) == slow_counts(
            history, window=window, keep=lambda one, day=day: clinic_time(one.at).date() == day
        )


def test_a_report_compares_with_as_many_days_before_and_no_share_leaves_its_bounds(desk: DeskForTests) -> None:
    history = invent(9)
    write_down(desk, history)
    days = Days(date(2026, 11, 10), date(2026, 11, 16))
    with desk.read() as session:
        report = bot_report(session, days=days, now=NOW)
        before = bot_report(session, days=Days(date(2026, 11, 3), date(2026, 11, 9)), now=NOW)
    assert report.before == before.figures
    assert [day.day for day in report.days] == [date(2026, 11, day) for day in range(10, 17)]
    assert sum(day.questions for day in report.days) == report.figures.questions
    shares = [report.figures.hit, report.figures.coverage, report.figures.deflection, report.figures.rated]
    assert all(share.value is not None and 0 <= share.value <= 1 for share in shares)
    assert sum(line.answered for line in report.categories) == sum(line.answered for line in report.top)


def test_an_empty_desk_has_a_report_without_any_share(desk: DeskForTests) -> None:
    with desk.read() as session:
        report = bot_report(session, days=Days(date(2026, 11, 10), date(2026, 11, 16)), now=NOW)
    assert (report.figures.questions, report.figures.hit.value, report.top) == (0, None, [])


def test_the_table_holds_every_figure_of_the_report(desk: DeskForTests) -> None:
    write_down(desk, invent(2))
    with desk.read() as session:
        report = bot_report(session, days=Days(date(2026, 11, 10), date(2026, 11, 16)), now=NOW)
    rows = list(csv.DictReader(io.StringIO(report_table(report))))
    hit = next(row for row in rows if row["section"] == "total" and row["figure"] == "hit")
    assert (float(hit["value"]), int(hit["part"])) == (report.figures.hit.value, report.figures.hit.part)
    assert {row["section"] for row in rows} >= {"total", "day", "categories", "top"}


def test_days_must_follow_each_other_and_not_be_too_many() -> None:
    assert days_asked_for(count=7, first=None, last=None, now=NOW) == Days(date(2026, 11, 15), date(2026, 11, 21))
    for first, last in ((date(2026, 1, 2), date(2026, 1, 1)), (date(2020, 1, 1), date(2026, 1, 1))):
        with pytest.raises(DaysUnclear):
            days_asked_for(count=7, first=first, last=last, now=NOW)
