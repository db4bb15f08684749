"""What people typed stays words in somebody's spreadsheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import caredesk
from caredesk.core.cells import BEGINS_A_FORMULA, plain_cell, safe_cell
from caredesk.knowledge_base.evaluation_rules import read_labels

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
