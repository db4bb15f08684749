"""`caredesk parcels`: bring in the pharmacy's parcels, and try the tracking service."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import click
import yaml

from caredesk.actions.parcel_tables import (
    REQUIRED,
    Difference,
    Fault,
    Outcome,
    RowResult,
    TableReport,
    import_parcel_table,
)
from caredesk.cli.desk import BAD_DATA, CLI_ACTOR, open_desk, print_json, refuse
from caredesk.cli.tables import rows_of
from caredesk.clinic.sheet import SheetRow
from caredesk.edge.services import Services
from caredesk.edge.transactions import write
from caredesk.patients.carriers import find_carrier, list_carriers
from caredesk.patients.parcel_rules import tidy_number

COUNTED: tuple[Outcome, ...] = ("added", "changed", "unchanged", "refused")
SHOWN_ROWS = 60


@click.group(help="Import parcels and ask where they are.")
def parcels() -> None:
    """Group the commands."""


class _OnlyLooked(Exception):
    """Leaves a transaction that was only to show what would change."""


@parcels.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def import_file(*, file: Path, dry_run: bool, as_json: bool) -> None:
    """Bring in a CSV or XLSX file of parcels: all rows, or none when one is bad.

    Columns: prescription_id, number, carrier; carrier_code, status, eta, address, at and text may follow. Prescriptions
    are named by the hospital's own numbers. What the carrier has told of a parcel stays; reports repeat no address.
    """
    rows = rows_of(file, required=REQUIRED)
    with open_desk() as services:
        report = _imported(services, rows, dry_run=dry_run)
    if as_json:
        print_json(_as_json(report, file=file, total=len(rows), dry_run=dry_run))
    else:
        _print(report, dry_run=dry_run)
    if not report.applied:
        raise SystemExit(BAD_DATA)


@parcels.command()
@click.argument("number")
@click.option("--carrier", required=True, help="The carrier's code; `caredesk parcels carriers` lists them.")
@click.option("--phone-tail", default="", help="Last four digits of the recipient's number, where the carrier asks.")
def ask(*, number: str, carrier: str, phone_tail: str) -> None:
    """Ask the tracking service about one number, to try the connection; nothing is kept."""
    plain = tidy_number(number)
    if plain is None:
        refuse("a parcel's number has 6 to 32 letters, digits and hyphens")
    if find_carrier(carrier) is None:
        refuse(f"no carrier has the code {carrier}")
    with open_desk() as services:
        if services.parcels is None:
            refuse("no tracking service is set up (CAREDESK_PARCEL_SERVICE)")
            return
        answer = services.parcels.ask(carrier_code=carrier, number=plain or "", phone_tail=phone_tail)
    if answer.error:
        refuse(f"not answered: {answer.error}")
    click.echo(f"{answer.carrier_code} {answer.number}: {answer.status or 'state unknown'}")
    for step in answer.steps:
        click.echo(f"  {step.at.isoformat()}  {step.text}")


@parcels.command()
def carriers() -> None:
    """List the carriers and their codes."""
    for one in list_carriers():
        click.echo(f"{one.code:<16} {one.zh}  {one.en}{'  (wants the phone number)' if one.phone else ''}")


def _imported(services: Services, rows: list[SheetRow], *, dry_run: bool) -> TableReport:
    report = TableReport(())
    try:
        with write(services, actor=CLI_ACTOR) as work:
            report = import_parcel_table(work, rows)
            if dry_run:
                raise _OnlyLooked
    except _OnlyLooked:
        pass
    return report


def _as_json(report: TableReport, *, file: Path, total: int, dry_run: bool) -> dict[str, object]:
    counts: dict[str, object] = {outcome: report.count(outcome) for outcome in COUNTED}
    return {
        "file": str(file),
        "applied": report.applied and not dry_run,
        "total": total,
        **counts,
        "rows": [_row_as_json(row) for row in report.rows],
    }


def _row_as_json(row: RowResult) -> dict[str, object]:
    faults = [{"column": one.column, "code": one.code, **_both(one)} for one in row.faults]
    differences = [{"column": one.column, "before": one.before, "after": one.after} for one in row.differences]
    return {"row": row.line, "outcome": row.outcome, "faults": faults, "differences": differences}


def _both(fault: Fault) -> dict[str, str]:
    return {language: _fault_words(fault, language=language) for language in ("zh", "en")}


def _print(report: TableReport, *, dry_run: bool) -> None:
    told = [row for row in report.rows if row.outcome != "unchanged"]
    for row in told[:SHOWN_ROWS]:
        click.echo(f"row {row.line}: {row.outcome}")
        for fault in row.faults:
            click.echo(f"    {_fault_words(fault, language='zh')} · {_fault_words(fault, language='en')}")
        for one in row.differences:
            click.echo(f"    {one.column}{_change_words(one)}")
    if len(told) > SHOWN_ROWS:
        click.echo(f"and {len(told) - SHOWN_ROWS} more rows; --json tells them all")
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in COUNTED)
    if not report.applied:
        click.echo(f"Nothing was imported; rows refused: {report.count('refused')}.")
    else:
        click.echo(f"Would be: {counts}" if dry_run else counts)


def _change_words(one: Difference) -> str:
    return f": {one.before or '-'} → {one.after or '-'}" if one.before or one.after else " (changed)"


def _fault_words(fault: Fault, *, language: str) -> str:
    return _words()[fault.code][language].format(column=fault.column)


@cache
def _words() -> dict[str, dict[str, str]]:
    text = resources.files("caredesk.patients").joinpath("table_words.yaml").read_text("utf-8")
    words = yaml.safe_load(text)
    faults: dict[str, dict[str, str]] = {**words["faults"], **words["parcel_faults"]}
    return faults
