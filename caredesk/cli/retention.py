"""`caredesk retention`: what the time limits would remove now, and following them now instead of tonight."""

from __future__ import annotations

import click

from caredesk.actions.retaining import Planned, plan_retention, retain_some
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json
from caredesk.edge.transactions import read, write
from caredesk.retention import queries
from caredesk.retention.classes import record_classes


@click.group(help="How long what is kept, and removing what is over.")
def retention() -> None:
    """Group the commands."""


@retention.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def plan(*, as_json: bool) -> None:
    """Tell how much of each class would be removed now, by month, and how much only a hold keeps. Changes nothing."""
    with open_desk() as services, read(services) as session:
        planned = plan_retention(session, now=services.clock.now())
    if as_json:
        print_json({one.kind.id: {"months": one.months, "held": one.held} for one in planned})
        return
    for one in planned:
        _print(one)
    if not any(one.months for one in planned):
        click.echo("Nothing's time is over.")


@retention.command()
def classes() -> None:
    """List the classes of records: how long each stays, whether a law says so, and who removes it."""
    for one in record_classes():
        kept = one.keep.model_dump(exclude_defaults=True) if one.keep else {}
        told = " ".join(f"{count} {unit}" for unit, count in kept.items()) or f"by {one.by}"
        click.echo(f"{one.id:<18} {told:<22} {'law' if one.law else 'habit':<6} {one.what}")


@retention.command()
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def run(*, as_json: bool) -> None:
    """Remove what is over, a few rows in a transaction. May be stopped at any time; the desk may run meanwhile.

    Files go by the running desk, or when it starts.
    """
    with open_desk() as services:
        going = True
        while going:
            with write(services, actor=CLI_ACTOR) as work:
                going = retain_some(work) is not None
        with read(services) as session:
            [last] = queries.list_runs(session, limit=1)
    if as_json:
        print_json({"removed": last.gone})
        return
    for name, count in last.gone.items():
        click.echo(f"{name:<18} {count:>10,} removed")
    if not last.gone:
        click.echo("Nothing's time is over.")


def _print(planned: Planned) -> None:
    for month, count in planned.months.items():
        click.echo(f"{planned.kind.id:<18} {month} {count:>10,} would be removed")
    if planned.held:
        click.echo(f"{planned.kind.id:<18} {'held':<7} {planned.held:>10,} stay only because of a hold")
