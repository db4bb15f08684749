"""Post to the hospital's systems, to a real receiver on this machine: order, retries, repeats, slowness, secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from caredesk.actions import alerts, webhooks
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.services import Services
from caredesk.floor import post_queries
from caredesk.infra.runner import Runner
from caredesk.infra.webhook import HttpWebhook
from tests.fixtures.desk import DeskForTests
from tests.fixtures.receiver import Receiver

SECRET = "what only the two of them know"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()
    kept.start()
    yield kept
    kept.stop()


@pytest.fixture
def services(services: Services, receiver: Receiver) -> Services:
    sender = HttpWebhook(receiver.url, secret=SECRET, clock=services.clock, reach="loopback", seconds=0.5)
    return replace(services, webhook=sender)


def say(desk: DeskForTests, *kinds: str, subject: str = "alert:1") -> None:
    for kind in kinds:
        with desk.write() as work:
            webhooks.announce(work, subject=subject, kind=kind, facts={"n": kind})
    desk.run_jobs()


def states(desk: DeskForTests) -> list[tuple[str, str, int, str]]:
    with desk.read() as session:
        found = webhooks.all_post(session)
    return [(one.type, one.state, one.attempts, one.last_error) for one in reversed(found)]


def test_what_is_sent_is_signed_and_the_receiver_can_tell(desk: DeskForTests, receiver: Receiver) -> None:
    say(desk, "alert.escalated")
    [(headers, body)] = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert int(headers["webhook-timestamp"]) == int(desk.clock.now().timestamp())
    assert json.loads(body)["id"] == headers["webhook-id"]
    assert states(desk) == [("alert.escalated", "delivered", 1, "")]


def test_a_subjects_post_arrives_in_order_also_after_a_failure(desk: DeskForTests, receiver: Receiver) -> None:
    receiver.answers = [503]
    say(desk, "alert.escalated", "alert.acknowledged", "alert.ended")
    assert receiver.types() == ["alert.escalated"]
    desk.clock.advance(seconds=6)
    desk.run_jobs()
    assert receiver.types() == ["alert.escalated", "alert.escalated", "alert.acknowledged", "alert.ended"]
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert ids[0] == ids[1], "a repeat can be recognised by its id"


def test_another_subject_does_not_wait_for_one_that_fails(desk: DeskForTests, receiver: Receiver) -> None:
    receiver.answers = [500]
    say(desk, "alert.escalated", subject="alert:1")
    say(desk, "alert.ended", subject="alert:2")
    assert receiver.types() == ["alert.escalated", "alert.ended"]


def test_what_fails_too_often_is_dead_holds_its_line_and_can_be_sent_again(
    desk: DeskForTests, receiver: Receiver
) -> None:
    receiver.answers = [500] * webhooks.MOST_ATTEMPTS
    say(desk, "alert.escalated", "alert.ended")
    for _ in range(webhooks.MOST_ATTEMPTS):
        desk.clock.advance(hours=1)
        desk.run_jobs()
    assert states(desk) == [
        ("alert.escalated", "dead", webhooks.MOST_ATTEMPTS, "status_500"),
        ("alert.ended", "pending", 0, ""),
    ]
    with desk.read() as session:
        [dead] = [one for one in webhooks.undelivered(session) if one.state == "dead"]
    with desk.write() as work:
        webhooks.replay(work, delivery_id=dead.id)
    desk.run_jobs()
    assert [state for _, state, _, _ in states(desk)] == ["delivered", "delivered"]
    assert receiver.types()[-2:] == ["alert.escalated", "alert.ended"]


def test_a_slow_receiver_is_given_up_and_tried_again(desk: DeskForTests, receiver: Receiver) -> None:
    receiver.asleep.clear()
    say(desk, "alert.escalated")
    assert states(desk) == [("alert.escalated", "pending", 1, "timeout")]
    receiver.asleep.set()
    desk.clock.advance(seconds=6)
    desk.run_jobs()
    assert states(desk) == [("alert.escalated", "delivered", 2, "")]


def test_a_redirect_is_not_followed(desk: DeskForTests, receiver: Receiver) -> None:
    receiver.answers = [302]
    say(desk, "alert.escalated")
    assert len(receiver.got) == 1
    assert states(desk) == [("alert.escalated", "pending", 1, "status_302")]


@pytest.mark.parametrize(
    ("url", "reach", "error"),
    [
        ("http://127.0.0.1:1/hook", "loopback", "unreachable"),
        ("https://127.0.0.1:1/hook", "public", "address_refused"),
        ("https://localhost:1/hook", "private", "address_refused"),
        ("http://127.0.0.1:1/hook", "public", "scheme_refused"),
    ],
)
def test_an_address_that_must_not_or_cannot_be_reached_is_a_plain_code(
    services: Services, url: str, reach: str, error: str
) -> None:
    sender = HttpWebhook(url, secret=SECRET, clock=services.clock, reach=reach, seconds=0.5)  # type: ignore[arg-type]
    assert sender.send(delivery_id="d1", body=b"{}") == error


def test_without_an_address_nothing_piles_up(desk: DeskForTests) -> None:
    bare = replace(desk, runner=Runner(replace(desk.services, webhook=None), kinds=JOB_KINDS))
    say(bare, "alert.escalated")
    assert states(desk) == []


def test_an_alert_nobody_looks_after_is_posted_with_ids_and_codes_only(desk: DeskForTests, receiver: Receiver) -> None:
    _, lin, conversation_id = desk.served_conversation()
    with desk.write() as work:
        alerts.raise_alert(work, code="red_flag", conversation_id=conversation_id, staff_id=lin)
    desk.clock.advance(minutes=4)
    desk.run_jobs()
    [(_, body)] = [got for got in receiver.got if json.loads(got[1])["type"] == "alert.escalated"]
    facts = json.loads(body)["facts"]
    assert facts == {
        "alert": facts["alert"],
        "code": "red_flag",
        "conversation": conversation_id,
        "agent": lin,
    }
    assert "客服" not in body.decode()


def test_numbers_of_a_subject_have_no_gaps(desk: DeskForTests) -> None:
    say(desk, "a", "b", "c")
    with desk.read() as session:
        found = post_queries.list_deliveries(session, states=["delivered"], limit=9)
    assert sorted(one.number for one in found) == [1, 2, 3]
