"""Reads knowledge tables from CSV, XLSX and JSON files and writes them; what cells mean is decided in `rules.py`."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from caredesk.core.cells import plain_cell, safe_cell
from caredesk.core.office import BROKEN
from caredesk.knowledge_base.errors import UnreadableTable
from caredesk.knowledge_base.rules import COLUMNS, SIMILAR_SEPARATOR, cells_of
from caredesk.knowledge_base.schemas import EntryContent, Table, TableRow

_BROKEN: tuple[type[Exception], ...] = (*BROKEN, InvalidFileException)

LARGEST_FILE = 64 * 1024 * 1024
MOST_ROWS = 200_000
LARGEST_UNPACKED = 512 * 1024 * 1024
MOST_UNPACKED = 200
"""Tables of text unpack to ten or twenty times their size; a bomb to thousands."""
MOST_PARTS = 2000
# Chinese Excel writes CSV in GB 18030; UTF-8 is tried first because it refuses what it is not.
ENCODINGS = ("utf-8-sig", "gb18030")
_LONGEST_CELL = 1_000_000


def read_table(path: Path) -> Table:
    """Read the table of a .csv, .xlsx or .json file. Raises UnreadableTable with the reason when there is none."""
    _reader(path.name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableTable(file=path.name, reason=error.strerror or "cannot be opened") from error
    return table_of(data, name=path.name)


def table_of(data: bytes, *, name: str) -> Table:
    """Read the table that a file of this name holds. Raises UnreadableTable with the reason when there is none."""
    reader = _reader(name)
    if len(data) > LARGEST_FILE:
        raise UnreadableTable(file=name, reason=f"larger than {LARGEST_FILE // 1024 // 1024} MB")
    return _table(reader(data, name=name), name=name)


def refuse_zip_bomb(data: bytes, *, name: str) -> None:
    """Refuse a zipped document that would unpack to more than a desk can hold, before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = [part.file_size for part in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableTable(file=name, reason="no readable Office document") from error
    if len(sizes) > MOST_PARTS or sum(sizes) > LARGEST_UNPACKED or sum(sizes) > max(len(data), 4096) * MOST_UNPACKED:
        raise UnreadableTable(file=name, reason="it would unpack to far more than it pretends to be")


def write_table(path: Path, contents: Sequence[EntryContent]) -> None:
    """Write entries as a .csv (UTF-8 with a mark, which Excel needs), .xlsx or .json file."""
    rows = [COLUMNS, *(_cells(content) for content in contents)]
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(map(safe_cell, row) for row in rows)
    elif path.suffix.lower() == ".xlsx":
        _write_xlsx(path, rows)
    elif path.suffix.lower() == ".json":
        path.write_text(_as_json(contents), encoding="utf-8")
    else:
        raise UnreadableTable(file=path.name, reason="only .csv, .xlsx and .json files can be written")


def _reader(name: str) -> Callable[..., list[list[str]]]:
    readers = {".csv": _read_csv, ".xlsx": _read_xlsx, ".json": _read_json}
    reader = readers.get(Path(name).suffix.lower())
    if reader is None:
        raise UnreadableTable(file=name, reason="only .csv, .xlsx and .json files can be read")
    return reader


def _read_json(data: bytes, *, name: str) -> list[list[str]]:
    try:
        rows = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableTable(file=name, reason="no readable JSON") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnreadableTable(file=name, reason="the JSON is no list of objects")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return [columns, *([_json_text(row.get(column)) for column in columns] for row in rows)] if columns else []


def _json_text(value: object) -> str:
    if isinstance(value, list):
        return SIMILAR_SEPARATOR.join(str(one) for one in value)
    return _as_text(value)


def _read_csv(data: bytes, *, name: str) -> list[list[str]]:
    text = _decoded(data, name=name)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        return [list(map(plain_cell, row)) for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
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
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise UnreadableTable(file=name, reason="no readable XLSX workbook")
    refuse_zip_bomb(data, name=name)
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        rows = [[_as_text(value) for value in row] for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2)]
        workbook.close()
    except _BROKEN as error:
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


def _as_json(contents: Sequence[EntryContent]) -> str:
    rows = [{**cells_of(content), "similar": list(content.similar)} for content in contents]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


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
