"""A fresh load of the parent's page while its server is away: it opens, and says how else the hospital is reached."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.desk_process import DeskProcess
from tests.browser.parent_page import PATIENCE, enter
from tests.browser.people import answer_of

KEPT = """async () => {
    const cache = await caches.open('caredesk-parent-shell')
    return (await cache.keys()).map((one) => new URL(one.url).pathname)
}"""


def test_a_fresh_load_without_the_server_shows_the_number_and_keeps_nothing_about_people(
    visitor_page: Page, desk: DeskProcess
) -> None:
    page = enter(visitor_page)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=2 * PATIENCE)
    answer_of(page, f"async () => (await ({KEPT})()).length > 1", patience=2 * PATIENCE)
    assert all(re.match(r"/chat$|/static/widget/assets/", path) for path in page.evaluate(KEPT))
    desk.kill()
    page.reload()
    expect(page.locator(".strip.connection a[href^='tel:']")).to_be_visible(timeout=2 * PATIENCE)
    expect(page.locator(".input")).to_be_visible(timeout=PATIENCE)
    desk.start()
    expect(page.locator(".strip.connection")).to_be_hidden(timeout=3 * PATIENCE)
