"""`caredesk families`: bring in guardians and children from the hospital's own system, row by row."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import click
import yaml

from caredesk.actions.family_tables import REQUIRED, Fault, Outcome, TableReport, import_family_table
from caredesk.cli.desk import BAD_DATA, CLI_ACTOR, open_desk, print_json
from caredesk.cli.tables import rows_of
from caredesk.edge.transactions import write

COUNTED: tuple[Outcome, ...] = ("added", "changed", "unchanged", "refused")
SHOWN_ROWS = 60


@click.group(help="Import guardians and children.")
def families() -> None:
    """Group the commands."""


@families.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def import_file(*, file: Path, as_json: bool) -> None:
    """Bring in a CSV file of families: all rows, or none when one is bad.

    Columns: guardian_id, guardian, relation, child_id, child; phone, id_number, birth_date and sex may follow. Numbers
    are the hospital's own. One row is one guardian of one child. A row adds or changes; nobody is removed. Reports name
    rows and columns and repeat no personal value.
    """
    rows = rows_of(file, required=REQUIRED)
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        report = import_family_table(work, rows)
    if as_json:
        print_json(_as_json(report, file=file, total=len(rows)))
    else:
        _print(report)
    if not report.applied:
        raise SystemExit(BAD_DATA)


def _as_json(report: TableReport, *, file: Path, total: int) -> dict[str, object]:
    counts: dict[str, object] = {outcome: report.count(outcome) for outcome in COUNTED}
    return {
        "file": str(file),
        "applied": report.applied,
        "total": total,
        **counts,
        "rows": [
            {"row": row.line, "outcome": row.outcome, "faults": [_fault_as_json(fault) for fault in row.faults]}
            for row in report.rows
        ],
    }


def _fault_as_json(fault: Fault) -> dict[str, str]:
    words = {language: _fault_words(fault, language=language) for language in ("zh", "en")}
    return {"column": fault.column, "code": fault.code, **words}


def _print(report: TableReport) -> None:
    told = [row for row in report.rows if row.outcome != "unchanged"]
    for row in told[:SHOWN_ROWS]:
        click.echo(f"row {row.line}: {row.outcome}")
        for fault in row.faults:
            click.echo(f"    {_fault_words(fault, language='zh')} · {_fault_words(fault, language='en')}")
    if len(told) > SHOWN_ROWS:
        click.echo(f"and {len(told) - SHOWN_ROWS} more rows; --json tells them all")
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in COUNTED)
    click.echo(counts if report.applied else f"Nothing was imported; rows refused: {report.count('refused')}.")


def _fault_words(fault: Fault, *, language: str) -> str:
    return _words()[fault.code][language].format(column=fault.column)


@cache
def _words() -> dict[str, dict[str, str]]:
    text = resources.files("caredesk.patients").joinpath("table_words.yaml").read_text("utf-8")
    words: dict[str, dict[str, str]] = yaml.safe_load(text)["faults"]
    return words
