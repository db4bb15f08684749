"""Tables in and out: encodings, workbooks and broken files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from caredesk.knowledge_base.errors import UnreadableTable
from caredesk.knowledge_base.files import read_table, write_table
from caredesk.knowledge_base.rules import check_table
from caredesk.knowledge_base.schemas import EntryContent

TEXT = 'id,category,question,similar,answer\r\na,预约,怎么退号？,"退号|退掉",“点退号”\r\n'
CONTENTS = [
    EntryContent(
        id="a",
        category="预约",
        question="怎么退号？",
        similar=("退号", "退掉"),
        answer='=1+1 是文字，\n"引号"，逗号,',
        source="手册",
        owner="客服",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        popular=True,
    ),
    EntryContent(id="007", category="", question="问", similar=(), answer="答"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_of_chinese_offices(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "kb.csv"
    file.write_bytes(TEXT.encode(encoding))
    table = read_table(file)
    assert table.columns == ("id", "category", "question", "similar", "answer")
    assert table.rows[0].cells["question"] == "怎么退号？"
    assert table.rows[0].number == 2


@pytest.mark.parametrize("name", ["kb.csv", "kb.xlsx"])
def test_what_is_written_is_read_back_the_same(tmp_path: Path, name: str) -> None:
    write_table(tmp_path / name, CONTENTS)
    assert [row.content for row in check_table(read_table(tmp_path / name)).rows] == CONTENTS


def test_a_written_workbook_holds_no_formula(tmp_path: Path) -> None:
    write_table(tmp_path / "kb.xlsx", CONTENTS)
    cell = load_workbook(tmp_path / "kb.xlsx").worksheets[0]["E2"]
    assert (cell.data_type, str(cell.value)[:4]) == ("s", "=1+1")


def test_numbers_dates_and_empty_rows_of_a_workbook_become_text(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["ID ", "question", "valid_until", "popular"])
    sheet.append([12.0, 3.5, datetime(2026, 5, 1), True])  # noqa: DTZ001 (a workbook's dates have no zone)
    sheet.append([None, None, None, None])
    workbook.save(tmp_path / "kb.xlsx")
    table = read_table(tmp_path / "kb.xlsx")
    assert [dict(row.cells) for row in table.rows] == [
        {"id": "12", "question": "3.5", "valid_until": "2026-05-01", "popular": "yes"}
    ]


def test_surplus_cells_are_counted(tmp_path: Path) -> None:
    (tmp_path / "kb.csv").write_text("id,question\na,b,c,,d\n", encoding="utf-8")
    assert read_table(tmp_path / "kb.csv").rows[0].surplus == 2


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("kb.txt", b"id\n", "only .csv, .xlsx and .json"),
        ("kb.csv", b"", "no column names"),
        ("kb.csv", b"id,id\n1,2\n", "stands twice"),
        ("kb.csv", b"\xff\xfe\xfa\x00", "neither UTF-8"),
        ("kb.csv", b'id,question\n"a,b\n', "broken CSV"),
        ("kb.xlsx", b"PK no zip", "no readable XLSX"),
        ("kb.xlsx", b"", "no readable XLSX"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableTable) as refused:
        read_table(tmp_path / name)
    assert reason in str(refused.value.fields["reason"])


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable):
        read_table(tmp_path / "none.csv")


def test_only_known_kinds_are_written(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable):
        write_table(tmp_path / "kb.pdf", CONTENTS)
