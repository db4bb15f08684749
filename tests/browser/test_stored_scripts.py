"""Scripts that people's words carry: stored in every field by API, then looked for on every page of all surfaces."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from caredesk.core.clock import FixedClock, SystemClock
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.infra.profiles import build_services
from caredesk.infra.quiet import NoJobs
from caredesk.infra.runner import Runner
from caredesk.settings import Settings
from tests.browser.conftest import AGENT, VISITOR
from tests.browser.desk_process import ROOT, DeskProcess, free_port
from tests.browser.people import PATIENCE
from tests.fixtures import tally
from tests.fixtures.desk import LEARNED, MONDAY_MORNING, DeskForTests, FixedBot, RecordingPush
from tests.fixtures.stored_scripts import RUNS, Storing
from tests.surfaces.test_hostile import ROUTES

pytestmark = pytest.mark.usefixtures("quick_hashing")

MOST = 3
"""Pages of one kind that are looked at, the newest; more would show the same."""

ROUTER = ROOT / "web" / "console" / "router" / "index.ts"
WATCH = f"""
window.ran = []; window.offences = []; window.asked = 0;
window.{RUNS} = (number) => {{ ran.push(number); return ''; }};
addEventListener('securitypolicyviolation',
  (report) => offences.push(`${{report.violatedDirective}} ${{report.blockedURI}}`));
const ask = window.fetch;
window.fetch = (...all) => {{ asked += 1; return ask(...all).finally(() => {{ asked -= 1; }}); }};
"""
STILL = """() => {
  const size = document.documentElement.outerHTML.length, same = window.lastSize === size;
  window.lastSize = size;
  return same && asked === 0 && document.readyState === 'complete';
}"""
MADE = f"""() => [...document.querySelectorAll(
    '[onerror], [onload], [onmouseover], [onfocus], [href^="javascript:" i], [href^="data:" i], [srcdoc], '
    + 'img[src="x"], form[action*="evil"], [href*="evil.example"], meta[http-equiv="refresh"], base')]
  .concat([...document.querySelectorAll('script, style')].filter((one) => /{RUNS}|evil/.test(one.textContent)))
  .map((one) => one.outerHTML.slice(0, 200))"""
READ = """() => document.documentElement.innerHTML
  + [...document.querySelectorAll('input, textarea')].map((one) => one.value).join(' ')"""
SAID = ("POST /api/chat/messages body.text", "POST /api/console/conversations/<conversation_id>/notes text")
"""What the scene's own talk shows for certain."""
RESTS_IN = 5_000
"""Milliseconds for a page to come to rest; who counts seconds on it never does."""
SHOWN = re.compile(r"q7n(\d+)e")


