"""A table of parcels from the pharmacy, row by row: what is wrong with a row, or what it changes. All rows, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError

from caredesk.actions.parcels import put_parcel
from caredesk.clinic.sheet import EXTRA_CELLS, SheetRow
from caredesk.core.clock import from_clinic
from caredesk.core.work import Work
from caredesk.patients import parcel_queries, queries
from caredesk.patients.carriers import code_of, find_carrier
from caredesk.patients.incoming import Incoming, Name, Number
from caredesk.patients.models import Parcel, Prescription
from caredesk.patients.parcel_rules import ParcelState, Report, Step, tidy_number, tidy_text
from caredesk.patients.words import parcel_state_words

REQUIRED = ("prescription_id", "number", "carrier")
COMPARED = ("carrier", "carrier_code", "status", "eta")
"""What a difference tells with its values. Addresses are named, never repeated."""

Outcome = Literal["added", "changed", "unchanged", "refused"]
FaultCode = Literal[
    "missing", "too_long", "no_date", "no_choice", "extra_cells", "unreadable", "odd_number", "no_prescription", "twice"
]

_CODES: dict[str, FaultCode] = {
    "missing": "missing",
    "string_too_short": "missing",
    "string_too_long": "too_long",
    "literal_error": "no_choice",
}


def _moment(value: object) -> object:
    """Read a cell's time; without an offset it is the clinic's wall clock."""
    at = datetime.fromisoformat(str(value))
    return at if at.tzinfo else from_clinic(at)


def _state(value: object) -> object:
    """Read what pharmacies write in such a column."""
    return parcel_state_words().get(str(value), value)


Moment = Annotated[datetime, BeforeValidator(_moment)]


class ParcelTableRow(Incoming):
    """One parcel of one prescription; `at` and `text` are the pharmacy's own word of it."""

    prescription_id: Number
    number: str = Field(min_length=1, max_length=60)
    carrier: Name
    carrier_code: str = Field("", max_length=40)
    status: Annotated[ParcelState, BeforeValidator(_state)] = "shipped"
    eta: Moment | None = None
    address: str = Field("", max_length=300)
    at: Moment | None = None
    text: str = Field("", max_length=200)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell; it names the column and never repeats the cell."""

    column: str
    code: FaultCode


@dataclass(frozen=True)
class Difference:
    """What a row changes: the column, and before and after where these are no personal values."""

    column: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class RowResult:
    """What became of one row of the file, or would."""

    line: int
    outcome: Outcome
    faults: tuple[Fault, ...] = ()
    differences: tuple[Difference, ...] = ()


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


def import_parcel_table(work: Work, rows: Sequence[SheetRow]) -> TableReport:
    """Bring in parcels from a table; with any bad row, say which are bad and change nothing."""
    read = [(row.line, _read(row)) for row in rows]
    refused = [RowResult(line, "refused", found) for line, found in read if isinstance(found, tuple)]
    good = [(line, row) for line, row in read if isinstance(row, ParcelTableRow)]
    known = queries.ids_by_external_id(
        work.session, Prescription, external_ids=[row.prescription_id for _, row in good]
    )
    refused += [
        RowResult(line, "refused", (Fault("prescription_id", "no_prescription"),))
        for line, row in good
        if row.prescription_id not in known
    ]
    refused += _told_twice(good)
    if refused:
        return TableReport(tuple(sorted(refused, key=lambda result: result.line)))
    return TableReport(
        tuple(_bring_in(work, line, row, prescription_id=known[row.prescription_id]) for line, row in good)
    )


def _read(row: SheetRow) -> ParcelTableRow | tuple[Fault, ...]:
    if row.cell(EXTRA_CELLS):
        return (Fault("", "extra_cells"),)
    try:
        found = ParcelTableRow.model_validate({name: cell.strip() for name, cell in row.cells.items() if cell.strip()})
    except ValidationError as wrong:
        return tuple(Fault(str(error["loc"][0]), _code_of(error)) for error in wrong.errors())
    if tidy_number(found.number) is None:
        return (Fault("number", "odd_number"),)
    if found.carrier_code and find_carrier(found.carrier_code) is None:
        return (Fault("carrier_code", "no_choice"),)
    return found


def _code_of(error: object) -> FaultCode:
    kind, column = error["type"], str(error["loc"][0])  # type: ignore[index]
    return "no_date" if column in ("eta", "at") and kind == "value_error" else _CODES.get(kind, "unreadable")


def _told_twice(rows: Sequence[tuple[int, ParcelTableRow]]) -> list[RowResult]:
    """Refuse a number that stands in two rows: one of them is wrong, and nobody knows which."""
    seen: set[str | None] = set()
    found = []
    for line, row in rows:
        number = tidy_number(row.number)
        if number in seen:
            found.append(RowResult(line, "refused", (Fault("number", "twice"),)))
        seen.add(number)
    return found


def _bring_in(work: Work, line: int, row: ParcelTableRow, *, prescription_id: str) -> RowResult:
    number = tidy_number(row.number) or row.number
    parcel = parcel_queries.find_by_number(work.session, number=number)
    before = _facts(parcel)
    steps = (Step(row.at, tidy_text(row.text)),) if row.at and tidy_text(row.text) else ()
    facts: dict[str, object] = {"carrier": row.carrier, "carrier_code": row.carrier_code or code_of(row.carrier)}
    # An empty cell says nothing about a parcel that is known.
    facts |= {name: value for name, value in (("eta", row.eta), ("address", row.address)) if value}
    report = Report(row.status, steps)
    outcome = put_parcel(work, prescription_id=prescription_id, number=number, facts=facts, report=report)
    if outcome != "changed" or parcel is None:
        return RowResult(line, outcome)
    return RowResult(line, outcome, differences=_differences(before, _facts(parcel)))


def _facts(parcel: Parcel | None) -> dict[str, object]:
    names = (*COMPARED, "prescription_id", "address", "trace")
    return {name: getattr(parcel, name) for name in names} if parcel else {}


def _differences(before: dict[str, object], after: dict[str, object]) -> tuple[Difference, ...]:
    changed = [name for name in after if before[name] != after[name]]
    return tuple(
        Difference(name, _shown(before[name]), _shown(after[name])) if name in COMPARED else Difference(name)
        for name in changed
    )


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value or "")
