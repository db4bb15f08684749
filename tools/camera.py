"""How pictures of the documents are taken: in which browser, at which size, and how heavy they may be."""

from __future__ import annotations

import sys
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from tests.browser.desk_process import ROOT

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 300_000
COLOURS = 256

DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 1}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
CHINA: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce"}
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]


def take(page: Page, *, name: str) -> None:
    """Write a picture, with fewer colours when it would be heavy."""
    path = PICTURES / f"{name}.png"
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(400)
    page.screenshot(path=path, caret="hide", animations="disabled")
    with Image.open(path) as picture:
        heavy = path.stat().st_size > LARGEST
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE) if heavy else picture.copy()
    small.save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)}  {small.width} x {small.height}  {path.stat().st_size // 1000} kB\n")
