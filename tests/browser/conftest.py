"""What browser tests share: Debian's Chromium, one running desk, and the pages of visitors and agents.

A page that logs an error or breaks the Content-Security-Policy fails its test, whatever else the test looks at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page
from pytest_playwright import CreateContextCallback

from tests.browser.desk_process import LONGEST_START, ROOT, DeskProcess

HERE = Path(__file__).parent
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "apt-get install chromium fonts-noto-cjk"

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VISITOR: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
AGENT: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "permissions": ["notifications"]}
CHINA: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}

# The browser logs a failed request by itself; whether that is a fault, the test decides.
FAILED_REQUEST = "Failed to load resource"
# What it says of a page that goes while a socket of its own is still connecting.
GONE_EARLY = "WebSocket is closed before the connection is established"
STILL = """() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime < Infinity)
    .map((one) => one.finished))"""
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

OpenPage = Callable[..., Page]
RUNNING_DESK = pytest.StashKey[DeskProcess]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of this folder; without Chromium they are skipped, and in CI that is an error."""
    ours = [item for item in items if HERE in item.path.parents]
    missing = find_chromium() is None
    if ours and missing and os.environ.get("CI"):
        raise pytest.UsageError(f"The browser tests need Chromium: {INSTALL}")
    for item in ours:
        item.add_marker(pytest.mark.browser)
        # The first test also waits for the desk to start, and a test may restart it.
        item.add_marker(pytest.mark.timeout(2 * LONGEST_START))
        # A machine that stalls for seconds breaks a click, not the page: a second try tells them apart, and the
        # summary names each test that needed it.
        item.add_marker(pytest.mark.flaky(reruns=1))
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"no Chromium here: {INSTALL}"))


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the desk's log below a failed test."""
    report = yield
    running = item.config.stash.get(RUNNING_DESK, None)
    if running is not None and report.failed:
        report.sections.append(("end of the desk's log", running.log_tail()))
    return report


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def desk_process(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[DeskProcess]:
    """One desk with the demo hospital for all browser tests of this session, begun at ten in the morning."""
    running = DeskProcess.in_folder(tmp_path_factory.mktemp("desk"))
    running.start()
    pytestconfig.stash[RUNNING_DESK] = running
    yield running
    running.stop()


@pytest.fixture
def desk(desk_process: DeskProcess) -> Iterator[DeskProcess]:
    """The running desk; a test may stop, kill or start it and move its clock, which is set back afterwards."""
    yield desk_process
    if desk_process.process is None:
        desk_process.start()
    desk_process.restore_clock()


@pytest.fixture(scope="session")
def base_url() -> None:
    """No address holds for all tests: `open_context` leads each to its own desk."""


@pytest.fixture
def page_faults() -> Iterator[list[str]]:
    """Errors that pages of this test logged. A test that provokes one clears the list."""
    faults: list[str] = []
    yield faults
    assert not faults, "\n".join(faults)


@pytest.fixture
def open_context(
    new_context: CreateContextCallback, desk: DeskProcess, page_faults: list[str]
) -> Callable[..., BrowserContext]:
    """Make a separate browser profile whose pages are watched for errors; `page.goto("/chat")` leads to `desk`."""

    def open_one(**options: Any) -> BrowserContext:
        context = new_context(base_url=desk.url, **CHINA, **options)
        context.on("weberror", lambda error: page_faults.append(f"uncaught: {error.error}"))
        context.on("console", lambda message: note_error(page_faults, message=message))
        return context

    return open_one


def note_error(faults: list[str], *, message: ConsoleMessage) -> None:
    is_usual = FAILED_REQUEST in message.text or GONE_EARLY in message.text
    if message.type in {"error", "warning"} and not is_usual:
        faults.append(f"{message.type}: {message.text} ({message.location.get('url')})")


@pytest.fixture
def open_visitor(open_context: Callable[..., BrowserContext]) -> OpenPage:
    """Open pages of different visitors, each on its own phone: `open_visitor()`, `open_visitor(locale=…)`."""
    return lambda **options: open_context(**VISITOR, **options).new_page()


@pytest.fixture
def open_agent(open_context: Callable[..., BrowserContext]) -> OpenPage:
    """Open pages of different agents, each in its own browser profile."""
    return lambda **options: open_context(**AGENT, **options).new_page()


@pytest.fixture
def visitor_page(open_visitor: OpenPage) -> Page:
    return open_visitor()


@pytest.fixture
def agent_page(open_agent: OpenPage) -> Page:
    return open_agent()


@pytest.fixture(scope="session")
def axe_faults() -> Callable[[Page], list[str]]:
    """Look for accessibility faults: `assert not axe_faults(page)` names the serious and critical ones."""
    source = AXE.read_text(encoding="utf-8")

    def find(page: Page) -> list[str]:
        page.evaluate(source)
        # Colours of what is still fading in are nobody's to judge.
        page.evaluate(STILL)
        found = page.evaluate("() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })")
        return [
            f"{fault['id']} ({fault['impact']}): {node['html']}"
            for fault in found["violations"]
            if fault["impact"] in {"serious", "critical"}
            for node in fault["nodes"]
        ]

    return find
