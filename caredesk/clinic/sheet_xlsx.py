"""Tables in Excel workbooks: from the bytes of an .xlsx file to the same grid of words that a CSV file gives.

Beside `sheet.py`, because only this file knows the workbook library and what a hostile workbook can do.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from caredesk.clinic.errors import SheetUnreadable
from caredesk.core.office import BROKEN

_BROKEN: tuple[type[Exception], ...] = (*BROKEN, InvalidFileException)

MOST_ROWS = 100_000
MOST_COLUMNS = 40
LARGEST_UNPACKED = 300_000_000
MOST_UNPACKED = 200
"""Tables of text unpack to ten or twenty times their size; a bomb to thousands."""

_MAGIC = b"PK\x03\x04"


def is_workbook(content: bytes) -> bool:
    """Tell whether a file is a zipped Office document."""
    return content.startswith(_MAGIC)


def read_grid(content: bytes) -> list[list[str]]:
    """Return the words of the first sheet, row by row; a formula stays a formula, so that it is refused."""
    _refuse_bomb(content)
    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        try:
            return list(_rows(workbook.worksheets[0].iter_rows(values_only=True, max_col=MOST_COLUMNS)))
        finally:
            workbook.close()
    except _BROKEN as error:
        raise SheetUnreadable(line=0, reason="workbook") from error


def _rows(rows: Iterator[tuple[object, ...]]) -> Iterator[list[str]]:
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise SheetUnreadable(line=number, reason="too_many_rows")
        yield [_as_words(value) for value in row]


def _as_words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, time):
        return f"{value:%H:%M:%S}"
    if isinstance(value, timedelta):
        # Excel keeps 24:00 as a length of one day.
        minutes = value // timedelta(minutes=1)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _refuse_bomb(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise SheetUnreadable(line=0, reason="workbook") from error
    if size > LARGEST_UNPACKED or size > max(len(content), 4096) * MOST_UNPACKED:
        raise SheetUnreadable(line=0, reason="unpacked_size")
