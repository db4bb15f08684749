"""Tables as Excel and other programs write them."""

from __future__ import annotations

import pytest

from caredesk.clinic.errors import ColumnsMissing, SheetUnreadable
from caredesk.clinic.sheet import EXTRA_CELLS, read_sheet
from caredesk.clinic.words import column_named

TABLE = "department,date\n皮肤科,2026-03-02\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_reads_the_same_in_every_usual_encoding(encoding: str) -> None:
    (row,) = read_sheet(TABLE.encode(encoding), required=["department", "date"])
    assert (row.line, dict(row.cells)) == (2, {"department": "皮肤科", "date": "2026-03-02"})


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_may_be_separated_as_the_program_likes(separator: str) -> None:
    (row,) = read_sheet(TABLE.replace(",", separator).encode(), required=["date"])
    assert row.cell("date") == "2026-03-02"


def test_headings_may_be_chinese_and_untidy() -> None:
    (row,) = read_sheet("科室, Date ,备注\n皮肤科,2026-03-02,\n".encode(), required=[], column_named=column_named)
    assert (row.cell("department"), row.cell("date"), row.cell("note")) == ("皮肤科", "2026-03-02", "")


def test_lines_are_counted_as_an_editor_does() -> None:
    content = b'a,b\n1,"two\nlines"\n\n ,\n3,4\n'
    assert [row.line for row in read_sheet(content, required=["a"])] == [2, 6]


def test_cells_beyond_the_heading_are_kept_aside() -> None:
    (row,) = read_sheet(b"a,b\n1,2,3\n", required=["a"])
    assert row.cell(EXTRA_CELLS) == "3"


def test_a_short_row_has_empty_cells() -> None:
    (row,) = read_sheet(b"a,b\n1\n", required=["a"])
    assert row.cell("b") == ""


def test_missing_columns_are_named() -> None:
    with pytest.raises(ColumnsMissing) as refused:
        read_sheet(b"a,b\n1,2\n", required=["a", "c", "d"])
    assert refused.value.fields == {"columns": ["c", "d"]}


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00rest of a workbook", b"\xff\xfe\x00a", b'a,b\n"open,2\n'])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(SheetUnreadable):
        read_sheet(content, required=["a"])


def test_an_empty_file_lacks_every_column() -> None:
    with pytest.raises(ColumnsMissing):
        read_sheet(b"", required=["a"])
