"""What a surface costs before it is useful: bytes on the wire, script, and the first paint in Chromium."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

STATIC = Path(__file__).parents[1] / "caredesk" / "static"
SURFACES = ("chat", "console", "doctor")
LINKED = re.compile(r'(?:src|href)="(/static/[^"]+)"')

# A phone on a poor line: 1.6 Mbit/s, 150 ms there and back, a processor four times slower.
SLOW_LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
SLOWER = 4


def script_bytes(app: str) -> int:
    """Return the gzip size of all scripts of a built surface."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in (STATIC / app).rglob("*.js"))


def transferred_bytes(url: str, surface: str) -> int:
    """Return the bytes of the page and of everything it names, as a browser that takes Brotli gets them.

    The page is read uncompressed to learn what it names: httpx opens Brotli only where a package for it is installed.
    A page that names nothing is not a surface and raises, because its few bytes would look like a good figure.
    """
    with httpx.Client(base_url=url) as client:
        named = sorted(set(LINKED.findall(client.get(f"/{surface}", headers={"Accept-Encoding": "identity"}).text)))
        if not named:
            raise RuntimeError(f"/{surface} names neither scripts nor styles")
        compressed = {"Accept-Encoding": "br, gzip"}
        answers = [client.get(path, headers=compressed).raise_for_status() for path in (f"/{surface}", *named)]
    return sum(answer.num_bytes_downloaded for answer in answers)


def first_paints(url: str) -> dict[str, float]:
    """Return the first contentful paint of each surface in milliseconds, on a slow phone; empty without Chromium."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        return {}
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        paints = {surface: _first_paint(browser, f"{url}/{surface}") for surface in SURFACES}
        browser.close()
    return paints


def _first_paint(browser: Browser, url: str) -> float:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")
    protocol.send("Network.emulateNetworkConditions", SLOW_LINE)
    protocol.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="load")
    found = page.evaluate(
        """() => new Promise(resolve => new PerformanceObserver(list => {
            const paint = list.getEntriesByName('first-contentful-paint')[0]
            if (paint) resolve(paint.startTime)
        }).observe({ type: 'paint', buffered: true }))"""
    )
    context.close()
    return float(found)
