"""Reads knowledge tables from CSV and XLSX files and writes them back; what the cells mean is decided in `rules.py`."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from caredesk.knowledge_base.errors import UnreadableTable
from caredesk.knowledge_base.rules import COLUMNS, cells_of
from caredesk.knowledge_base.schemas import EntryContent, Table, TableRow

LARGEST_FILE = 64 * 1024 * 1024
MOST_ROWS = 200_000
# Chinese Excel writes CSV in GB 18030; UTF-8 is tried first because it refuses what it is not.
ENCODINGS = ("utf-8-sig", "gb18030")
_LONGEST_CELL = 1_000_000


def read_table(path: Path) -> Table:
    """Read the table of a .csv or .xlsx file. Raises UnreadableTable with the reason when there is none."""
    readers = {".csv": _read_csv, ".xlsx": _read_xlsx}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UnreadableTable(file=path.name, reason="only .csv and .xlsx files can be read")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableTable(file=path.name, reason=error.strerror or "cannot be opened") from error
    if len(data) > LARGEST_FILE:
        raise UnreadableTable(file=path.name, reason=f"larger than {LARGEST_FILE // 1024 // 1024} MB")
    return _table(reader(data, name=path.name), name=path.name)


def write_table(path: Path, contents: Sequence[EntryContent]) -> None:
    """Write entries as a .csv (UTF-8 with a mark, which Excel needs) or .xlsx file."""
    rows = [COLUMNS, *(_cells(content) for content in contents)]
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(rows)
    elif path.suffix.lower() == ".xlsx":
        _write_xlsx(path, rows)
    else:
        raise UnreadableTable(file=path.name, reason="only .csv and .xlsx files can be written")


def _read_csv(data: bytes, *, name: str) -> list[list[str]]:
    text = _decoded(data, name=name)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise UnreadableTable(file=name, reason=f"broken CSV: {error}") from error


def _decoded(data: bytes, *, name: str) -> str:
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableTable(file=name, reason="neither UTF-8 nor GB 18030")


def _read_xlsx(data: bytes, *, name: str) -> list[list[str]]:
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        rows = [[_as_text(value) for value in row] for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2)]
        workbook.close()
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, IndexError, OSError) as error:
        raise UnreadableTable(file=name, reason="no readable XLSX workbook") from error
    return rows


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _table(grid: Sequence[Sequence[str]], *, name: str) -> Table:
    if not grid or not any(cell.strip() for cell in grid[0]):
        raise UnreadableTable(file=name, reason="the first row holds no column names")
    if len(grid) > MOST_ROWS + 1:
        raise UnreadableTable(file=name, reason=f"more than {MOST_ROWS} rows")
    columns = tuple(cell.strip().lower() for cell in grid[0])
    named = [column for column in columns if column]
    if len(set(named)) < len(named):
        raise UnreadableTable(file=name, reason="a column name stands twice")
    rows = tuple(
        _row(number, columns, cells)
        for number, cells in enumerate(grid[1:], start=2)
        if any(cell.strip() for cell in cells)
    )
    return Table(columns=columns, rows=rows)


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> TableRow:
    surplus = sum(bool(cell.strip()) for cell in cells[len(columns) :])
    return TableRow(number=number, cells=dict(zip(columns, cells, strict=False)), surplus=surplus)


def _cells(content: EntryContent) -> tuple[str, ...]:
    return tuple(cells_of(content).values())


def _write_xlsx(path: Path, rows: Iterable[Sequence[str]]) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("knowledge")
    for row in rows:
        cells = [WriteOnlyCell(sheet, value=value) for value in row]
        for cell in cells:
            # An answer that begins with = is text, never a formula.
            cell.data_type = "s"
        sheet.append(cells)
    workbook.save(path)
