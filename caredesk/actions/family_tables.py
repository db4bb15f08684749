"""A table of families, row by row: what is wrong with a row, or what became of it. All rows come in, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from caredesk.actions.family_imports import import_families
from caredesk.clinic.sheet import EXTRA_CELLS, SheetRow
from caredesk.core.work import Work
from caredesk.patients.incoming import FamilyRow

REQUIRED = ("guardian_id", "guardian", "relation", "child_id", "child")

Outcome = Literal["added", "changed", "unchanged", "refused"]
FaultCode = Literal["missing", "too_long", "no_date", "no_choice", "extra_cells", "unreadable"]

_CODES: dict[str, FaultCode] = {
    "missing": "missing",
    "string_too_short": "missing",
    "string_too_long": "too_long",
    "literal_error": "no_choice",
}


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell. It names the column and never repeats the cell: reports are kept, values private."""

    column: str
    code: FaultCode


@dataclass(frozen=True)
class RowResult:
    """What became of one row of the file."""

    line: int
    outcome: Outcome
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class TableReport:
    """What an import did, row by row. With any row refused, nothing was changed."""

    rows: tuple[RowResult, ...]

    @property
    def applied(self) -> bool:
        """Tell whether the file was accepted."""
        return not self.count("refused")

    def count(self, outcome: Outcome) -> int:
        """Return how many rows had this outcome."""
        return sum(row.outcome == outcome for row in self.rows)


def import_family_table(work: Work, rows: Sequence[SheetRow]) -> TableReport:
    """Bring in families from a table; with any bad row, say which are bad and change nothing."""
    read = [(row.line, _read(row)) for row in rows]
    refused = [RowResult(line, "refused", found) for line, found in read if isinstance(found, tuple)]
    if refused:
        return TableReport(tuple(refused))
    return TableReport(tuple(RowResult(line, _bring_in(work, row)) for line, row in read if isinstance(row, FamilyRow)))


def _read(row: SheetRow) -> FamilyRow | tuple[Fault, ...]:
    if row.cell(EXTRA_CELLS):
        return (Fault("", "extra_cells"),)
    try:
        # An empty cell says nothing, so that what may be left out gets its default.
        return FamilyRow.model_validate({name: cell.strip() for name, cell in row.cells.items() if cell.strip()})
    except ValidationError as wrong:
        return tuple(Fault(str(error["loc"][0]), _code_of(error["type"])) for error in wrong.errors())


def _code_of(kind: str) -> FaultCode:
    return "no_date" if kind.startswith("date") else _CODES.get(kind, "unreadable")


def _bring_in(work: Work, row: FamilyRow) -> Outcome:
    outcomes = import_families(work, [row]).outcomes
    return next(iter(outcomes))
