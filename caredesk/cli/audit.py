"""`caredesk audit`: check the audit's chain, look into it, take it out with its proof."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from caredesk.actions.audit_checks import Checked, Keys, check_chain, span_of
from caredesk.audit import check_export, queries
from caredesk.audit.queries import SoughtDeeds
from caredesk.audit.rules import Anchor, anchor_line, cut_line, entry_line, written_time
from caredesk.cli.audit_cut import cut
from caredesk.cli.desk import BAD_DATA, open_desk, print_json, refuse
from caredesk.cli.queue import Instant
from caredesk.core.errors import BadInput
from caredesk.edge.audit_jobs import own_keys
from caredesk.edge.services import Services
from caredesk.edge.transactions import read
from caredesk.infra.anchors import read_anchors
from caredesk.infra.audit_role import grant, statements_for

CHECKER = Path(check_export.__file__)

FAULTS = {
    "missing": "another entry stands in its place: entries were removed or put in another order",
    "changed": "its columns do not give its hash: it was changed",
    "unlinked": "it does not follow the entry before it: one of the two was exchanged",
    "rewritten": "an anchor has signed another hash for it: the chain was written anew",
    "cut": "the head or an anchor knows it and it is gone: the end was cut off",
    "head": "the head is not the last entry",
    "signature": "an anchor of this entry, or a cut, is not signed by the desk's key",
    "emptied": "up to it another entry has lost its words than the last cut says",
}


@click.group(help="Check the audit, look into it, take it out.")
def audit() -> None:
    """Group the commands."""


audit.add_command(cut)


@audit.command()
@click.option("--since", type=Instant(), help="Begin at the last signed entry before this instant. Default: the first.")
@click.option("--anchors", type=click.Path(exists=True, path_type=Path), help="Anchors that were kept elsewhere, too.")
@click.option("--public-key", default="", help="The key to check signatures with, base64. Default: the desk's own.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def verify(*, since: datetime | None, anchors: Path | None, public_key: str, as_json: bool) -> None:
    """Read the whole chain and name the first entry that is not as it was written; exit code 1 when there is one."""
    with open_desk() as services:
        keys = _keys(services, public_key=public_key, elsewhere=anchors)
        with read(services) as session:
            checked = check_chain(session, keys=keys, since=since)
    if as_json:
        print_json(_as_json(checked))
    else:
        _print(checked)
    if checked.outcome.broken is not None:
        raise SystemExit(BAD_DATA)


def _keys(services: Services, *, public_key: str, elsewhere: Path | None) -> Keys:
    own = own_keys(services)
    kept = list(read_anchors(elsewhere)) if elsewhere else []
    return Keys(public_key or own.public, anchors=[*own.anchors, *kept])


def _as_json(checked: Checked) -> dict[str, object]:
    outcome = checked.outcome
    return {
        "whole": outcome.broken is None,
        "first": checked.first,
        "last": outcome.last.number,
        "hash": outcome.last.hash,
        "checked": outcome.checked,
        "anchors": checked.anchors,
        "signed_until": checked.signed_until,
        "broken": asdict(outcome.broken) if outcome.broken else None,
    }


def _print(checked: Checked) -> None:
    outcome = checked.outcome
    click.echo(f"entries {checked.first} to {outcome.last.number}, {outcome.checked} checked")
    click.echo(f"anchors {checked.anchors}, signed until entry {checked.signed_until}")
    if outcome.broken is None:
        click.echo(f"whole; the last hash is {outcome.last.hash}")
    else:
        click.echo(f"BROKEN at entry {outcome.broken.number}: {FAULTS[outcome.broken.fault]}")


@audit.command("list")
@click.option("--by", "actor_id", help="Id of who did it.")
@click.option("--deed", help="Name of the deed, such as family.revealed.")
@click.option("--subject", help="What or whom it concerns, such as guardian:<id> or conversation:<id>.")
@click.option("--since", type=Instant(), help="Not before this instant.")
@click.option("--until", type=Instant(), help="Before this instant.")
@click.option("--before", type=int, help="Entries before this number: the next page.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the entries as JSON.")
def list_entries(*, before: int | None, limit: int, as_json: bool, **sought: object) -> None:
    """Print the newest entries that match."""
    with open_desk() as services, read(services) as session:
        asked = SoughtDeeds(**sought)  # type: ignore[arg-type]
        entries = queries.search_entries(session, sought=asked, before=before, limit=limit)
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    for entry in entries:
        who, what = f"{entry.actor_kind}:{entry.actor_id}", f"{entry.deed} {entry.subject} {entry.why}".rstrip()
        click.echo(f"{entry.number:>9} {written_time(entry.at)} {who} {what} {entry.record} {entry.address}".rstrip())


@audit.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--since", type=Instant(), help="Begin at the last signed entry before this instant. Default: the first.")
@click.option("--until", type=Instant(), help="End at the first signed entry after this instant. Default: the last.")
def export(folder: Path, *, since: datetime | None, until: datetime | None) -> None:
    """Take entries out with their proof: entries, anchors, public key, and a script that checks them by itself."""
    if folder.exists() and any(folder.iterdir()):
        refuse(f"{folder} is not empty.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_desk() as services, read(services) as session:
        keys = _keys(services, public_key="", elsewhere=None)
        span = span_of(session, keys=keys, since=since, until=until)
        entries = queries.stream_entries(session, after=span.after.number, until=span.until)
        with (folder / "entries.jsonl").open("w", encoding="utf-8") as file:
            count = sum(1 for entry in entries if file.write(entry_line(entry) + "\n"))
        _write_proof(folder, keys=keys, anchors=span.anchors)
    if span.cut is not None:
        (folder / "cut.json").write_text(cut_line(span.cut), "ascii")
    click.echo(f"{count} entries and {len(span.anchors)} anchors in {folder}; check: python {CHECKER.name}")


def _write_proof(folder: Path, *, keys: Keys, anchors: Sequence[Anchor]) -> None:
    lines = "".join(anchor_line(anchor) + "\n" for anchor in anchors)
    (folder / "anchors.jsonl").write_text(lines, "ascii")
    (folder / "public_key").write_text(keys.public + "\n", "ascii")
    shutil.copyfile(CHECKER, folder / CHECKER.name)


@audit.command()
@click.argument("name")
@click.option("--apply", is_flag=True, help="Grant it now, as the user of CAREDESK_DATABASE_URL, who owns the tables.")
def role(name: str, *, apply: bool) -> None:
    """Print what keeps the audit apart on PostgreSQL: the role NAME adds to it and reads it, and no more.

    The role must exist and own nothing; let the desk work under it, and migrate as the owner.
    """
    try:
        statements = statements_for(name)
    except BadInput:
        refuse("A role's name has small letters, digits and underscores only.")
    click.echo("".join(f"{statement};\n" for statement in statements), nl=False)
    if apply:
        _grant(statements)


def _grant(statements: Sequence[str]) -> None:
    with open_desk() as services:
        if services.store.engine.dialect.name != "postgresql":
            refuse("Only PostgreSQL has roles: nothing was granted.")
        try:
            grant(services.store, statements=statements)
        except SQLAlchemyError as fault:
            refuse(f"Nothing was granted: {type(fault.__cause__).__name__}. Is the role there, and are you the owner?")
    click.echo("granted")
