"""The hospital's systems that hear of news: entered by an administrator, told in order, signed, and never too much."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from caredesk.accounts import queries
from caredesk.actions import chat, webhooks
from caredesk.application import create_app
from caredesk.audit import queries as audit_queries
from caredesk.conversations.models import Conversation
from caredesk.core.sealed import as_stored
from caredesk.core.sealing import is_sealed
from caredesk.edge.services import Services
from caredesk.floor.hook_models import WebhookSubscription
from caredesk.floor.hook_rules import KINDS
from caredesk.infra.webhook import HttpPostOffice
from tests.fixtures.desk import DeskForTests
from tests.fixtures.receiver import Receiver
from tests.fixtures.records import sign_in

pytestmark = pytest.mark.usefixtures("quick_hashing")

SYSTEMS = "/api/console/webhooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()
    kept.start()
    yield kept
    kept.stop()


@pytest.fixture
def services(services: Services) -> Services:
    # As patient as a busy machine needs: no test here is about slowness.
    return replace(services, post_office=HttpPostOffice(services.clock, reach="loopback", seconds=30.0))


@dataclass
class Administrator:
    """Somebody who connects systems, with a browser."""

    browser: FlaskClient
    headers: dict[str, str]

    def send(self, method: str, path: str = "", **body: object) -> Any:
        response = self.browser.open(SYSTEMS + path, method=method, json=body, headers=self.headers)
        return response.json if response.is_json else response.status_code

    def page(self) -> Any:
        return self.browser.get(SYSTEMS).json

    def add(self, url: str, *kinds: str) -> tuple[str, str]:
        given = self.send("POST", name="HIS", url=url, kinds=kinds or ["conversation.opened", "conversation.closed"])
        return given["subscription_id"], given["key"]


@pytest.fixture
def admin(desk: DeskForTests) -> Administrator:
    browser = create_app(desk.services).test_client()
    staff_id = desk.add_staff("the-admin", roles=("admin",))
    return Administrator(browser, sign_in(desk, browser, staff_id=staff_id))


def close(desk: DeskForTests, visitor_id: str, conversation_id: str) -> None:
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)


def signed_by(key: str, headers: dict[str, str], body: bytes) -> str:
    """Return the signature as docs/webhooks.md tells receivers to compute it."""
    secret = base64.b64decode(key.removeprefix("whsec_"))
    words = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, words, hashlib.sha256).digest()).decode()


def test_a_system_hears_of_what_it_asked_for_in_order_and_signed(
    desk: DeskForTests, admin: Administrator, receiver: Receiver
) -> None:
    _, key = admin.add(receiver.url)
    visitor_id, _, conversation_id = desk.served_conversation()
    close(desk, visitor_id, conversation_id)
    desk.run_jobs()
    assert receiver.types() == ["conversation.opened", "conversation.closed"]
    for headers, body in receiver.got:
        assert headers["webhook-signature"] == signed_by(key, headers, body)
        told = json.loads(body)
        assert (told["subject"], told["facts"]["conversation"]) == (f"conversation:{conversation_id}", conversation_id)
        assert not {"title", "last_message", "name", "phone"} & set(told["facts"]) and "您好" not in body.decode()
    [shown] = admin.page()["subscriptions"]
    assert (shown["waiting"], shown["dead"]) == (0, 0) and shown["delivered_at"]


def test_what_nobody_asked_for_is_not_even_written_down(desk: DeskForTests, admin: Administrator) -> None:
    admin.add("https://his.example/hook", "alert.ended")
    desk.served_conversation()
    assert admin.page()["letters"] == []


def test_one_system_that_is_away_holds_up_no_other_and_its_own_order_stays(
    desk: DeskForTests, admin: Administrator, receiver: Receiver
) -> None:
    away, _ = admin.add("http://127.0.0.1:1/gone")
    admin.add(receiver.url)
    visitor_id, _, conversation_id = desk.served_conversation()
    close(desk, visitor_id, conversation_id)
    for _ in range(webhooks.MOST_ATTEMPTS):
        desk.run_jobs()
        desk.clock.advance(minutes=6)
    assert receiver.types() == ["conversation.opened", "conversation.closed"]
    page = admin.page()
    assert {one["dead"] + one["waiting"] for one in page["subscriptions"]} == {0, 2}
    [dead] = [one for one in page["letters"] if one["state"] == "dead"]
    assert (dead["type"], dead["last_error"], dead["subscription_id"]) == ("conversation.opened", "unreachable", away)
    moved = {"name": "HIS", "url": receiver.url, "kinds": ["conversation.closed"]}
    assert admin.send("PUT", f"/{away}", **moved) == 204
    assert admin.send("POST", f"/posts/{dead['id']}/replay") == 204
    desk.run_jobs()
    assert receiver.types()[2:] == ["conversation.opened", "conversation.closed"]
    assert {one["state"] for one in admin.page()["letters"]} == {"delivered"}


def test_after_a_change_of_keys_both_sign_for_a_day_and_then_the_new_one_alone(
    desk: DeskForTests, admin: Administrator, receiver: Receiver
) -> None:
    system, old = admin.add(receiver.url)
    new = admin.send("POST", f"/{system}/key")["key"]
    for hours, keys in ((0, [new, old]), (25, [new])):
        desk.clock.advance(hours=hours)
        admin.headers = sign_in(desk, admin.browser, staff_id=_admin_id(desk)) if hours else admin.headers
        assert admin.send("POST", f"/{system}/test") == {"error": ""}
        headers, body = receiver.got[-1]
        assert headers["webhook-signature"].split(" ") == [signed_by(key, headers, body) for key in keys]
    assert receiver.types() == ["webhook.tested"] * 2


def _admin_id(desk: DeskForTests) -> str:
    with desk.read() as session:
        return next(one.id for one in queries.list_staff(session) if one.login == "the-admin")


def test_a_try_says_what_was_wrong_and_a_removed_system_hears_no_more(
    desk: DeskForTests, admin: Administrator, receiver: Receiver
) -> None:
    system, _ = admin.add(receiver.url)
    receiver.answers = [500]
    assert admin.send("POST", f"/{system}/test") == {"error": "status_500"}
    assert admin.send("DELETE", f"/{system}") == 204
    desk.clock.advance(minutes=1)
    desk.run_jobs()
    desk.served_conversation()
    desk.run_jobs()
    assert receiver.types() == ["webhook.tested"] and admin.page()["subscriptions"] == []
    assert admin.send("POST", f"/{system}/test")["code"] == "floor.subscription_not_found"


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/x",
        "https://u:p@his.example/",
        "ftp://his.example/",
        "his.example",
        "https://his.example:x/",
        "https://汉.example/",
        "https:///x",
    ],
)
def test_an_address_that_post_may_not_go_to_is_refused_and_changes_nothing(admin: Administrator, url: str) -> None:
    refused = admin.send("POST", name="HIS", url=url, kinds=["call.ended"])
    assert refused["code"] == "floor.address_refused" and url not in json.dumps(refused)
    assert admin.page()["subscriptions"] == []


def test_keys_and_addresses_lie_sealed_are_shown_once_and_every_deed_is_in_the_audit(
    desk: DeskForTests, admin: Administrator
) -> None:
    system, key = admin.add("https://his.example/hook?token=of-theirs")
    page = json.dumps(admin.page())
    assert key not in page and "of-theirs" not in page
    kept = {"name": "HIS 2", "url": "https://his.example/hook?…", "kinds": list(KINDS)}
    assert admin.send("PUT", f"/{system}", **kept) == 204
    with desk.read() as session:
        row = session.get_one(WebhookSubscription, system)
        assert (row.url, row.secret) == ("https://his.example/hook?token=of-theirs", key)
        columns = (WebhookSubscription.url, WebhookSubscription.secret)
        assert all(is_sealed(str(session.scalar(_stored(column)))) for column in columns)
        deeds = {one.deed for one in audit_queries.stream_entries(session)}
    assert {"webhook.added", "webhook.changed"} <= deeds


def _stored(column: Any) -> Any:
    return select(as_stored(column))


def test_no_more_systems_are_taken_than_there_may_be(admin: Administrator) -> None:
    for _ in range(20):
        admin.add("https://his.example/hook")
    refused = admin.send("POST", name="HIS", url="https://his.example/", kinds=["call.ended"])
    assert (refused["code"], refused["fields"]) == ("floor.too_many_subscriptions", {"most": 20})


def test_a_conversation_is_opened_once_however_often_screens_are_told(
    desk: DeskForTests, admin: Administrator, receiver: Receiver
) -> None:
    admin.add(receiver.url)
    visitor_id = desk.visit().visitor.id
    for _ in range(3):
        desk.say(visitor_id)
        desk.clock.advance(seconds=1)
    desk.run_jobs()
    assert receiver.types().count("conversation.opened") == 1
    with desk.read() as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 1
