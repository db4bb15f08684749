"""`caredesk kb graph`: bring a knowledge graph in from a file, all rows or none, and write it out."""

from __future__ import annotations

from pathlib import Path

import click

from caredesk.actions import graph as graphs
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json
from caredesk.core.errors import CareDeskError
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base.graph_files import read_graph, write_graph
from caredesk.knowledge_base.graph_schemas import GraphReport


@click.group("graph", help="Import and export the knowledge graph.")
def graph() -> None:
    """Group the commands."""


@graph.command("import", help="Bring in a YAML or JSON file of nodes and edges, all rows or none.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Make the file the whole graph: what it lacks is removed.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def import_file(*, file: Path, replace: bool, as_json: bool) -> None:
    """Bring in a file."""
    try:
        checked = read_graph(file)
    except CareDeskError as error:
        raise click.ClickException(f"Cannot import {file}: {error.fields.get('reason')}.") from error
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        report = graphs.import_graph(work, checked, replace=replace)
    if as_json:
        print_json(report.model_dump())
    else:
        _print_report(report)
    if not report.imported:
        raise click.ClickException(f"{len(report.refused)} rows refused, nothing imported.")


@graph.command("export", help="Write the graph to a .yaml or .json file.")
@click.argument("file", type=click.Path(path_type=Path))
def export_file(*, file: Path) -> None:
    """Write the graph to a file."""
    with open_desk() as services, read(services) as session:
        found = graphs.read_graph(session)
    try:
        write_graph(file, found)
    except (CareDeskError, OSError) as error:
        reason = error.fields.get("reason") if isinstance(error, CareDeskError) else error
        raise click.ClickException(f"Cannot write {file}: {reason}.") from error
    click.echo(f"Wrote {len(found.nodes)} nodes and {len(found.edges)} edges to {file}.")


def _print_report(report: GraphReport) -> None:
    for problem in report.refused:
        click.echo(f"{problem.row:<12} refused    {problem.id}: {problem.reason}")
    for notice in report.notices:
        click.echo(f"notice       {notice}")
    if report.imported:
        click.echo(
            f"Nodes: {report.nodes_added} added, {report.nodes_changed} changed, {report.nodes_removed} removed, "
            f"{report.nodes_unchanged} unchanged."
        )
        click.echo(
            f"Edges: {report.edges_added} added, {report.edges_removed} removed, {report.edges_unchanged} unchanged."
        )
