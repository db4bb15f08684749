"""What a parent does on the page, and what the desk has of it."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from datetime import datetime, timedelta
from typing import Any

from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from caredesk.core.clock import SystemClock, clinic_time
from tests.browser.desk_process import ROOT, DeskProcess, ten_in_the_morning

TEMPLATE = ROOT / "caredesk" / "demo_hospital" / "clinic_template.csv"
PATIENCE = 20_000
"""The machine may be busy with other tests; nothing here measures speed."""


def enter(page: Page) -> Page:
    """Open the page and wait for its first screen."""
    page.goto("/chat")
    expect(page.locator(".welcome .choice").first).to_be_visible(timeout=PATIENCE)
    return page


def write(page: Page, text: str) -> None:
    page.locator(".input").fill(text)
    page.keyboard.press("Enter")


def ask(page: Page, text: str, *, kind: str) -> Locator:
    """Ask, and return the newest bubble of the kind that is expected as the answer."""
    known = page.locator(f".theirs .is-{kind}").count()
    write(page, text)
    answer = page.locator(f".theirs .is-{kind}").nth(known)
    expect(answer).to_be_visible(timeout=PATIENCE)
    return answer


def mine(page: Page) -> list[str]:
    """Return the visitor's own words as they stand on the screen."""
    return page.locator(".mine .words").all_inner_texts()


def stored(page: Page, desk: DeskProcess) -> list[str]:
    """Return the visitor's words as the desk has them, oldest first, over all conversations of this browser."""
    token = json.loads(page.evaluate("localStorage.getItem('caredesk.token')"))
    conversations = get(desk, "/conversations", token=token)["conversations"]
    transcripts = [get(desk, f"/conversations/{one['id']}", token=token) for one in reversed(conversations)]
    return [
        message["body"].get("text", message["body"]["kind"])
        for transcript in transcripts
        for message in transcript["messages"]
        if message["author"] == "visitor"
    ]


def get(desk: DeskProcess, path: str, *, token: str = "") -> Any:
    request = urllib.request.Request(f"{desk.url}/api/chat{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def photo(width: int, height: int) -> FilePayload:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(file, format="PNG")
    return {"name": "photo.png", "mimeType": "image/png", "buffer": file.getvalue()}


def close_clinic(desk: DeskProcess) -> datetime:
    """Cancel tonight's night clinic and make it ten in the evening; return when the desk opens again."""
    tonight = clinic_time(ten_in_the_morning(SystemClock().now())).replace(hour=22)
    with TEMPLATE.open(encoding="utf-8", newline="") as file:
        night = next(
            row
            for row in csv.DictReader(file)
            if row["department"] == "night-clinic" and int(row["weekday"]) == tonight.isoweekday()
        )
    cancelled = [
        night["department"],
        night["doctor"],
        f"{tonight:%Y-%m-%d}",
        night["start"],
        night["end"],
        night["kind"],
    ]
    lines = ["department,doctor,date,start,end,kind,status", ",".join([*cancelled, "cancelled"])]
    schedule = desk.folder / "tonight.csv"
    schedule.write_text("\n".join(lines), encoding="utf-8")
    desk.run_command("clinic", "import", str(schedule))
    desk.set_clock(tonight)
    return tonight.replace(hour=8) + timedelta(days=1)


def end(page: Page) -> None:
    """End the conversation by the menu."""
    page.get_by_role("button", name="更多").tap()
    page.get_by_role("button", name="结束这次咨询").tap()
    page.get_by_role("button", name="结束", exact=True).tap()
    expect(page.locator(".who")).to_have_text("这次咨询已结束", timeout=PATIENCE)
