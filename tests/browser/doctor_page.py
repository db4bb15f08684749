"""A doctor's page on a phone, for tests that look through a doctor's eyes."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.people import PASSWORD, PATIENCE

# 周明远 has a patient twenty-five minutes after the demo hospital was loaded: 张*, whose mother is G1003.
DOCTOR = "doctor02"


class DoctorsDoor:
    """Brings pages to the doctor's day. Only the first signs in: one address may do that only so often."""

    def __init__(self) -> None:
        self.cookies: list[Any] = []

    def enter(self, page: Page) -> Page:
        """Open the day and wait until it is live."""
        page.context.add_cookies(self.cookies)
        page.goto("/doctor")
        if not self.cookies:
            page.get_by_label("账号").fill(DOCTOR)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
        expect(page.locator(".patient")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("contentinfo")).to_contain_text("实时", timeout=PATIENCE)
        self.cookies = page.context.cookies()
        return page
