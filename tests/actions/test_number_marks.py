"""Marks of numbers: whoever has the rows and a list of all numbers finds nothing, before, between and after keying."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from caredesk.actions import call_ups
from caredesk.actions.call_up_contacts import lift_mark, reach_of
from caredesk.actions.number_marks import BATCH, number_key
from caredesk.assistance.call_up_models import CallUpLeg, ContactMark
from caredesk.assistance.mark_queries import PLAIN_LENGTH, mark_wrong
from caredesk.core.ids import new_id, token_hash
from caredesk.infra.messages.loopback import Loopback
from tests.fixtures.called import Called, called_family
from tests.fixtures.desk import DeskForTests
from tests.fixtures.provider import SECRET

NUMBER = "+8613800001001"


@pytest.fixture
def marked(desk: DeskForTests) -> Called:
    """A desk that has called a mother and marked her number wrong."""
    called = called_family(desk, Loopback(desk.clock, SECRET), url="http://127.0.0.1:9", who=("mother", "father"))
    request_id = called.call()
    desk.run_jobs()
    with desk.write() as work:
        call_ups.record_outcome(work, request_id=request_id, outcome="wrong_number", staff_id=new_id())
    return called


def wrong(called: Called) -> list[bool]:
    """Return of mother and father whether their number is known to be wrong."""
    with called.desk.read() as session:
        ids = [called.guardians[who] for who in ("mother", "father")]
        return [contact.is_wrong for contact in reach_of(session, guardian_ids=ids).contacts]


def stored(called: Called) -> set[str]:
    with called.desk.read() as session:
        return {*session.scalars(select(ContactMark.number_key)), *session.scalars(select(CallUpLeg.number_key))} - {""}


def test_a_list_of_all_numbers_finds_no_row(marked: Called) -> None:
    marks = stored(marked)
    assert marks and wrong(marked) == [True, False]
    ways = (NUMBER, NUMBER.removeprefix("+86"), NUMBER.removeprefix("+"))
    assert not marks & {token_hash(way) for way in ways}
    assert {len(mark) for mark in marks} == {22}


@pytest.fixture
def old(marked: Called) -> Called:
    """The same as a release stored it before marks were keyed, with more marks than one batch; and the job waits."""
    with marked.desk.write() as work:
        work.session.execute(text("UPDATE contact_mark SET number_key = :key"), {"key": token_hash(NUMBER)})
        legs = text("UPDATE call_up_leg SET number_key = :key WHERE number_key <> ''")
        work.session.execute(legs, {"key": token_hash(NUMBER)})
        others = {"guardian_id": marked.guardians["mother"], "by_id": new_id(), "at": work.now}
        sums = [token_hash(f"+86139{n:08}") for n in range(BATCH)]
        work.session.add_all([ContactMark(number_key=key, **others) for key in sums])
        work.enqueue("key_marks", {"after": ""}, key="key_marks")
    return marked


def plain(called: Called) -> int:
    return sum(len(mark) == PLAIN_LENGTH for mark in stored(called))


def test_a_number_stays_wrong_before_between_and_after_the_keying(old: Called) -> None:
    assert (wrong(old), plain(old)) == ([True, False], BATCH + 1)
    with old.desk.read() as session:
        job = session.execute(text("SELECT id FROM job WHERE name = 'key_marks'")).scalar_one()
    assert old.desk.runner.run_one(str(job))
    assert (wrong(old), 0 < plain(old) < BATCH) == ([True, False], True)
    old.desk.run_jobs()
    assert (wrong(old), plain(old)) == ([True, False], 0)
    with old.desk.read() as session:
        assert session.scalar(select(func.count()).select_from(ContactMark)) == BATCH + 1


def test_a_mark_of_an_older_release_is_lifted_as_well(old: Called) -> None:
    with old.desk.write() as work:
        assert lift_mark(work, phone="13800001001")
        assert not lift_mark(work, phone="13800001001")
    assert wrong(old) == [False, False]


def test_a_number_with_a_mark_of_each_kind_has_one_afterwards(old: Called) -> None:
    with old.desk.write() as work:
        again = {"guardian_id": old.guardians["father"], "by_id": new_id(), "now": work.now}
        mark_wrong(work.session, number_key=number_key(work.session, NUMBER), **again)
    old.desk.run_jobs()
    assert (wrong(old), plain(old)) == ([True, False], 0)
    with old.desk.read() as session:
        assert session.scalar(select(func.count()).select_from(ContactMark)) == BATCH + 1
