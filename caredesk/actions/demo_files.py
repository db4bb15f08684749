"""Reading a demo hospital's folder: its tables, its lists, and times that are written relative to now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from caredesk.clinic.sheet import SheetRow, read_sheet
from caredesk.core.errors import BadInput

_OFFSET = re.compile(r"([+-])(\d+)([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class DemoFileInvalid(BadInput):
    """A file of the demo hospital's folder cannot be understood."""

    code = "clinic.demo_file_invalid"


class DemoFolder:
    """The files of one demo hospital."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def table(self, name: str, *, required: Sequence[str]) -> list[SheetRow]:
        """Return the rows of a CSV file."""
        return read_sheet(self._bytes(name), required=required)

    def entries(self, name: str) -> list[dict[str, Any]]:
        """Return a YAML file that is a list."""
        entries = yaml.safe_load(self._bytes(name))
        if not isinstance(entries, list):
            raise DemoFileInvalid(file=name)
        return entries

    def facts(self, name: str) -> dict[str, Any]:
        """Return a YAML file that is one object."""
        facts = yaml.safe_load(self._bytes(name))
        if not isinstance(facts, dict):
            raise DemoFileInvalid(file=name)
        return facts

    def tables_in(self, name: str) -> list[Path]:
        """Return the CSV files of a folder below this one, by name."""
        return sorted((self.path / name).glob("*.csv"))

    def _bytes(self, name: str) -> bytes:
        file = self.path / name
        if not file.is_file():
            raise DemoFileInvalid(file=name)
        return file.read_bytes()


def relative(offset: str, *, now: datetime) -> datetime:
    """Return the instant that an offset such as `-26h`, `+20m` or `+3d` means."""
    return now + offset_length(offset)


def offset_length(offset: str) -> timedelta:
    """Return the length that an offset stands for."""
    match = _OFFSET.fullmatch(offset.strip())
    if match is None:
        raise DemoFileInvalid(offset=offset)
    sign, count, unit = match.groups()
    length = int(count) * _UNITS[unit]
    return -length if sign == "-" else length
