"""`caredesk kb`: bring knowledge files in, row by row, and write them out."""

from __future__ import annotations

from pathlib import Path

import click

from caredesk.actions import knowledge
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json
from caredesk.cli.kb_graph import graph
from caredesk.core.errors import CareDeskError
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.files import read_table, write_table
from caredesk.knowledge_base.rules import check_table
from caredesk.knowledge_base.schemas import CheckedTable, ImportReport, RowOutcome

COUNTED: tuple[RowOutcome, ...] = ("added", "changed", "unchanged", "retired", "refused")


@click.group("kb", help="Import, publish and export the knowledge base.")
def kb() -> None:
    """Group the commands."""


kb.add_command(graph)


@kb.command("import", help="Bring in a CSV or XLSX file, all rows or none.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Make the file the whole base: entries that it lacks are retired.")
@click.option("--publish", is_flag=True, help="Serve the result at once.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def import_file(*, file: Path, replace: bool, publish: bool, as_json: bool) -> None:
    """Bring in a file."""
    table = _checked(file)
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        report = knowledge.import_entries(work, table, replace=replace, publish=publish)
    if as_json:
        print_json(report.model_dump())
    else:
        _print_report(report)
    if not report.imported:
        raise click.ClickException(f"{report.count('refused')} rows refused, nothing imported.")


@kb.command("export", help="Write the base, drafts included, to a .csv or .xlsx file.")
@click.argument("file", type=click.Path(path_type=Path))
def export_file(*, file: Path) -> None:
    """Write the base to a file."""
    with open_desk() as services, read(services) as session:
        entries = queries.list_entries(session)
        contents = knowledge.list_contents(entries, drafts=queries.latest_versions(session))
    try:
        write_table(file, contents)
    except (CareDeskError, OSError) as error:
        raise click.ClickException(f"Cannot write {file}: {_reason(error)}.") from error
    click.echo(f"Wrote {len(contents)} entries to {file}.")


@kb.command("publish", help="Serve everything that waits as a draft.")
def publish() -> None:
    """Publish the drafts."""
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        number = knowledge.publish_all(work)
    click.echo(f"Published release {number}.")


def _checked(file: Path) -> CheckedTable:
    try:
        return check_table(read_table(file))
    except CareDeskError as error:
        raise click.ClickException(f"Cannot import {file}: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    if not isinstance(error, CareDeskError):
        return str(error)
    columns = error.fields.get("columns")
    return f"columns missing: {', '.join(columns)}" if isinstance(columns, list) else str(error.fields.get("reason"))


def _print_report(report: ImportReport) -> None:
    for row in report.rows:
        if row.outcome != "unchanged":
            place = f"row {row.row}" if row.row else "not in file"
            reasons = f": {'; '.join(row.reasons)}" if row.reasons else ""
            click.echo(f"{place:<12} {row.outcome:<10} {row.id}{reasons}")
    for notice in report.notices:
        click.echo(f"notice       {notice}")
    click.echo(", ".join(f"{report.count(outcome)} {outcome}" for outcome in COUNTED) + ".")
    if report.published is not None:
        click.echo(f"Published release {report.published}.")
