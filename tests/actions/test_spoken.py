"""What was said in closed conversations is looked up: found like what is open, in order, once, and in any number."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from alembic import command

from caredesk.actions import chat
from caredesk.actions.records import Question, search_records
from caredesk.conversations import spoken_queries
from caredesk.conversations.models import Conversation, Spoken
from caredesk.conversations.spoken_queries import SECOND, whole_seconds
from caredesk.core.store import Store
from caredesk.infra import schema
from caredesk.infra.schema import migrate
from tests.fixtures.desk import DeskForTests


def closed(desk: DeskForTests, text: str) -> str:
    visitor_id = desk.visit().visitor.id
    conversation_id = desk.say(visitor_id, text).conversation.id
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)
    return conversation_id


def found(desk: DeskForTests, **asked: Any) -> list[str]:
    """Return every page of a search, one after the other."""
    boss = desk.as_supervisor("boss")
    ids, cursor = [], None
    while True:
        with desk.read() as session:
            hits = search_records(session, who=boss, question=Question(**asked), cursor=cursor)
        ids += [hit.conversation.id for hit in hits.hits]
        if (cursor := hits.cursor) is None:
            return ids


def test_what_is_closed_is_found_like_what_is_open(desk: DeskForTests) -> None:
    over = closed(desk, "川崎病 Kawasaki 复诊要带什么，50%_退费")
    going = desk.say(desk.visit().visitor.id, "川崎病怎么约").conversation.id
    closed(desk, "川和崎和病")

    assert set(found(desk, text="川崎病")) == {over, going}
    for words in ("复", "KAWASAKI", "病 Kawa", "50%_退", "带什么，5"):
        assert found(desk, text=words) == [over], words
    for words in ("川病", "50_", "kawasaki复", "%%"):
        assert found(desk, text=words) == [], words


def test_pages_lose_none_and_repeat_none_though_many_began_in_one_instant(
    desk: DeskForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken_queries, "FIRST_BATCH", 3)
    monkeypatch.setattr(spoken_queries, "LARGEST_BATCH", 7)
    made = []
    for number in range(48):
        if number % 16 == 0:
            desk.clock.advance(seconds=3)
        made.append(closed(desk, f"发票第{number}张"))
    made += [desk.say(desk.visit().visitor.id, "发票还没开").conversation.id for _ in range(3)]

    ids = found(desk, text="发票")

    assert len(ids) == len(set(ids)) and set(ids) == set(made)
    with desk.read() as session:
        rows = [session.get_one(Conversation, one) for one in ids]
    order = [(row.created_at, row.id) for row in rows]
    assert order == sorted(order, reverse=True)


def test_a_batch_ends_with_a_whole_second() -> None:
    places = [5 * SECOND + 1, 5 * SECOND, 4 * SECOND + 9, 4 * SECOND]

    assert whole_seconds(places) == 2
    assert whole_seconds(places[:2]) == 2


def test_dates_and_words_together(desk: DeskForTests) -> None:
    first = closed(desk, "发票抬头")
    desk.clock.advance(days=3)
    second = closed(desk, "发票抬头")

    assert found(desk, text="发票", until=date(2026, 11, 24)) == [first]
    assert found(desk, text="发票", since=date(2026, 11, 25)) == [second]
    assert found(desk, text="发票") == [second, first]


def test_words_go_with_their_conversation(desk: DeskForTests) -> None:
    conversation_id = closed(desk, "发票抬头")
    with desk.write() as work:
        work.session.query(Spoken).where(Spoken.conversation_id == conversation_id).delete()
    assert found(desk, text="发票") == []
    with desk.write() as work:
        spoken_queries.keep_words(work.session, conversation=work.session.get_one(Conversation, conversation_id))
    assert found(desk, text="发票") == [conversation_id]


def test_the_migration_keeps_what_was_said_before_it(desk: DeskForTests, database: Store) -> None:
    known = [closed(desk, "发票抬头"), closed(desk, "发票金额")]
    with database.engine.connect().execution_options(writes=True) as opened:
        if database.engine.dialect.name == "sqlite":
            # Tables are copied and dropped on the way, as when going up.
            schema._let_go_of_foreign_keys(opened)
            opened.detach()
        command.downgrade(schema._config(opened), "0024")
        opened.commit()
    migrate(database)

    assert set(found(desk, text="发票")) == set(known)
