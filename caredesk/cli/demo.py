"""`caredesk demo`: the invented hospital that a fresh desk can be filled with."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from caredesk.accounts.passwords import hash_password
from caredesk.actions.demo import DemoReport, load_demo
from caredesk.actions.demo_floor import begin_shift
from caredesk.actions.demo_round import begin_round
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json, refuse
from caredesk.cli.main import LateCommands
from caredesk.core.errors import CareDeskError
from caredesk.edge.services import Services
from caredesk.edge.transactions import write

DEMO_FOLDER = Path(str(resources.files("caredesk.demo_hospital")))


LATE = LateCommands({"traffic": "caredesk.cli.demo_traffic:traffic"})


@click.group(commands=LATE, help="Fill the desk with an invented hospital.")
def demo() -> None:
    """Group the commands."""


@demo.command()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=DEMO_FOLDER,
    help="Folder of another demo hospital, with the same files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was added as JSON.")
def load(*, folder: Path, as_json: bool) -> None:
    """Load the demo hospital. What is there already stays as it is; loading twice changes nothing."""
    with open_desk() as services:
        try:
            report = load_demo_into(services, folder=folder)
        except CareDeskError as error:
            refuse(str(error))
            raise
    if as_json:
        print_json({"added": report.added, "total": report.total})
        return
    for part, count in report.added.items():
        click.echo(f"{part.replace('_', ' '):<16} {count:>5} added")
    if not report.total:
        click.echo("The demo hospital was there already.")


def load_demo_into(services: Services, *, folder: Path = DEMO_FOLDER) -> DemoReport:
    """Load the demo hospital into a desk, in one transaction."""
    with write(services, actor=CLI_ACTOR) as work:
        return load_demo(work, folder, now=work.now, hash_password=hash_password)


def begin_demo_round(services: Services, *, folder: Path = DEMO_FOLDER) -> str | None:
    """See to it that a doctor of the demo has families to call now; return that doctor's login."""
    with write(services, actor=CLI_ACTOR) as work:
        return begin_round(work, folder)


def begin_demo_shift(services: Services, *, folder: Path = DEMO_FOLDER) -> int:
    """Put the demo into the middle of a shift, unless somebody has come already today; return how many came."""
    with write(services, actor=CLI_ACTOR) as work:
        return begin_shift(work, folder)
