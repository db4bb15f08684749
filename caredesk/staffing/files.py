"""Rosters as files: rows of a table in and out (XLSX, CSV), and iCalendar out. Words stand in `words.yaml`."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml
from icalendar import Calendar, Event
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from caredesk.core.cells import safe_cell
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.staffing.grid import Stretch
from caredesk.staffing.rules import RosterAgent, RosterFault, ShiftFacts

COLUMNS = ("agent", "name", "date", "start", "end", "break_start", "break_end", "hours")
REQUIRED = ("agent", "date", "start", "end")


# ---- in --------------------------------------------------------------------------------------------------


def column_named(heading: str) -> str:
    """Return the column that a heading means; an unknown one is itself."""
    folded = _fold(heading)
    for column, words in _words()["columns"].items():
        if folded == column or folded in (_fold(word) for word in words):
            return str(column)
    return folded


def read_row(cells: Mapping[str, str], *, agents: Mapping[str, RosterAgent]) -> ShiftFacts | RosterFault:
    """Return the shift that a row tells, or what is wrong with it; an end at or before the start is the next day."""
    agent = _agent_named(cells.get("agent", ""), agents)
    if agent is None:
        return RosterFault("agent_unknown", "", cells.get("agent", "").strip()[:60])
    told = _read_times(cells)
    if isinstance(told, str):
        return RosterFault(told, agent.staff_id, " ".join(cells.get(c, "") for c in ("date", "start", "end"))[:60])
    stretch, pause = told
    return ShiftFacts(agent.staff_id, stretch.starts_at, stretch.ends_at, (pause,) if pause else ())


def _read_times(cells: Mapping[str, str]) -> tuple[Stretch, Stretch | None] | str:
    try:
        day = date.fromisoformat(cells.get("date", "").strip().replace("/", "-"))
    except ValueError:
        return "bad_date"
    try:
        stretch = read_times(day, cells.get("start", ""), cells.get("end", ""))
        pause = None
        if cells.get("break_start", "").strip():
            pause = read_times(day, cells["break_start"], cells.get("break_end", ""))
            if pause.starts_at < stretch.starts_at:
                pause = Stretch(pause.starts_at + timedelta(days=1), pause.ends_at + timedelta(days=1))
    except ValueError:
        return "bad_time"
    return stretch, pause


def read_times(day: date, start: str, end: str) -> Stretch:
    """Return the stretch of a day between two clock times; an end at or before the start is on the next day."""
    opens, closes = _time(start), _time(end)
    last = day + timedelta(days=1) if closes <= opens else day
    return Stretch(from_clinic(datetime.combine(day, opens)), from_clinic(datetime.combine(last, closes)))


def _time(told: str) -> time:
    text = unicodedata.normalize("NFKC", told).strip()
    if text == "24:00":
        return time()
    hours, _, rest = text.partition(":")
    minutes = rest[:2]
    if not hours.isdigit() or not minutes.isdigit():
        raise ValueError(told)
    return time(int(hours), int(minutes))


def _agent_named(word: str, agents: Mapping[str, RosterAgent]) -> RosterAgent | None:
    wanted = _fold(word)
    by_login = [agent for agent in agents.values() if _fold(agent.login) == wanted]
    by_name = [agent for agent in agents.values() if _fold(agent.name) == wanted]
    found = by_login or by_name
    return found[0] if len(found) == 1 else None


# ---- out -------------------------------------------------------------------------------------------------


def table_rows(shifts: Iterable[ShiftFacts], *, agents: Mapping[str, RosterAgent]) -> list[list[str | float]]:
    """Return a heading and one row per shift, as they can be read in again."""
    heading: list[str | float] = [_words()["columns"][column][0] for column in COLUMNS]
    return [heading, *(_row(shift, agents) for shift in sorted(shifts, key=lambda s: (s.starts_at, s.staff_id)))]


def write_xlsx(shifts: Iterable[ShiftFacts], *, agents: Mapping[str, RosterAgent]) -> bytes:
    """Return the roster as a workbook of one sheet."""
    workbook = Workbook()
    for empty in workbook.sheetnames:
        del workbook[empty]
    sheet = workbook.create_sheet(str(_words()["sheet"]))
    for row in table_rows(shifts, agents=agents):
        sheet.append([safe_cell(cell) for cell in row])
    for place, width in enumerate((14, 12, 12, 8, 8, 10, 10, 8), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
        sheet.cell(1, place).font = Font(bold=True)
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def write_calendar(
    shifts: Sequence[ShiftFacts], *, agents: Mapping[str, RosterAgent], now: datetime, title: str = ""
) -> bytes:
    """Return shifts as iCalendar (RFC 5545): one event each, its id stays, so that a calendar takes changes over."""
    words = _words()["calendar"]
    calendar = Calendar()
    calendar.add("prodid", "-//caredesk//roster//")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title or words["all"])
    for shift in shifts:
        agent = agents.get(shift.staff_id)
        event = Event()
        event.add("uid", f"{shift.id}@caredesk")
        event.add("dtstamp", now)
        event.add("dtstart", shift.starts_at)
        event.add("dtend", shift.ends_at)
        event.add("summary", words["shift"].format(name=agent.name if agent else ""))
        if shift.breaks:
            event.add("description", "\n".join(_said_break(one) for one in shift.breaks))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _row(shift: ShiftFacts, agents: Mapping[str, RosterAgent]) -> list[str | float]:
    agent = agents.get(shift.staff_id)
    starts, ends = clinic_time(shift.starts_at), clinic_time(shift.ends_at)
    pause = shift.breaks[0] if shift.breaks else None
    return [
        agent.login if agent else "",
        agent.name if agent else "",
        f"{starts:%Y-%m-%d}",
        f"{starts:%H:%M}",
        f"{ends:%H:%M}",
        f"{clinic_time(pause.starts_at):%H:%M}" if pause else "",
        f"{clinic_time(pause.ends_at):%H:%M}" if pause else "",
        round(shift.paid / timedelta(hours=1), 2),
    ]


def _said_break(pause: Stretch) -> str:
    start, end = (f"{clinic_time(at):%H:%M}" for at in (pause.starts_at, pause.ends_at))
    said: str = _words()["calendar"]["break"].format(start=start, end=end)
    return said


def _fold(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


@cache
def _words() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(
        resources.files("caredesk.staffing").joinpath("words.yaml").read_text("utf-8")
    )
    return told
