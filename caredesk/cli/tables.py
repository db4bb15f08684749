"""Reading a table that a command was given: CSV or XLSX, not larger than what a table is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from caredesk.cli.desk import refuse
from caredesk.clinic.sheet import SheetRow, read_sheet
from caredesk.core.errors import CareDeskError

LARGEST_FILE = 50_000_000
"""Bytes of a table that is read into memory."""


def rows_of(file: Path, *, required: Sequence[str]) -> list[SheetRow]:
    """Return the rows of a file; a file that is no such table ends the command with a sentence."""
    if file.stat().st_size > LARGEST_FILE:
        refuse(f"{file}: larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        return read_sheet(file.read_bytes(), required=required)
    except CareDeskError as error:
        columns = error.fields.get("columns")
        told = ", ".join(columns) if isinstance(columns, list) else f"line {error.fields.get('line')}"
        refuse(f"{file}: {error.code} ({told})")
        raise