@dataclass
class Walk:
    """Goes from page to page and keeps what was seen there."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("dialog", lambda dialog: (self.faults.append(f"dialog at {self.page.url}"), dialog.dismiss()))
        self.page.on("request", self._note_request)

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:")):
            self.faults.append(f"asked for {request.url}")

    def to(self, path: str) -> None:
        """Open a page, and one after the other what its tabs hold."""
        self.page.goto(path)
        expect(self.page.locator("body > :visible").first).to_be_visible(timeout=PATIENCE)
        self.look()
        for number in range(self.page.get_by_role("tab").count()):
            tab = self.page.get_by_role("tab").nth(number)
            if tab.is_visible():
                tab.click(timeout=PATIENCE)
                self.look()

    def look(self) -> None:
        """Judge what is there once nothing is asked for and nothing grows any more; what never rests is judged so."""
        with suppress(PlaywrightTimeout):
            # A record allows no script at all, not even one that waits for it; it comes whole.
            if "/export.html" not in self.page.url:
                self.page.wait_for_function(STILL, timeout=RESTS_IN, polling=200)
        here = self.page.url.removeprefix(self.url)
        ran, offences = self.page.evaluate("[ran, offences]")
        self.faults += [f"{here}: {fault}" for fault in [*map(str, ran), *offences, *self.page.evaluate(MADE)]]
        self.seen |= {int(number) for number in SHOWN.findall(self.page.evaluate(READ))}

    def must_see(self, path: str, *, numbers: list[int]) -> None:
        """Open a page and wait until it shows these texts."""
        self.page.goto(path)
        for number in numbers:
            expect(self.page.get_by_text(f"q7n{number}e").first).to_be_visible(timeout=3 * PATIENCE)


@pytest.fixture
def storing(database_url: str, tmp_path: Path) -> Storing:
    """A desk in whose fields tricks were stored on a Monday morning at ten."""
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url, index_dir=LEARNED)
    clock, push, bot = FixedClock(MONDAY_MORNING), RecordingPush(), FixedBot()
    services = replace(build_services(settings), clock=clock, push=push, jobs=NoJobs(), bot=bot)
    storing = Storing.at(DeskForTests(services, clock, push, bot, Runner(services, kinds=JOB_KINDS)))
    storing.store_everywhere(ROUTES)
    return storing


@pytest.fixture
def desk(storing: Storing, database_url: str, tmp_path: Path) -> Iterator[DeskProcess]:
    """The same desk, served, at the same hour."""
    settings = {"CAREDESK_DATABASE_URL": database_url}
    shift = MONDAY_MORNING - SystemClock().now()
    process = DeskProcess(tmp_path, free_port(), settings=settings, usual_shift=shift, options=())
    process.restore_clock()
    process.start()
    yield process
    process.stop()


@pytest.mark.timeout(900)
def test_no_word_of_anybody_becomes_a_script_or_an_element_on_any_page(
    storing: Storing, desk: DeskProcess, open_context: Callable[..., BrowserContext], page_faults: list[str]
) -> None:
    seen: set[int] = set()
    for options, paths in ((AGENT, office_pages(storing)), (VISITOR, ["/doctor", "/chat"])):
        context = open_context(**options)
        let_in(context, storing=storing, url=desk.url)
        walk = Walk(context.new_page(), desk.url)
        if options is AGENT:
            walk.must_see(own_talk(storing), numbers=[n for n, name in storing.stored.items() if name in SAID])
        for path in paths:
            walk.to(path)
        assert walk.faults == []
        seen |= walk.seen
    assert len(storing.stored) > 60 and seen, len(storing.stored)
    for outcome, among in ((tally.HARMLESS, storing.stored), (tally.REFUSED, storing.refused)):
        for _ in among:
            tally.note(outcome)
    # There is no hotline beside this desk for the browser's telephone to reach.
    page_faults[:] = [fault for fault in page_faults if "WebSocket connection to 'wss:" not in fault]


def own_talk(storing: Storing) -> str:
    return f"/console/mine/{storing.scene.values['conversation_id']}"


def let_in(context: BrowserContext, *, storing: Storing, url: str) -> None:
    """Be the one with every role to the office, and the family of the scene to the parent's page."""
    token = json.dumps(json.dumps(storing.scene.token))
    # A record is a page without a place of its own, and has no storage.
    context.add_init_script(f"{WATCH}; try {{ localStorage.setItem('caredesk.token', {token}) }} catch {{ }}")
    cookie = storing.browser.get_cookie("caredesk_session")
    assert cookie is not None
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
    context.route("**/export.html*", show_instead_of_saving)


def show_instead_of_saving(route: Route) -> None:
    """Open a record in the tab, as who double-clicks the saved file does."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "content-disposition"}
    route.fulfill(response=answer, headers=headers)


def office_pages(storing: Storing) -> Iterator[str]:
    """Yield an address for every page that the console's router knows, and those of what tricks were stored about."""
    places = {name: list(found) for name, found in storing.places.items()}
    yield own_talk(storing)
    for conversation_id in places["conversation_id"][-MOST:]:
        yield f"/console/closed/{conversation_id}"
    for entry_id in places["entry_id"][-MOST:]:
        yield f"/console/knowledge/{entry_id}"
    yield f"/api/console/conversations/{storing.scene.values['conversation_id']}/export.html"
    for path in re.findall(r"path: '(/[^']*)'", ROUTER.read_text("utf-8")):
        if not path.startswith(("/:", "/sign-in")):
            filled = path.replace(":incidentId", places["incident_id"][-1]).replace(":entryId(.*)?", "")
            assert ":" not in filled, f"a page whose address nobody fills: {path}"
            yield f"/console{filled}"
