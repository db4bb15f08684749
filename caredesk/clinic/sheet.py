"""Tables in files: from the bytes of a CSV file to rows of named cells. What the cells mean is decided elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from caredesk.clinic.errors import ColumnsMissing, SheetUnreadable

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
    """Read a CSV file with a heading, in UTF-8 (with or without mark) or GB18030, separated by , ; or tab."""
    lines = io.StringIO(decode(content), newline="")
    heading_line = lines.readline()
    delimiter = max(",\t;", key=heading_line.count)
    lines.seek(0)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        columns = [column_named(heading) for heading in next(reader, [])]
        missing = [column for column in required if column not in columns]
        if missing:
            raise ColumnsMissing(columns=missing)
        rows, line = [], reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(line, columns=columns, cells=cells))
            line = reader.line_num + 1
        return rows
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
