"""`caredesk queue policy | replay | honesty | claims | faults`: the rules of routing and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click
import yaml

from caredesk.actions import claims, decisions, estimates, policies
from caredesk.actions.policies import RuleChange
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json, refuse
from caredesk.core.clock import clinic_time
from caredesk.core.errors import CareDeskError
from caredesk.edge.transactions import read, write
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import PolicyInvalid
from caredesk.queue.rules import Ranked

LARGEST_FILE = 1_000_000
LONGEST_LOOK = 366

Result = TypeVar("Result")


@click.group(help="Show, check, apply and roll back the routing policy.")
def policy() -> None:
    """Group the commands."""


@policy.command()
@click.option("--version", type=click.IntRange(min=1), help="A version other than the active one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; the file for `apply` may be JSON or YAML.")
def show(*, version: int | None, as_json: bool) -> None:
    """Print a version's rules, as a file that `apply` takes."""
    with open_desk() as services, read(services) as session:
        if version is None:
            found = policy_queries.active_policy(session)
        else:
            found = _or_refuse(lambda: policy_queries.get_policy(session, version=version))
    if as_json:
        print_json({"version": found.version, **found.data()})
    else:
        click.echo(f"# version {found.version}")
        click.echo(yaml.safe_dump(found.data(), allow_unicode=True, sort_keys=False), nl=False)


@policy.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(*, file: Path) -> None:
    """Say whether a file is a policy, and what it would change. Nothing is stored."""
    data = _read(file)
    with open_desk() as services, read(services) as session:
        wanted = _or_refuse(lambda: policies.check(session, data=data))
        _print_changes(policies.difference(policy_queries.active_policy(session), wanted))


@policy.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--note", default="", help="Why; kept with the version.")
def apply(*, file: Path, note: str) -> None:
    """Let a file's rules hold from now on, as a new version."""
    data = _read(file)
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        before = policy_queries.active_policy(work.session)
        after = _or_refuse(lambda: policies.apply(work, data=data, note=note))
        _print_changes(policies.difference(before, after))
    click.echo(f"version {after.version} holds")


@policy.command()
@click.argument("version", type=click.IntRange(min=1))
@click.option("--reason", default="", help="Why; kept in the history.")
def activate(*, version: int, reason: str) -> None:
    """Let an older version hold again."""
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        before = policy_queries.active_policy(work.session)
        after = _or_refuse(lambda: policies.activate(work, version=version, reason=reason))
        _print_changes(policies.difference(before, after))
    click.echo(f"version {after.version} holds")


@policy.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def history(*, as_json: bool) -> None:
    """Print which version began to hold when, by whom and why."""
    with open_desk() as services, read(services) as session:
        rows = [
            {"at": one.at, "version": one.version, "by": one.by, "reason": one.reason}
            for one in policy_queries.list_activations(session)
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        at = row["at"]
        stamp = f"{clinic_time(at):%Y-%m-%d %H:%M}" if isinstance(at, datetime) else ""
        click.echo(f"{stamp}  version {row['version']:<4} {row['by']}  {row['reason']}")
    if not rows:
        click.echo("version 1, the built-in one, has held from the beginning")


def _read(file: Path) -> object:
    if file.stat().st_size > LARGEST_FILE:
        refuse(f"{file.name} is larger than a policy can be")
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as fault:
        refuse(f"{file.name} is neither YAML nor JSON: {type(fault).__name__}")
        raise
    if isinstance(data, dict):
        # `show --json` prints the version beside the rules; it is no part of them.
        data.pop("version", None)
    return data


def _or_refuse(ask: Callable[[], Result]) -> Result:
    try:
        return ask()
    except PolicyInvalid as invalid:
        problems = invalid.fields["problems"]
        refuse("\n".join(problems) if isinstance(problems, list) else str(invalid))
        raise
    except CareDeskError as error:
        refuse(str(error))
        raise


def _print_changes(changes: list[RuleChange]) -> None:
    for change in changes:
        where = f" of {change.queue}" if change.queue else ""
        click.echo(f"{change.rule}{where}")
        click.echo(f"  before: {change.before if change.before is not None else 'not there'}")
        click.echo(f"  after:  {change.after if change.after is not None else 'not there'}")
    if not changes:
        click.echo("nothing changes")


# ---- decisions and honesty -----------------------------------------------------------------------------------


@click.command()
@click.argument("decision")
@click.option("--policy", "version", type=click.IntRange(min=1), help="Ask another version of the policy instead.")
def replay(*, decision: str, version: int | None) -> None:
    """Make a decision again from its record; exit code 1 when the choice is another."""
    with open_desk() as services, read(services) as session:
        again = _or_refuse(lambda: decisions.replay(session, decision_id=decision, version=version))
    waited = (again.decision.at - again.item.since).total_seconds()
    click.echo(f"{again.item.queue} · class {again.item.priority} · waited {waited:.0f} s · version {again.version}")
    for ranked in sorted(again.match.ranked, key=lambda one: (one.rank is None, one.rank or 0)):
        click.echo(_line(ranked))
    click.echo(f"decided by {again.match.decided_by or 'being the only one'}")
    if not again.agrees:
        refuse("the record chose otherwise")


def _line(ranked: Ranked) -> str:
    one = ranked.candidate
    said = ", ".join(ranked.excluded) or "  ".join(f"{rule} {value:g}" for rule, value in ranked.scores)
    rank = "-" if ranked.rank is None else str(ranked.rank + 1)
    return f"{rank:>3}  {one.name:<12} {one.load}/{one.capacity}  {said}"


@click.command()
@click.option("--days", type=click.IntRange(1, LONGEST_LOOK), default=14, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def honesty(*, days: int, as_json: bool) -> None:
    """Compare the waits that were told with those that came true, by queue and day.

    Eight in ten should end inside the range that was told. Waits that were given up are not counted.
    """
    with open_desk() as services, read(services) as session:
        now = services.clock.now()
        found = estimates.honesty(session, since=now - timedelta(days=days), until=now)
    if as_json:
        print_json([_honesty(one) for one in found])
        return
    for one in found:
        held = one.honesty
        share = f"{held.share:>6.0%}" if held.share is not None else ""
        counted = f"{held.held} of {held.told} held, {held.shorter} shorter, {held.longer} longer"
        click.echo(f"{one.day}  {one.queue_key:<14} {share}  {counted}")
    if not found:
        click.echo("no wait that was told has ended yet")


def _honesty(one: estimates.HonestyOfDay) -> dict[str, object]:
    held = one.honesty
    counts = {"told": held.told, "held": held.held, "shorter": held.shorter, "longer": held.longer}
    return {"day": one.day, "queue": one.queue_key, "share": held.share, **counts}


@click.command("claims")
@click.option("--days", type=click.IntRange(1, LONGEST_LOOK), default=14, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def out_of_order(*, days: int, as_json: bool) -> None:
    """Report what was taken out of its order: by whom, why, and past how many who had come before."""
    with open_desk() as services, read(services) as session:
        now = services.clock.now()
        found = claims.claims_between(session, since=now - timedelta(days=days), until=now)
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        when = f"{clinic_time(one.at):%Y-%m-%d %H:%M}"
        click.echo(f"{when}  {one.conversation_number}  {one.staff_name}  past {one.passed_over}  {one.reason}")
    if not found:
        click.echo("nothing was taken out of its order")


@click.command()
def faults() -> None:
    """Count what the safety net has found that the events should have done."""
    with open_desk() as services, read(services) as session:
        found = queue_queries.count_faults(session)
    for code, count in sorted(found.items()):
        click.echo(f"{code:<20} {count}")
    if not found:
        click.echo("none")
