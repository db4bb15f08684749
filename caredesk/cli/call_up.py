"""`caredesk call-up`: ladders as files, messages nobody could send, consent by file, and how calling went."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import click
import yaml

from caredesk.actions import call_up_consents, call_up_figures, call_up_sending, outlooks
from caredesk.actions.call_up_contacts import lift_mark
from caredesk.assistance import call_up_queries as queries
from caredesk.assistance import outlook_queries
from caredesk.assistance.call_up_errors import LadderInvalid
from caredesk.assistance.call_up_schemas import package_ladders, parse_ladder
from caredesk.assistance.outlook_rules import saved_by, was_missing
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json, refuse
from caredesk.cli.letters import print_letters, send_again
from caredesk.core.errors import CareDeskError
from caredesk.edge.transactions import read, write


@click.group(name="call-up", help="Look after how families are called.")
def call_up() -> None:
    """Group the commands."""


@call_up.command()
@click.option("--json", "as_json", is_flag=True, help="Print the messages as JSON.")
def dead(*, as_json: bool) -> None:
    """Print the messages that could not be sent however often they were tried."""
    with open_desk() as services, read(services) as session:
        found = call_up_sending.list_dead(session)
    print_letters(
        found,
        name="dead",
        line=lambda one: f"{one.id}  {one.channel:<7}  {one.to:<12}  {one.tries}x  {one.error}",
        nothing="Nothing is dead.",
        as_json=as_json,
    )


@call_up.command()
@click.argument("leg_id")
def replay(leg_id: str) -> None:
    """Send a dead message again; the running desk does it within a second."""
    send_again(lambda work: call_up_sending.replay(work, leg_id=leg_id))


@call_up.command()
@click.argument("phone")
def unmark(phone: str) -> None:
    """Let a number be used again that was marked wrong by mistake."""
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        if not lift_mark(work, phone=phone):
            refuse("the number is not marked")
    click.echo("The number is used again.")


@call_up.command()
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="Days up to now.")
def figures(*, days: int) -> None:
    """Print how calling families went, as JSON."""
    with open_desk() as services, read(services) as session:
        now = services.clock.now()
        shown = call_up_figures.figures_between(session, since=now - timedelta(days=days), until=now)
    print_json(shown.model_dump())


@call_up.command()
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="Days up to now.")
def ahead(*, days: int) -> None:
    """Print, as JSON, what was foretold of visits and what reminding families saved against leaving them alone."""
    with open_desk() as services, read(services) as session:
        now = services.clock.now()
        pasts = outlooks.pasts_between(session, since=now - timedelta(days=days), now=now)
        weights = outlook_queries.weights_in_use(session)
    saved = saved_by(pasts)
    print_json(
        {
            "judged": len(pasts),
            "missing": sum(was_missing(one) is True for one in pasts),
            "unknown": sum(was_missing(one) is None for one in pasts),
            "reminded": saved.reminded,
            "control": saved.control,
            "minutes_saved": saved.minutes_saved,
            "weights": weights.name,
        }
    )


@call_up.command()
@click.argument("key", required=False)
def ladder(key: str | None) -> None:
    """Print the ladders in use as YAML, or the one that is named."""
    with open_desk() as services, read(services) as session:
        names = {*package_ladders(), *queries.versions_of_ladders(session)}
        try:
            found = [queries.get_ladder(session, key=name) for name in sorted([key] if key else names)]
        except CareDeskError as error:
            refuse(str(error))
            raise
    click.echo(yaml.safe_dump([one.model_dump(mode="json") for one in found], allow_unicode=True, sort_keys=False))


@call_up.command(name="put-ladder")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def put_ladder(file: Path) -> None:
    """Put ladders of a YAML file in use; all of them, or none. Runs under way keep theirs."""
    try:
        given = yaml.safe_load(file.read_text("utf-8"))
        parsed = [parse_ladder(one) for one in (given if isinstance(given, list) else [given])]
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        refuse(f"no YAML: {type(fault).__name__}")
        raise
    except LadderInvalid as fault:
        refuse(str(fault))
        raise
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        for one in parsed:
            version = queries.put_ladder(work.session, one, by=CLI_ACTOR.name, now=work.now)
            click.echo(f"{one.key}: version {version}")


@call_up.command(name="import-consents")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_consents(file: Path) -> None:
    """Take consents of a CSV file: guardian_id, channel, state (given or refused), and address for WeChat."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        # Leaving here keeps nothing of the file.
        faults = call_up_consents.import_consents(work, rows, by=CLI_ACTOR.name)
        if faults:
            refuse("\n".join(faults))
    click.echo(f"{len(rows)} consents are kept.")
