"""What people typed stays words in somebody's spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from openpyxl import load_workbook

import caredesk
from caredesk.core.cells import BEGINS_A_FORMULA, plain_cell, safe_cell
from caredesk.knowledge_base.evaluation_rules import read_labels
from caredesk.knowledge_base.files import write_table
from caredesk.knowledge_base.schemas import EntryContent
from caredesk.staffing.files import write_calendar, write_xlsx
from caredesk.staffing.rules import RosterAgent, ShiftFacts

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SHIFT = ShiftFacts("lin", MORNING, MORNING + timedelta(hours=8), id="one")
PACKAGE = Path(caredesk.__file__).parent
ATTACKS = (
    '=HYPERLINK("https://evil.example","点这里")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "＝1＋1",
)


@pytest.mark.parametrize("typed", ATTACKS)
def test_no_cell_begins_like_a_formula(typed: str) -> None:
    assert not str(safe_cell(typed)).startswith(BEGINS_A_FORMULA)


@pytest.mark.parametrize("cell", ["怎么开发票", "3-5 天", "", "'引号开头", 12, -3.5, None])
def test_what_is_no_formula_stays_as_it_is(cell: object) -> None:
    assert safe_cell(cell) == cell


@given(st.text(max_size=20))
def test_what_comes_back_is_what_was_typed(typed: str) -> None:
    assert plain_cell(str(safe_cell(typed))) == typed or typed[:1] == "'"


def test_a_question_that_begins_like_a_formula_comes_back_as_it_was_asked() -> None:
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(("query", "expected"))
    table.writerow(map(safe_cell, ("=1+1等于几", "none")))
    assert [row.query for row in read_labels(written.getvalue())] == ["=1+1等于几"]


def test_whoever_writes_a_table_makes_its_cells_safe() -> None:
    writers = [path for path in PACKAGE.rglob("*.py") if "csv.writer(" in path.read_text("utf-8")]
    assert writers
    assert [path.name for path in writers if "safe_cell" not in path.read_text("utf-8")] == []


@pytest.mark.parametrize("typed", ATTACKS)
def test_no_cell_of_a_workbook_is_a_formula(typed: str, tmp_path: Path) -> None:
    base = tmp_path / "base.xlsx"
    write_table(base, [EntryContent(id="one", category=typed, question=typed, similar=(typed,), answer=typed)])
    agent = RosterAgent("lin", name=typed.strip(), queues=frozenset(), login="lin")
    for file in (base, io.BytesIO(write_xlsx([SHIFT], agents={"lin": agent}))):
        cells = [cell for row in load_workbook(file).worksheets[0].iter_rows() for cell in row]
        assert len(cells) > 10 and [cell.value for cell in cells if cell.data_type == "f"] == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\\n", "\u2028", "\x85"])
def test_a_name_ends_no_line_of_a_calendar(end: str) -> None:
    name = end.join(("林护士", "BEGIN:VALARM", "ACTION:AUDIO", "END:VALARM", "ATTACH:https://evil.example/x"))
    agents = {"lin": RosterAgent("lin", name=name, queues=frozenset())}
    calendar = Calendar.from_ical(write_calendar([SHIFT], agents=agents, now=MORNING))
    [event] = calendar.walk("VEVENT")
    assert calendar.walk("VALARM") == [] and "ATTACH" not in event
