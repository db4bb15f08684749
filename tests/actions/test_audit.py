"""The audit: what stands in it, that nobody can write it anew unseen, and that what many do at once has no gaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from caredesk.actions import auditing
from caredesk.actions.audit_checks import Checked, Keys, check_chain
from caredesk.audit import queries
from caredesk.audit.rules import Break, Entry, Link, Origin, chain
from caredesk.audit.signing import new_signing_key, public_key_of, sign
from caredesk.core.deed import Deed
from caredesk.core.work import Actor
from caredesk.edge.audit_jobs import sign_head
from tests.fixtures.desk import DeskForTests

LIN = Actor(kind="staff", id="lin", name="林")


def entries_of(desk: DeskForTests) -> list[Entry]:
    with desk.read() as session:
        return list(queries.stream_entries(session))


def attest(desk: DeskForTests, *names: str) -> None:
    with desk.write(actor=LIN) as work:
        for name in names:
            work.attest(Deed(name, subject="guardian:g", why="phone"))


def anchor(desk: DeskForTests) -> None:
    signed = sign_head(desk.services, {})
    with desk.write() as work:
        auditing.keep_anchor(work, anchor=signed)


def check(desk: DeskForTests, *, keys: Keys | None = None) -> Checked:
    book = desk.services.anchors
    assert book is not None
    with desk.read() as session:
        return check_chain(session, keys=keys or Keys(book.public_key, anchors=book.written()))


def broken(desk: DeskForTests) -> Break | None:
    return check(desk).outcome.broken


def tamper(desk: DeskForTests, *statements: str) -> None:
    """Change rows as somebody may who owns the database: what guards them is removed first."""
    is_sqlite = desk.services.store.engine.dialect.name == "sqlite"
    with desk.services.store.writing() as session:
        for table in ("audit_entry", "audit_anchor"):
            if is_sqlite:
                for guard in ("update", "delete", "replace"):
                    session.execute(text(f"DROP TRIGGER {table}_no_{guard}"))
            else:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for statement in statements:
            session.execute(text(statement))
        session.commit()


@pytest.fixture
def chained(desk: DeskForTests) -> DeskForTests:
    """A desk with six entries, the first four of which are signed."""
    attest(desk, "one.done", "two.done")
    attest(desk, "three.done", "four.done")
    anchor(desk)
    attest(desk, "five.done", "six.done")
    return desk


# ---- what stands in it -----------------------------------------------------------------------------------


def test_every_stored_event_and_every_look_stands_in_one_whole_chain(desk: DeskForTests) -> None:
    visitor_id, _, conversation_id = desk.served_conversation()
    desk.say(visitor_id, "我家孩子的处方在哪里看")
    with desk.read() as session:
        stored = session.execute(text("SELECT stream, seq FROM event")).all()
    entries = entries_of(desk)
    assert {f"{stream}#{seq}" for stream, seq in stored} == {one.record for one in entries if one.record}
    assert f"conversation:{conversation_id}" in {one.subject for one in entries}
    assert [one.number for one in entries] == list(range(1, len(entries) + 1))
    assert "处方" not in repr(entries)
    assert check(desk).outcome.checked == len(entries)
    assert broken(desk) is None


def test_what_did_not_happen_does_not_stand_in_it(desk: DeskForTests) -> None:
    with suppress(ZeroDivisionError), desk.write(actor=LIN) as work:
        work.attest(Deed("family.revealed", subject="guardian:g"))
        raise ZeroDivisionError
    attest(desk, "one.done")
    assert [(one.number, one.deed, one.actor_id) for one in entries_of(desk)] == [(1, "one.done", "lin")]


def test_an_entry_says_who_what_why_and_when(desk: DeskForTests) -> None:
    attest(desk, "family.revealed")
    entry = entries_of(desk)[0]
    said = (entry.actor_kind, entry.actor_id, entry.deed, entry.subject, entry.why, entry.at)
    assert said == ("staff", "lin", "family.revealed", "guardian:g", "phone", desk.clock.now())
    assert entry.previous == Link().hash


def test_what_is_done_at_the_same_time_is_numbered_without_gaps(desk: DeskForTests) -> None:
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(attest, desk, f"deed.{number}", "other.done") for number in range(40)]:
            done.result(timeout=60)
    entries = entries_of(desk)
    assert [one.number for one in entries] == list(range(1, 81))
    assert broken(desk) is None


def test_entries_are_found_by_person_deed_subject_and_time(chained: DeskForTests) -> None:
    def found(before: int | None = None, **sought: object) -> list[int]:
        with chained.read() as session:
            asked = queries.SoughtDeeds(**sought)  # type: ignore[arg-type]
            return [one.number for one in queries.search_entries(session, sought=asked, before=before, limit=2)]

    now = chained.clock.now()
    assert found(actor_id="lin") == [6, 5]
    assert found(before=5) == [4, 3]
    assert found(deed="two.done") == [2]
    assert found(subject="guardian:other") == found(since=now + timedelta(seconds=1)) == found(until=now) == []


# ---- that it cannot be written anew unseen ---------------------------------------------------------------


@pytest.mark.parametrize("table", ["audit_entry", "audit_anchor"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET number = number + 100", "DELETE FROM {}"])
def test_the_store_refuses_to_change_or_remove(chained: DeskForTests, table: str, verb: str) -> None:
    with pytest.raises(DBAPIError, match="only added to"), chained.services.store.writing() as session:
        session.execute(text(verb.format(table)))
    assert broken(chained) is None


def test_sqlite_refuses_to_replace(chained: DeskForTests) -> None:
    if chained.services.store.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE")
    again = "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE number = 2"
    with pytest.raises(DBAPIError, match="only added to"), chained.services.store.writing() as session:
        session.execute(text(again))


COLUMNS = [name for name in Entry.__slots__ if name not in ("number", "at")]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_is_found(chained: DeskForTests, column: str) -> None:
    tamper(chained, f"UPDATE audit_entry SET {column} = 'x' WHERE number = 3")
    assert broken(chained) == Break(3, "changed")


def test_a_change_of_the_time_is_found(chained: DeskForTests) -> None:
    tamper(chained, "UPDATE audit_entry SET at = '2020-01-01 00:00:00.000000' WHERE number = 2")
    assert broken(chained) == Break(2, "changed")


@pytest.mark.parametrize(("number", "found"), [(1, Break(1, "missing")), (3, Break(3, "missing"))])
def test_a_removed_entry_is_found(chained: DeskForTests, number: int, found: Break) -> None:
    tamper(chained, f"DELETE FROM audit_entry WHERE number = {number}")
    assert broken(chained) == found


def test_a_removed_entry_behind_which_the_others_close_up_is_found(chained: DeskForTests) -> None:
    tamper(
        chained,
        "DELETE FROM audit_entry WHERE number = 2",
        *(f"UPDATE audit_entry SET number = {number} WHERE number = {number + 1}" for number in range(2, 6)),
        "UPDATE audit_head SET number = 5",
    )
    assert broken(chained) == Break(2, "changed")


def test_entries_in_another_order_are_found(chained: DeskForTests) -> None:
    moves = [(2, 90), (3, 2), (90, 3)]
    tamper(chained, *(f"UPDATE audit_entry SET number = {to} WHERE number = {of}" for of, to in moves))
    assert broken(chained) == Break(2, "changed")


@pytest.mark.parametrize("head", ["UPDATE audit_head SET number = 3", "DELETE FROM audit_head", "SELECT 1"])
def test_a_cut_end_is_found_whatever_is_done_to_the_head(chained: DeskForTests, head: str) -> None:
    tamper(chained, "DELETE FROM audit_entry WHERE number > 3", head, "DELETE FROM audit_anchor")
    assert broken(chained) == Break(4, "cut")


def test_an_end_that_is_cut_and_not_yet_signed_is_found_by_the_head(chained: DeskForTests) -> None:
    tamper(chained, "DELETE FROM audit_entry WHERE number = 6")
    assert broken(chained) == Break(6, "cut")


def test_all_that_is_emptied_is_found_by_the_anchors_outside(chained: DeskForTests) -> None:
    tamper(chained, *(f"DELETE FROM {table}" for table in ("audit_entry", "audit_anchor", "audit_head")))
    assert broken(chained) == Break(1, "cut")


def replaced(desk: DeskForTests, change: Callable[[Sequence[Entry]], list[Deed]]) -> None:
    """Write the whole chain anew with right hashes, as somebody who has read this code."""
    entries = entries_of(desk)
    tamper(desk, "DELETE FROM audit_entry")
    made: list[Entry] = []
    for deed, entry in zip(change(entries), entries, strict=True):
        after = Link(made[-1].number, made[-1].hash) if made else Link()
        origin = Origin(entry.actor_kind, entry.actor_id, entry.way, entry.view)
        made += chain([deed], origin=origin, at=entry.at, after=after)
    with desk.services.store.writing() as session:
        queries.lock_head(session)
        queries.add_entries(session, entries=made)
        session.commit()


def test_a_chain_that_is_written_anew_with_right_hashes_is_found_by_an_anchor(chained: DeskForTests) -> None:
    replaced(chained, lambda entries: [Deed("nothing.done") for _ in entries])
    assert broken(chained) == Break(4, "rewritten")


def test_an_entry_that_is_exchanged_with_its_hash_is_found_by_the_next_one(chained: DeskForTests) -> None:
    third = entries_of(chained)[2]
    origin = Origin("staff", "wang")
    forged = chain([Deed("nothing.done")], origin=origin, at=third.at, after=Link(2, third.previous))[0]
    values = ", ".join(f"{name} = '{getattr(forged, name)}'" for name in COLUMNS)
    tamper(chained, f"UPDATE audit_entry SET {values} WHERE number = 3")
    assert broken(chained) == Break(4, "unlinked")


def test_an_anchor_that_another_key_signed_is_found(chained: DeskForTests) -> None:
    last = entries_of(chained)[-1]
    forged = sign(new_signing_key(), link=Link(last.number, last.hash), at=chained.clock.now())
    with chained.write() as work:
        queries.add_anchor(work.session, anchor=forged)
    assert broken(chained) == Break(6, "signature")


def test_a_head_that_points_elsewhere_is_found_and_does_not_break_what_follows_unseen(chained: DeskForTests) -> None:
    tamper(chained, f"UPDATE audit_head SET hash = '{'1' * 64}'")
    assert broken(chained) == Break(6, "head")
    attest(chained, "seven.done")
    assert broken(chained) == Break(7, "unlinked")


def test_entries_beyond_the_head_are_found(chained: DeskForTests) -> None:
    first = entries_of(chained)[4]
    tamper(chained, f"UPDATE audit_head SET number = 5, hash = '{first.hash}'")
    assert broken(chained) == Break(6, "head")


# ---- signing ---------------------------------------------------------------------------------------------


def test_the_chain_is_signed_as_often_as_something_is_new(desk: DeskForTests) -> None:
    with desk.write() as work:
        auditing.begin_anchoring(work)
    attest(desk, "one.done")
    book = desk.services.anchors
    assert book is not None
    for _ in range(3):
        desk.clock.advance(minutes=10)
        desk.run_jobs()
    assert [one.number for one in book.written()] == [1]
    attest(desk, "two.done")
    desk.clock.advance(minutes=10)
    desk.run_jobs()
    assert (check(desk).signed_until, check(desk).anchors) == (2, 2)


def test_a_check_can_begin_at_a_signed_entry(chained: DeskForTests) -> None:
    book = chained.services.anchors
    assert book is not None
    keys = Keys(book.public_key, anchors=[])
    with chained.read() as session:
        checked = check_chain(session, keys=keys, since=chained.clock.now() + timedelta(days=1))
    assert (checked.first, checked.outcome.checked, checked.outcome.broken) == (5, 2, None)


def test_a_check_with_another_key_believes_no_anchor(chained: DeskForTests) -> None:
    other = Keys(public_key_of(new_signing_key()), anchors=[])
    assert check(chained, keys=other).outcome.broken == Break(4, "signature")
