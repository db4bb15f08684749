"""`caredesk clinic`: bring in departments, doctors and the schedule, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from caredesk.actions import clinic as clinic_actions
from caredesk.actions.schedule import difference_of, import_sessions, plan_schedule
from caredesk.cli.clinic_schedule import print_difference, template, undo
from caredesk.cli.desk import BAD_DATA, CLI_ACTOR, open_desk, print_json, refuse
from caredesk.clinic.directory import DEPARTMENT_COLUMNS, DOCTOR_COLUMNS
from caredesk.clinic.facts import ImportReport, Outcome, RowOutcome
from caredesk.clinic.schedule_rows import COLUMNS
from caredesk.clinic.sheet import SheetRow, read_sheet
from caredesk.clinic.words import column_named, fault_words
from caredesk.core.errors import CareDeskError
from caredesk.core.work import Work
from caredesk.edge.transactions import read, write

COUNTED: tuple[Outcome, ...] = ("added", "changed", "cancelled", "unchanged", "refused")
SHOWN_ROWS = 60
LARGEST_FILE = 50_000_000

Import = Callable[[Work, Sequence[SheetRow]], ImportReport]


@click.group(help="Import departments, doctors and clinic sessions.")
def clinic() -> None:
    """Group the commands."""


def _file_and_json(command: Callable[..., None]) -> Callable[..., None]:
    file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    return file(click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")(command))


@clinic.command("import")
@click.option("--dry-run", is_flag=True, help="Show the difference and whom it touches; change nothing.")
@_file_and_json
def import_schedule(*, file: Path, dry_run: bool, as_json: bool) -> None:
    """Bring a CSV or XLSX file of clinic sessions into the schedule: all rows, or none when one is bad.

    Columns: department, doctor, date, start, end, kind, status; slots and note may follow. Departments and doctors go
    by id or name. A row adds, changes or cancels (status `cancelled`) the session of its department, doctor, date,
    kind and start. Importing a file twice changes nothing.
    """
    rows = rows_of(file, required=COLUMNS)
    if dry_run:
        with open_desk() as services, read(services) as session:
            shown = difference_of(session, lambda some: plan_schedule(some, rows), now=services.clock.now())
        print_difference(shown, as_json=as_json)
        return
    _bring_in(lambda work, some: import_sessions(work, some, source=file.name), rows, file, as_json=as_json)


@clinic.command("departments")
@_file_and_json
def import_departments(*, file: Path, as_json: bool) -> None:
    """Bring in departments. Columns: id, name; name_en and category may follow."""
    rows = rows_of(file, required=DEPARTMENT_COLUMNS)
    _bring_in(clinic_actions.import_departments, rows, file, as_json=as_json)


@clinic.command("doctors")
@_file_and_json
def import_doctors(*, file: Path, as_json: bool) -> None:
    """Bring in doctors. Columns: id, name, department; name_en and title may follow."""
    rows = rows_of(file, required=DOCTOR_COLUMNS)
    _bring_in(clinic_actions.import_doctors, rows, file, as_json=as_json)


def rows_of(file: Path, *, required: Sequence[str]) -> list[SheetRow]:
    """Read a table, or end the command with what is wrong with the file."""
    if file.stat().st_size > LARGEST_FILE:
        refuse(f"{file}: larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        return read_sheet(file.read_bytes(), required=required, column_named=column_named)
    except CareDeskError as error:
        told = ", ".join(f"{name}: {_listed(value)}" for name, value in error.fields.items())
        refuse(f"{file}: {error.code} ({told})")
        raise


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _bring_in(bring_in: Import, rows: Sequence[SheetRow], file: Path, *, as_json: bool) -> None:
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        report = bring_in(work, rows)
    if as_json:
        print_json(_as_json(report, file=file))
    else:
        _print(report)
    if not report.applied:
        raise SystemExit(BAD_DATA)


def _as_json(report: ImportReport, *, file: Path) -> dict[str, object]:
    counts: dict[str, object] = {outcome: report.count(outcome) for outcome in COUNTED}
    return {
        "file": str(file),
        "applied": report.applied,
        "total": len(report.rows),
        **counts,
        "rows": [
            {
                "row": row.line,
                "outcome": row.outcome,
                "faults": [_fault_as_json(row, i) for i in range(len(row.faults))],
            }
            for row in report.rows
        ],
    }


def _fault_as_json(row: RowOutcome, index: int) -> dict[str, str]:
    fault = row.faults[index]
    words = {language: fault_words(fault.code, value=fault.value, language=language) for language in ("zh", "en")}
    return {"code": fault.code, "value": fault.value, **words}


def _print(report: ImportReport) -> None:
    # With a refusal nothing else happened, so nothing else is worth a line.
    told = [row for row in report.rows if row.outcome != "unchanged" and (report.applied or row.faults)]
    for row in told[:SHOWN_ROWS]:
        click.echo(f"row {row.line}: {row.outcome}")
        for fault in row.faults:
            zh = fault_words(fault.code, value=fault.value, language="zh")
            click.echo(f"    {zh} · {fault_words(fault.code, value=fault.value, language='en')}")
    if len(told) > SHOWN_ROWS:
        click.echo(f"and {len(told) - SHOWN_ROWS} more rows; --json tells them all")
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in COUNTED)
    click.echo(counts if report.applied else f"Nothing was imported; rows refused: {report.count('refused')}.")


clinic.add_command(template)
clinic.add_command(undo)
