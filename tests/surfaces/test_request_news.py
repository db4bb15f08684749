"""News of a request reach a doctor whose page is closed: by push, else by message, never twice, and naming nobody."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from caredesk.accounts.models import PushSubscription, Staff
from caredesk.actions import metrics, presence, request_news
from caredesk.actions.assist_views import tell_closed_page
from caredesk.application import create_app
from caredesk.assistance.models import RequestNews
from caredesk.core.ports import Handed, OutgoingMessage, PushTarget
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.services import Services
from caredesk.infra.outside import Posted
from caredesk.infra.runner import Runner
from caredesk.infra.web_push import HttpWebPush, judge, new_key
from tests.fixtures.desk import DeskForTests
from tests.fixtures.push_service import Browser, PushService
from tests.fixtures.ward import Ward

PUSH = "/api/doctor/push"
PATIENCE = 3


@dataclass
class KeepingMessenger:
    """Takes every message and keeps it."""

    handed: list[OutgoingMessage] = field(default_factory=list)
    is_play: bool = False

    def hand_over(self, message: OutgoingMessage) -> Handed:
        self.handed.append(message)
        return Handed("taken", provider_id="1")


@pytest.fixture
def sms() -> KeepingMessenger:
    return KeepingMessenger()


@pytest.fixture
def services(services: Services, push_service: PushService, sms: KeepingMessenger) -> Services:
    push = HttpWebPush(new_key(), contact="mailto:it@hospital.example", clock=services.clock, reach="loopback")
    return replace(services, web_push=push, sms=sms)


@pytest.fixture
def ward(desk: DeskForTests, services: Services) -> Ward:
    desk = replace(desk, services=services, runner=Runner(services, kinds=JOB_KINDS))
    return Ward(desk, create_app(services).test_client())


def allow(ward: Ward, browser: Browser | PushTarget) -> Any:
    target = browser.target if isinstance(browser, Browser) else browser
    body = {"endpoint": target.endpoint, "p256dh": target.p256dh, "auth": target.auth}
    return ward.client.put(PUSH, json=body, headers=ward.headers)


def taken(ward: Ward) -> dict[str, Any]:
    """Raise a request and have an assistant take it."""
    assistant = ward.desk.add_agent("xu", queues=[ward.queue])
    request = ward.call()
    ward.desk.run_jobs()
    ward.desk.accept(assistant)
    return request


def later(ward: Ward, seconds: float = PATIENCE) -> None:
    ward.desk.clock.advance(seconds=seconds)
    ward.desk.run_jobs()


def news(ward: Ward) -> list[tuple[str, bool, str]]:
    with ward.desk.read() as session:
        rows = session.query(RequestNews).order_by(RequestNews.id).all()
    return [(row.channel, row.told, row.reason) for row in rows]


def set_staff(ward: Ward, **values: str) -> None:
    with ward.desk.write() as work:
        staff = work.session.get_one(Staff, ward.doctor)
        for name, value in values.items():
            setattr(staff, name, value)


# ---- by push ---------------------------------------------------------------------------------------------


def test_who_has_no_page_open_is_woken_once_and_reads_only_which_request(ward: Ward, push_service: PushService) -> None:
    browser = push_service.subscribe()
    assert allow(ward, browser).json["browsers"] == 1
    request = taken(ward)
    later(ward)
    later(ward)
    assert browser.read == [{"v": 1, "request_id": request["id"]}]
    assert news(ward) == [("web_push", True, "")]
    [headers] = push_service.headers
    assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "high")
    assert len(headers["topic"]) == 32
    assert request["id"].encode() not in push_service.raw[0]


def test_an_open_page_is_told_there_and_only_there(ward: Ward, push_service: PushService) -> None:
    browser = push_service.subscribe()
    allow(ward, browser)
    with ward.desk.write() as work:
        presence.open_page(work, sid="page", node="main", staff_id=ward.doctor)
    taken(ward)
    later(ward)
    assert browser.read == []
    assert news(ward) == [("screen", True, "")]


def test_a_page_that_fell_silent_may_have_missed_it_and_is_told_again(ward: Ward, push_service: PushService) -> None:
    browser = push_service.subscribe()
    allow(ward, browser)
    with ward.desk.write() as work:
        presence.open_page(work, sid="page", node="main", staff_id=ward.doctor)
    taken(ward)
    later(ward)
    with ward.desk.write() as work:
        presence.disconnect(work, sid="page", grace_seconds=20)
        request_news.doubt_screen(work, staff_id=ward.doctor)
    ward.desk.run_jobs()
    assert len(browser.read) == 1


def test_what_the_assistant_writes_is_news_and_what_one_does_oneself_is_none(
    ward: Ward, push_service: PushService
) -> None:
    browser = push_service.subscribe()
    allow(ward, browser)
    request = ward.call()
    later(ward)
    ward.do(request, "urge")
    ward.do(request, "withdraw")
    later(ward)
    assert browser.read == []


def test_an_address_that_is_gone_is_forgotten(ward: Ward, push_service: PushService) -> None:
    allow(ward, push_service.subscribe())
    push_service.browsers.clear()
    taken(ward)
    later(ward)
    assert ward.client.get(PUSH).json["browsers"] == 0
    with ward.desk.read() as session:
        assert session.query(PushSubscription).count() == 0


def test_a_push_service_in_trouble_is_asked_again_and_then_it_is_said(ward: Ward, push_service: PushService) -> None:
    browser = push_service.subscribe()
    allow(ward, browser)
    push_service.answers = [503, 503]
    request = taken(ward)
    later(ward)
    assert news(ward) == []
    later(ward, 30)
    later(ward, 30)
    assert len(browser.read) == 1
    push_service.answers = [503, 429, 503]
    with ward.desk.write() as work:
        work.session.query(RequestNews).delete()
        tell_closed_page(work, request_id=request["id"])
    for _ in range(3):
        later(ward, 30)
    last = ward.client.get(PUSH).json["last"]
    assert (last["channel"], last["told"], last["reason"]) == ("web_push", False, "status_503")
    with ward.desk.read() as session:
        figures = {one.name: one for one in metrics.list_figures(session, now=ward.desk.clock.now())}
    assert (("web_push", "failed"), 1.0) in figures["caredesk_doctor_news"].values


# ---- by message, or only on the page ---------------------------------------------------------------------


def test_without_a_browser_the_doctors_own_number_is_used_and_nobody_is_named(
    ward: Ward, sms: KeepingMessenger
) -> None:
    set_staff(ward, phone="138 0000 1234")
    assert ward.client.get(PUSH).json["message"] == "sms"
    taken(ward)
    later(ward)
    [message] = sms.handed
    assert (message.to, message.text, message.facts) == ("+8613800001234", "doctor_news", {})
    assert news(ward) == [("sms", True, "")]


def test_a_refused_push_falls_back_to_a_message(ward: Ward, push_service: PushService, sms: KeepingMessenger) -> None:
    set_staff(ward, phone="13800001234")
    allow(ward, push_service.subscribe())
    push_service.answers = [400]
    taken(ward)
    later(ward)
    assert len(sms.handed) == 1
    assert ward.client.get(PUSH).json["browsers"] == 0


def test_who_can_be_told_no_other_way_is_told_on_the_page(ward: Ward) -> None:
    taken(ward)
    later(ward)
    assert news(ward) == [("none", False, "no_way")]


def test_a_closed_account_is_told_nothing(ward: Ward, push_service: PushService) -> None:
    browser = push_service.subscribe()
    allow(ward, browser)
    taken(ward)
    with ward.desk.write() as work:
        work.session.get_one(Staff, ward.doctor).active = False
    later(ward)
    assert browser.read == [] and news(ward) == []


# ---- whose address, and which ----------------------------------------------------------------------------


def test_a_shared_phone_belongs_to_who_signed_in_last_and_nobody_stops_anothers(
    ward: Ward, push_service: PushService
) -> None:
    browser = push_service.subscribe()
    allow(ward, browser)
    other = ward.desk.add_staff("zhou", roles=("doctor",), doctor_id="zhou")
    with ward.desk.write() as work:
        request_news.stop_push(work, staff_id=other, endpoint=browser.target.endpoint)
    assert ward.client.get(PUSH).json["browsers"] == 1
    with ward.desk.write() as work:
        request_news.allow_push(work, staff_id=other, target=browser.target, fault="")
    assert ward.client.get(PUSH).json["browsers"] == 0


def test_giving_up_a_browser_ends_it(ward: Ward, push_service: PushService) -> None:
    browser = push_service.subscribe()
    allow(ward, browser)
    answer = ward.client.post(f"{PUSH}/off", json={"endpoint": browser.target.endpoint}, headers=ward.headers)
    assert answer.status_code == 204
    assert ward.client.get(PUSH).json["browsers"] == 0


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("http://push.example/x", "scheme_refused"),
        ("https://user:word@push.example/x", "address_refused"),
        ("https://[bad/x", "address_refused"),
        ("file:///etc/passwd", "address_refused"),
    ],
)
def test_an_address_that_is_no_push_services_is_refused_and_not_kept(
    ward: Ward, push_service: PushService, endpoint: str, reason: str
) -> None:
    target = replace(push_service.subscribe().target, endpoint=endpoint)
    refused = allow(ward, target)
    assert (refused.status_code, refused.json["code"]) == (400, "assist.push_refused")
    assert refused.json["fields"] == {"reason": reason}
    assert ward.client.get(PUSH).json["browsers"] == 0


def test_keys_that_are_none_are_refused(ward: Ward, push_service: PushService) -> None:
    good = push_service.subscribe().target
    for bad in (replace(good, p256dh="AAAA"), replace(good, auth="!!!"), replace(good, p256dh="B" + "A" * 86)):
        assert allow(ward, bad).json["fields"] == {"reason": "keys_refused"}


def test_only_listed_hosts_are_sent_to(push_service: PushService, services: Services) -> None:
    sender = HttpWebPush(
        new_key(), contact="https://h.example", clock=services.clock, hosts=("fcm.example", "*.push.example")
    )
    target = push_service.subscribe().target
    places = {
        "fcm.example": "",
        "a.push.example": "",
        "push.example": "host_refused",
        "evil-push.example": "host_refused",
    }
    faults = {host: sender.fault_of(replace(target, endpoint=f"https://{host}/x")) for host in places}
    assert faults == places


def test_a_name_that_leads_into_the_house_is_not_followed(push_service: PushService, services: Services) -> None:
    sender = HttpWebPush(new_key(), contact="https://h.example", clock=services.clock)
    inside = replace(push_service.subscribe().target, endpoint="https://localhost/x")
    pushed = sender.send(inside, body=b"{}", topic="t")
    assert (pushed.fate, pushed.error) == ("refused", "address_refused")
    assert push_service.headers == []


def test_every_answer_of_a_push_service_means_something(push_service: PushService) -> None:
    fates = {status: judge(Posted(status)).fate for status in (201, 404, 410, 400, 413, 301, 429, 500)}
    assert fates == {
        201: "taken",
        404: "gone",
        410: "gone",
        400: "refused",
        413: "refused",
        301: "refused",
        429: "later",
        500: "later",
    }
    assert judge(Posted(fault="timeout")).fate == "later"


def test_the_key_is_made_once_and_stays(services: Services, ward: Ward, client: FlaskClient) -> None:
    key = ward.client.get(PUSH).json["public_key"]
    assert len(key) == 87
    assert ward.client.get(PUSH).json["public_key"] == key


def test_repeats_within_a_moment_are_one_push(ward: Ward, push_service: PushService) -> None:
    browser = push_service.subscribe()
    allow(ward, browser)
    request = taken(ward)
    with ward.desk.write() as work:
        presence.open_page(work, sid="page", node="main", staff_id=ward.doctor)
    with ward.desk.write() as work:
        presence.disconnect(work, sid="page", grace_seconds=20)
    ward.do(request, "urge")
    later(ward)
    assert len(browser.read) == 1
