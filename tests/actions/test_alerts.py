"""Alerts through their life: raised once, acknowledged, escalated when nobody looks, ended with their matter (B35)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caredesk.actions import alerts, chat, promises, replies
from caredesk.actions.summaries import queue_view
from caredesk.conversations.models import Conversation
from caredesk.core.work import Actor
from caredesk.events.shapes import AlertView
from caredesk.floor.errors import AlertNotFound
from caredesk.floor.models import Alert
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import MONDAY_MORNING, OFFICE, DeskForTests

AFTER_AGENT, AFTER_SUPERVISOR = 91, 181


def standing(desk: DeskForTests) -> list[tuple[str, str]]:
    with desk.read() as session:
        return [(one.code, one.stage) for one in alerts.open_alerts(session)]


def first(desk: DeskForTests) -> AlertView:
    with desk.read() as session:
        return alerts.open_alerts(session)[0]


def raised(desk: DeskForTests, *, staff_id: str | None = None) -> AlertView:
    with desk.write() as work:
        for _ in range(2):
            alerts.raise_alert(work, code="reply_overdue", conversation_id="c1", staff_id=staff_id)
    return first(desk)


def seen(desk: DeskForTests, alert: AlertView, *, by: str, sees_floor: bool = True) -> None:
    with desk.write(actor=Actor(kind="staff", id=by, name="主管")) as work:
        alerts.acknowledge(work, alert_id=alert.id, staff_id=by, sees_floor=sees_floor)


def later(desk: DeskForTests, seconds: float) -> None:
    desk.clock.advance(seconds=seconds)
    desk.run_jobs()


def posts(desk: DeskForTests) -> list[str]:
    from_webhook = [event for event in desk.push.of_type("alert.changed") if event.alert.stage == "webhook"]
    return ["ended" if e.alert.ended_at else "seen" if e.alert.acknowledged_at else "escalated" for e in from_webhook]


def test_an_alert_about_the_same_matter_is_raised_once(desk: DeskForTests) -> None:
    raised(desk)
    assert [event.code for event in desk.push.of_type("alert.raised")] == ["reply_overdue"]
    assert standing(desk) == [("reply_overdue", "supervisor")]


def test_an_alert_nobody_acknowledges_calls_agent_then_supervisor_then_webhook(desk: DeskForTests) -> None:
    raised(desk, staff_id="lin")
    assert standing(desk) == [("reply_overdue", "agent")]
    later(desk, AFTER_AGENT)
    assert standing(desk) == [("reply_overdue", "supervisor")]
    later(desk, AFTER_SUPERVISOR)
    assert standing(desk) == [("reply_overdue", "webhook")]
    later(desk, 3600)
    assert posts(desk) == ["escalated"]


def test_an_acknowledged_alert_escalates_no_further_and_names_who_saw_it(desk: DeskForTests) -> None:
    alert = raised(desk, staff_id="lin")
    seen(desk, alert, by="lin", sees_floor=False)
    seen(desk, alert, by="boss")
    later(desk, 3600)
    assert standing(desk) == [("reply_overdue", "agent")]
    changed = desk.push.of_type("alert.changed")
    assert [(event.alert.acknowledged_by, event.alert.ended_at) for event in changed] == [("主管", None)]


def test_somebody_elses_alert_does_not_exist(desk: DeskForTests) -> None:
    alert = raised(desk, staff_id="lin")
    with pytest.raises(AlertNotFound):
        seen(desk, alert, by="mei", sees_floor=False)
    with pytest.raises(AlertNotFound), desk.write() as work:
        alerts.acknowledge(work, alert_id="none", staff_id="boss", sees_floor=True)


def test_what_only_an_eye_can_end_is_over_when_seen(desk: DeskForTests) -> None:
    with desk.write() as work:
        alerts.raise_alert(work, code="sweep_found", queue_id="q1")
    seen(desk, first(desk), by="boss")
    assert standing(desk) == []
    with desk.write() as work:
        alerts.raise_alert(work, code="sweep_found", queue_id="q1")
    assert standing(desk) == [("sweep_found", "supervisor")], "the next find is a new alert"


def test_a_reply_ends_the_alert_of_a_late_one(desk: DeskForTests) -> None:
    visitor, lin, conversation_id = desk.served_conversation()
    desk.say(visitor, "在吗")
    desk.run_jobs()
    later(desk, 61)
    assert standing(desk) == [("reply_overdue", "agent")]
    with desk.write() as work:
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(lin),
            client_key=desk.key(),
            says=replies.Says(text="在的"),
            seen_seq=0,
            confirmed=True,
            limit=99,
        )
    assert standing(desk) == []


def test_the_end_of_a_conversation_ends_all_its_alerts(desk: DeskForTests) -> None:
    visitor, _, conversation_id = desk.served_conversation()
    with desk.write() as work:
        alerts.raise_alert(work, code="red_flag", conversation_id=conversation_id)
        chat.end_conversation(work, visitor_id=visitor, conversation_id=conversation_id)
    assert standing(desk) == []


# ---- a queue's own ---------------------------------------------------------------------------------------


def test_nobody_ready_is_told_after_a_short_absence_and_taken_down_when_somebody_comes(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    desk.waiting_visitor()
    desk.run_jobs()
    later(desk, 20)
    assert standing(desk) == []
    later(desk, 15)
    assert standing(desk) == [("nobody_ready", "supervisor")]
    desk.add_agent("lin", queues=[queue_id])
    desk.run_jobs()
    later(desk, 2)
    assert standing(desk) == []


def test_the_longest_wait_over_its_limit_is_told_by_time_alone(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    lin = desk.add_agent("lin", queues=[queue_id], capacity=1)
    desk.waiting_visitor()
    desk.run_jobs()
    desk.accept(lin)
    desk.waiting_visitor()
    for _ in range(25):
        later(desk, 25)
    assert ("wait_too_long", "supervisor") in standing(desk)


def test_a_message_left_at_night_has_not_waited_all_night_when_the_desk_opens(desk: DeskForTests) -> None:
    queue_id = desk.add_queue(hours=OFFICE)
    _, conversation_id = desk.waiting_visitor()
    desk.clock.advance(hours=8, minutes=1)
    desk.run_jobs()
    with desk.write() as work:
        promises.follow_clinic(work, queue_id=queue_id)
    assert desk.conversation(conversation_id).status == "message"
    desk.clock.set(MONDAY_MORNING + timedelta(hours=22))
    with desk.write() as work:
        promises.follow_clinic(work, queue_id=queue_id)
    desk.run_jobs()
    later(desk, 5)
    assert desk.conversation(conversation_id).status == "waiting"
    assert "wait_too_long" not in [code for code, _ in standing(desk)]
    with desk.read() as session:
        shown = queue_view(session, queue_queries.get_queue(session, queue_id=queue_id), at=desk.clock.now())
    assert shown.longest_wait_since == MONDAY_MORNING + timedelta(hours=22)
    for _ in range(25):
        later(desk, 25)
    assert "wait_too_long" in [code for code, _ in standing(desk)]


def test_a_level_in_danger_is_told_before_the_day_is_lost(desk: DeskForTests) -> None:
    queue_id = desk.add_queue(service_level_seconds=60)
    desk.add_agent("lin", queues=[queue_id], capacity=1, ready=True)
    for _ in range(6):
        desk.waiting_visitor()
    desk.run_jobs()
    later(desk, 2)
    assert ("level_in_danger", "supervisor") not in standing(desk)
    later(desk, 65)
    later(desk, 2)
    assert "level_in_danger" in [code for code, _ in standing(desk)]


def test_an_alert_that_only_a_newer_release_knows_is_left_out_and_ends_with_its_talk(desk: DeskForTests) -> None:
    conversation_id = desk.say(desk.visit().visitor.id).conversation.id
    alert = raised(desk)
    with desk.write() as work:
        newer = work.session.get_one(Alert, alert.id)
        newer.code, newer.conversation_id = "of_a_newer_release", conversation_id
    assert standing(desk) == []
    with desk.write() as work:
        conversation = work.session.get_one(Conversation, conversation_id)
        conversation.status = "closed"
        alerts.settle(work, conversation)
    with desk.read() as session:
        assert session.get_one(Alert, alert.id).ended_at is not None
