"""The doctor's desk when its page is closed or its network dead: the shell opens, and a push leads to its request."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.doctor_page import DoctorsDoor
from tests.browser.people import PATIENCE, answer_of

KEPT = """async () => {
    const cache = await caches.open('caredesk-doctor-shell')
    return (await cache.keys()).map((one) => new URL(one.url).pathname)
}"""
SHOWN = """async () => {
    const registration = await navigator.serviceWorker.getRegistration('/doctor')
    return (await registration.getNotifications()).map((one) => [one.title, one.body, one.tag])
}"""


def look_again(page: Page) -> None:
    """Open the page once more, now under its worker."""
    page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=PATIENCE)
    page.reload()
    expect(page.get_by_role("contentinfo")).to_contain_text("实时", timeout=PATIENCE)


def test_in_a_dead_network_the_page_opens_and_says_so_and_nothing_about_people_was_kept(visitor_page: Page) -> None:
    page = DoctorsDoor().enter(visitor_page)
    look_again(page)
    answer_of(page, f"async () => (await ({KEPT})()).length > 1")
    assert all(re.match(r"/doctor$|/static/doctor_desk/assets/", path) for path in page.evaluate(KEPT))
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="没有连上医院")).to_be_visible(timeout=PATIENCE)
    page.context.set_offline(False)
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_role("contentinfo")).to_contain_text("实时", timeout=PATIENCE)


def test_a_push_shows_that_there_is_news_and_names_nobody(visitor_page: Page) -> None:
    page = DoctorsDoor().enter(visitor_page)
    page.context.grant_permissions(["notifications"])
    look_again(page)
    deliver(page, {"v": 1, "request_id": "0199-ab"})
    # Read in one go: a browser without a screen keeps what it has shown for moments only.
    title, body, tag = answer_of(page, f"async () => {{ const [one] = await ({SHOWN})(); return one }}")
    assert (title, tag) == ("医生工作台", "0199-ab")
    assert "新进展" in body


def deliver(page: Page, payload: dict[str, Any]) -> None:
    """Bring a push to the page's worker, as a push service would."""
    browser = page.context.new_cdp_session(page)
    found: list[str] = []

    def note(told: Any) -> None:
        found.extend(one["registrationId"] for one in told["registrations"])

    browser.on("ServiceWorker.workerRegistrationUpdated", note)
    browser.send("ServiceWorker.enable")
    for _ in range(50):
        if found:
            break
        page.wait_for_timeout(100)
    origin = page.evaluate("() => location.origin")
    browser.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": found[-1], "data": json.dumps(payload)},
    )


ASK = """async () => {
    const { csrf_token: csrf } = await (await fetch('/api/auth/me')).json()
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf }
    const body = JSON.stringify({ client_key: 'from-a-test-1', type_key: 'free_text', form: { text: '请打印排班' } })
    return (await (await fetch('/api/doctor/requests', { method: 'POST', headers, body })).json()).id
}"""


def test_a_notification_opens_its_request_once(visitor_page: Page) -> None:
    page = DoctorsDoor().enter(visitor_page)
    page.goto(f"/doctor#request={page.evaluate(ASK)}")
    expect(page.get_by_role("dialog")).to_contain_text("请打印排班", timeout=PATIENCE)
    assert page.evaluate("() => location.hash") == ""
