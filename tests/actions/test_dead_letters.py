"""What was given up: one list, sent again or thrown away, each deed on the trail."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from caredesk.actions import dead_letters, webhooks
from caredesk.core.ids import new_id
from caredesk.core.outbox import JobRow
from caredesk.core.work import Actor
from caredesk.floor.errors import DeliveryNotFound, JobNotDead, ReasonNeeded
from caredesk.floor.models import FloorAction, WebhookDelivery
from tests.fixtures.desk import DeskForTests

SUPERVISOR = Actor("staff", "s-1", "高敏")


def dead_job(desk: DeskForTests) -> str:
    """Give a job up; it would sweep the queues."""
    with desk.write() as work:
        job = JobRow(
            id=new_id(),
            name="sweep_queues",
            payload={},
            key="a-dead-job",
            due_at=work.now,
            attempts=8,
            dead=True,
            last_error="RuntimeError",
            created_at=work.now,
        )
        work.session.add(job)
    return job.id


def dead_post(desk: DeskForTests, *, number: int = 1, state: str = "dead") -> str:
    with desk.write() as work:
        post = WebhookDelivery(
            id=new_id(), subject="conversation:1", number=number, type="a.b", body={}, state=state, made_at=work.now
        )
        work.session.add(post)
    return post.id


def listed(desk: DeskForTests) -> list[tuple[str, str, str]]:
    with desk.read() as session:
        return [(one.kind, one.what, one.error) for one in dead_letters.list_dead(session)]


def trail(desk: DeskForTests) -> list[tuple[str, str, str]]:
    with desk.read() as session:
        return [(one.what, one.by_name, one.reason) for one in session.scalars(select(FloorAction))]


def test_everything_that_was_given_up_stands_on_one_list(desk: DeskForTests) -> None:
    dead_job(desk)
    dead_post(desk)
    assert sorted(listed(desk)) == [("job", "sweep_queues", "RuntimeError"), ("webhook", "a.b", "")]


def test_a_job_is_done_again_and_who_asked_for_it_is_kept(desk: DeskForTests) -> None:
    job_id = dead_job(desk)
    with desk.write(actor=SUPERVISOR) as work:
        dead_letters.replay(work, kind="job", letter_id=job_id)
    assert listed(desk) == []
    with desk.read() as session:
        job = session.get_one(JobRow, job_id)
    assert (job.dead, job.attempts) == (False, 0)
    assert trail(desk) == [("letter_replayed", "高敏", "")]


def test_thrown_away_post_lets_the_next_of_its_subject_go(desk: DeskForTests) -> None:
    first = dead_post(desk)
    second = dead_post(desk, number=2, state="pending")
    with desk.write(actor=SUPERVISOR) as work:
        dead_letters.discard(work, kind="webhook", letter_id=first, reason="对方系统已停用")
    with desk.read() as session:
        following = webhooks.next_letter(session, subject="conversation:1")
    assert following is not None and following.delivery_id == second
    assert trail(desk) == [("letter_discarded", "高敏", "对方系统已停用")]


def test_nothing_is_thrown_away_without_a_reason_or_twice(desk: DeskForTests) -> None:
    job_id = dead_job(desk)
    with pytest.raises(ReasonNeeded), desk.write() as work:
        dead_letters.discard(work, kind="job", letter_id=job_id, reason=" ")
    assert listed(desk) != []
    with desk.write() as work:
        dead_letters.discard(work, kind="job", letter_id=job_id, reason="不再需要")
    with pytest.raises(JobNotDead), desk.write() as work:
        dead_letters.discard(work, kind="job", letter_id=job_id, reason="不再需要")
    with pytest.raises(DeliveryNotFound), desk.write() as work:
        dead_letters.replay(work, kind="webhook", letter_id=new_id())
