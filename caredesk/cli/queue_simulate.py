"""`caredesk queue simulate`: what another policy or roster would have done, played with the desk's own rules."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from caredesk.actions.simulation_plans import Extras, plan_of
from caredesk.cli.desk import open_desk, print_json, refuse
from caredesk.core.clock import clinic_time
from caredesk.core.errors import CareDeskError
from caredesk.edge.services import Services
from caredesk.edge.transactions import read
from caredesk.queue.errors import PolicyInvalid
from caredesk.sandbox.errors import RosterInvalid, ScenarioInvalid
from caredesk.sandbox.files import RosterFile, parse_roster, read_yaml
from caredesk.sandbox.playing import Told
from caredesk.sandbox.report import Plan
from caredesk.sandbox.schemas import RunRequest, SimulationReport, VariantReport
from caredesk.sandbox.words import Language, amount, difference, problem, sentence, word

LARGEST_FILE = 1_000_000
TOLD_FIRST = ("within_20", "answer_rate", "abandonment")
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
Fault = Callable[..., CareDeskError]
A_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--policy", "policy_file", type=A_FILE, help="Rules to try, YAML or JSON, as `queue policy show` prints.")
@click.option("--against", type=click.Choice(["today"]), help="Play today's policy as well, on the same people.")
@click.option("--from", "first", type=A_DAY, help="First day of recorded traffic. Default: the last seven days.")
@click.option("--to", "last", type=A_DAY, help="Last day of recorded traffic.")
@click.option("--generate", type=A_FILE, help="Make traffic by a scenario (YAML) instead of replaying.")
@click.option("--roster", type=A_FILE, help="Who is there (YAML). Default: the scenario's, else the desk's roster.")
@click.option("--agents", type=click.IntRange(-50, 50), default=0, help="So many agents more or fewer in the new plan.")
@click.option("--replications", type=click.IntRange(1, 200), default=20, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON; the same inputs give the same bytes.")
def simulate(  # noqa: PLR0913 (the options of one command)
    *,
    policy_file: Path | None,
    against: str | None,
    first: datetime | None,
    last: datetime | None,
    generate: Path | None,
    roster: Path | None,
    language: Language,
    as_json: bool,
    **numbers: int,
) -> None:
    """Play recorded or generated traffic against a policy and a roster, and print what families would have met."""
    if generate and (first or last):
        raise click.UsageError("--generate brings its own days; leave out --from and --to.")
    try:
        wanted = RunRequest(
            first=_day(first),
            last=_day(last),
            scenario=_mapping(generate, fault=ScenarioInvalid) if generate else None,
            policy=_mapping(policy_file, fault=PolicyInvalid) if policy_file else None,
            roster_change=numbers["agents"],
            replications=numbers["replications"],
            seed=numbers["seed"],
        )
        written = parse_roster(_mapping(roster, fault=RosterInvalid)) if roster else None
        with open_desk() as services:
            plan = _planned(services, wanted, roster=written, against_today=against == "today")
            report = services.play(plan, told=_teller(plan.replications))
    except CareDeskError as error:
        refuse(problem(error, language=language))
        raise
    if report is not None and as_json:
        print_json(report.model_dump(mode="json"))
    elif report is not None:
        _print(report, language=language)


def _planned(services: Services, wanted: RunRequest, *, roster: RosterFile | None, against_today: bool) -> Plan:
    with read(services) as session:
        extras = Extras(roster=roster, against_today=against_today)
        return plan_of(session, wanted, now=services.clock.now(), extras=extras)


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _mapping(file: Path, *, fault: Fault) -> dict[str, Any]:
    """Read a file of people's making; whatever is no mapping is a fault of the file."""
    if file.stat().st_size > LARGEST_FILE:
        raise fault(problems=["file: too_large"])
    try:
        data = read_yaml(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise fault(problems=["file: not_utf_8"]) from error
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise fault(problems=["file: not_a_mapping"])
    return data


def _teller(total: int) -> Told:
    """Show progress to whoever looks at a terminal; pipes and files get none."""

    def told(done: int, /) -> bool:
        if sys.stderr.isatty():
            click.echo(f"\r{done}/{total}", err=True, nl=done == total)
        return True

    return told


# ---- for people ------------------------------------------------------------------------------------------


def _print(report: SimulationReport, *, language: Language) -> None:
    since, until = (f"{clinic_time(at):%Y-%m-%d %H:%M}" for at in (report.since, report.until))
    fields = {"since": since, "until": until, "replications": report.replications, "seed": report.seed}
    click.echo(word("heads", "period", language=language, **fields))
    for variant in report.variants:
        name = word("variants", variant.name, language=language)
        click.echo(word("heads", "totals", language=language, variant=name, **variant.totals.model_dump()))
    click.echo()
    _print_table(report, language=language)
    for figure in report.differences:
        if figure.name in TOLD_FIRST:
            click.echo(sentence(figure, language=language))
    for variant in report.variants:
        _print_fairness(variant, language=language)
    if report.theory:
        click.echo(f"\n{word('heads', 'theory', language=language)}")
    for line in report.theory:
        shown = {
            "per_hour": f"{line.per_hour:.1f}",
            "within": amount("within_20", line.within_20),
            "abandonment": amount("abandonment", line.abandonment),
            "occupancy": amount("occupancy", line.occupancy),
        }
        told = word("heads", "theory_line", language=language, queue=line.queue, servers=line.servers, **shown)
        click.echo(f"  {told}")


def _print_table(report: SimulationReport, *, language: Language) -> None:
    names = [word("variants", variant.name, language=language) for variant in report.variants]
    differences = {figure.name: figure for figure in report.differences}
    head = [word("heads", "figure", language=language), *names]
    rows = [head + ([word("heads", "difference", language=language)] if differences else [])]
    for number, figure in enumerate(report.variants[0].figures):
        values = [amount(figure.name, variant.figures[number].mean) for variant in report.variants]
        row = [word("figures", figure.name, language=language), *values]
        rows.append(row + ([difference(differences[figure.name])] if differences else []))
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
    click.echo()


def _print_fairness(variant: VariantReport, *, language: Language) -> None:
    click.echo(f"\n{word('variants', variant.name, language=language)}")
    shares = "  ".join(f"{agent.name} {amount('occupancy', agent.occupancy)}" for agent in variant.agents)
    click.echo(f"  {word('heads', 'agents', language=language)}: {shares}")
    for line in variant.classes:
        fields = {"wait": amount("wait_mean", line.wait_mean), "within": amount("within_20", line.within_20)}
        click.echo(f"  {word('heads', 'class', language=language, priority=line.priority, **fields)}")


def _width(text: str) -> int:
    """Return the columns of a text on a terminal; a Chinese character takes two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
