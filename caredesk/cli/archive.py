"""`caredesk archive`: move the timelines of long closed conversations into the archive now, or tell what would move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

import click

from caredesk.actions.archiving import Moved, archive_some, due_by_month
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json
from caredesk.conversations.archive_queries import Amount
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write


@click.command()
@click.option("--months", type=click.IntRange(2, 1200), help="Months kept at hand. Default: CAREDESK_ARCHIVE_MONTHS.")
@click.option("--dry-run", is_flag=True, help="Tell what would be moved; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def archive(*, months: int | None, dry_run: bool, as_json: bool) -> None:
    """Move timelines closed longer ago than CAREDESK_ARCHIVE_MONTHS into the archive, where they are read as before.

    May be stopped at any time and begun again; the desk may run meanwhile, and does the same every night.
    """
    with open_desk() as services:
        kept = months or services.settings.archive_months
        moved = _by_month(_due(services, months=kept) if dry_run else _run(services, months=kept))
    if as_json:
        print_json({"dry_run": dry_run, "months": {month: asdict(amount) for month, amount in moved.items()}})
    else:
        _print(moved, verb="would be moved" if dry_run else "moved")


def _due(services: Services, *, months: int) -> list[Moved]:
    with read(services) as session:
        return list(due_by_month(session, now=services.clock.now(), months=months))


def _run(services: Services, *, months: int) -> Iterator[Moved]:
    while True:
        with write(services, actor=CLI_ACTOR) as work:
            moved = archive_some(work, months=months)
        if moved is None:
            return
        yield moved


def _by_month(moved: Iterable[Moved]) -> dict[str, Amount]:
    months: dict[str, Amount] = {}
    for one in moved:
        months[one.month] = months.get(one.month, Amount()) + one.amount
    return months


def _print(moved: dict[str, Amount], *, verb: str) -> None:
    for month, amount in moved.items():
        said = f"{amount.conversations:,} conversations, {amount.entries:,} entries, {amount.events:,} events"
        click.echo(f"{month}  {said} {verb}")
    if not moved:
        click.echo("Nothing is that old.")
