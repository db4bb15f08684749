"""Two transactions that tell the hospital's systems of one thing at once: both get through, one after the other."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from caredesk.actions import webhooks
from caredesk.core.work import Work
from caredesk.floor import post_queries
from caredesk.floor.models import WebhookDelivery
from tests.fixtures.desk import DeskForTests

WAITERS = """
select count(*) from pg_locks where locktype = 'advisory' and not granted
and database = (select oid from pg_database where datname = current_database())
"""


def wait_for_a_waiter(desk: DeskForTests) -> None:
    """Return when a transaction stands before a lock that another has."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with desk.read() as session:
            if session.scalar(text(WAITERS)):
                return
    pytest.fail("The second transaction did not wait for the first.")


def tell(work: Work, *subjects: str) -> None:
    for subject in subjects:
        webhooks.announce(work, subject=subject, kind="alert.escalated", facts={})


def tell_alone(desk: DeskForTests, *subjects: str) -> None:
    with desk.write() as work:
        tell(work, *subjects)


def test_two_who_tell_of_one_thing_at_once_both_get_through_with_numbers_of_their_own(
    desk: DeskForTests, store: str
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with desk.write() as first:
            tell(first, "alert:1")
            second = pool.submit(tell_alone, desk, "alert:1")
            if store == "postgres":  # SQLite has one writer: there the second waits for the whole transaction
                wait_for_a_waiter(desk)
            assert not second.done()
        second.result(timeout=60)
    with desk.read() as session:
        found = session.scalars(select(WebhookDelivery.number).order_by(WebhookDelivery.number)).all()
    assert found == [1, 2]


def test_two_who_tell_of_the_same_things_in_another_order_do_not_stand_in_each_others_way(
    desk: DeskForTests, store: str
) -> None:
    subjects = [f"conversation:{number}" for number in range(8)]
    with ThreadPoolExecutor(1) as pool:
        with desk.write() as first:
            post_queries.lock_subjects(first.session, subjects=reversed(subjects))
            second = pool.submit(lock_and_tell, desk, subjects)
            if store == "postgres":
                wait_for_a_waiter(desk)
            tell(first, *reversed(subjects))
        second.result(timeout=60)
    with desk.read() as session:
        found = session.execute(select(WebhookDelivery.subject, WebhookDelivery.number)).all()
    assert sorted(map(tuple, found)) == sorted((subject, number) for subject in subjects for number in (1, 2))


def lock_and_tell(desk: DeskForTests, subjects: list[str]) -> None:
    with desk.write() as work:
        post_queries.lock_subjects(work.session, subjects=subjects)
        tell(work, *subjects)
