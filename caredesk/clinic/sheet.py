"""Tables in files: from the bytes of a CSV or XLSX file to rows of named cells. What they mean is decided elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from caredesk.clinic.errors import ColumnsMissing, SheetUnreadable
from caredesk.clinic.sheet_xlsx import is_workbook, read_grid

EXTRA_CELLS = ""
"""The name under which cells beyond the heading are kept, so that a row with a stray comma can be refused."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its line in the file as an editor counts it, and its cells by column."""

    line: int
    cells: Mapping[str, str]

    def cell(self, column: str) -> str:
        """Return a cell without outer blanks; a missing one is empty."""
        return self.cells.get(column, "").strip()


def read_sheet(
    content: bytes, *, required: Sequence[str], column_named: Callable[[str], str] = str.strip
) -> list[SheetRow]:
    """Read a table with a heading: an XLSX workbook's first sheet, or CSV.

    CSV may be UTF-8 (with or without mark) or GB18030, separated by , ; or tab.
    """
    lines = enumerate(read_grid(content), start=1) if is_workbook(content) else _csv_lines(content)
    _, heading = next(lines, (1, []))
    columns = [column_named(cell) for cell in heading]
    # A workbook's sheet is as wide as its widest row: columns without a name are none.
    while columns and not columns[-1]:
        columns.pop()
    missing = [column for column in required if column not in columns]
    if missing:
        raise ColumnsMissing(columns=missing)
    return [_row(line, columns=columns, cells=cells) for line, cells in lines if any(cell.strip() for cell in cells)]


def _csv_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows, each with the line on which it begins."""
    lines = io.StringIO(decode(content), newline="")
    heading_line = lines.readline()
    delimiter = max(",\t;", key=heading_line.count)
    lines.seek(0)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise SheetUnreadable(line=reader.line_num, reason=str(error)) from error


def decode(content: bytes) -> str:
    """Decode a file that Excel or another program wrote in China."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetUnreadable(line=0, reason="encoding")


def _row(line: int, *, columns: Sequence[str], cells: Sequence[str]) -> SheetRow:
    named = dict(zip(columns, cells, strict=False))
    extra = "".join(cells[len(columns) :]).strip()
    return SheetRow(line, {**named, EXTRA_CELLS: extra} if extra else named)
