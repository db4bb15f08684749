"""`caredesk backup`: make, list, check and restore backups, and drill the restore (docs/backups.md)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter

import click

from caredesk.actions import backups
from caredesk.cli.desk import CLI_ACTOR
from caredesk.cli.plain import refuse, settings_from_environment
from caredesk.core.clock import clock_of
from caredesk.core.doing import doing
from caredesk.core.work import Work
from caredesk.edge.transactions import write
from caredesk.infra.backup import making, restoring
from caredesk.infra.backup.archive import Manifest
from caredesk.infra.backup.evidence import file_record, outcome_of, record_of
from caredesk.infra.backup.faults import BackupFault
from caredesk.infra.backup.keeper import drop_old
from caredesk.infra.backup.places import FolderPlace, Label, Place
from caredesk.infra.backup.sealing import new_pair, public_of
from caredesk.infra.backup.source import PUBLIC_KEY, Source
from caredesk.infra.engine import open_store
from caredesk.infra.profiles import build_services
from caredesk.infra.schema import is_current

SECRET_VARIABLE = "CAREDESK_BACKUP_SECRET"  # noqa: S105 (its name, not the secret)

secret_option = click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"File with the secret key. Default: the variable {SECRET_VARIABLE}.",
)
from_option = click.option(
    "--from", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Another folder of backups."
)


@click.group(help="Make, list, check and restore backups, and drill the restore.")
def backup() -> None:
    """Group the commands."""


@backup.command()
@click.option("--replace", is_flag=True, help="Make another pair; older backups still need the older secret key.")
def key(*, replace: bool) -> None:
    """Make the pair of keys. The secret one is printed once, for the safe; the desk keeps the public one only."""
    with _told() as source:
        file = source.folder / PUBLIC_KEY
        if source.public_key() and not replace:
            refuse("There is a public key already. For another pair: --replace")
        secret, public = new_pair()
        source.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = file.with_suffix(".part")
        partial.write_text(public + "\n", "ascii")
        partial.rename(file)
    click.echo("Write this line down and put it into the safe. No backup can be read without it, and there is no copy:")
    click.echo(f"\n  {secret}\n")
    click.echo(f"The desk seals to {public}")


@backup.command()
def create() -> None:
    """Make a backup now; the desk may be running."""
    with _told() as source:
        began = perf_counter()
        label = making.make_backup(source, now=_now(source))
        seconds = perf_counter() - began
        click.echo(f"{label.name}: {_size(label.size)} in {source.place()}")
        dropped = drop_old(source)
        if dropped:
            click.echo(f"{len(dropped)} kept no longer were deleted")
        outcome = backups.BackupOutcome(label.name, label.size, seconds=seconds)
        _note(source, lambda work: backups.note_backup(work, outcome=outcome))


@backup.command("list")
@from_option
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_backups(*, folder: Path | None, as_json: bool) -> None:
    """List the backups, newest first: age, size, and whether they were verified."""
    with _told() as source:
        place = _place(source, folder=folder)
        labels = place.labels()
        if as_json:
            click.echo("[" + ",\n".join(label.written().decode() for label in labels) + "]")
            return
        click.echo(f"{len(labels)} in {place}")
        for label in labels:
            click.echo(_line(label, now=_now(source)))


@backup.command()
@click.argument("name", default="latest")
@secret_option
@from_option
def verify(*, name: str, secret_file: Path | None, folder: Path | None) -> None:
    """Read a backup to its end and check every sum. NAME is one of the list, or latest."""
    with _told() as source:
        place = _place(source, folder=folder)
        label = making.find_label(place, name=name)
        manifest = making.verify_backup(
            place, name=label.name, secret=_secret(secret_file), now=_now(source), public=source.own_signer()
        )
        click.echo(f"{label.name} is whole: {_contents(manifest)}")
        age = _now(source) - label.made_at
        _note(source, lambda work: backups.note_verified(work, name=label.name, age=age))


@backup.command()
@click.argument("name", default="latest")
@secret_option
@from_option
@click.option("--replace", is_flag=True, help="Put it in the place of the desk that is there; that is kept aside.")
def restore(*, name: str, secret_file: Path | None, folder: Path | None, replace: bool) -> None:
    """Put a backup where the settings say that the desk is. NAME is one of the list, or latest."""
    with _told() as source:
        place = _place(source, folder=folder)
        label = making.find_label(place, name=name)
        done = restoring.restore_backup(
            source, place=place, name=label.name, secret=_secret(secret_file), now=_now(source), replaces=replace
        )
        click.echo(f"Restored {label.name}: {_contents(done.manifest)}")
        click.echo(f"It holds what was there at {label.made_at.isoformat()}; what came later is not in it.")
        if done.aside is not None:
            click.echo(f"What was there before lies in {done.aside}; delete it when the desk runs well.")
        _note(source, lambda work: backups.note_restored(work, name=label.name))
        click.echo("Next: caredesk audit verify, caredesk doctor, and start the desk.")


@backup.command()
@click.argument("name", default="latest")
@secret_option
@from_option
@click.option("--json", "as_json", is_flag=True, help="Print the signed record as JSON.")
def drill(*, name: str, secret_file: Path | None, folder: Path | None, as_json: bool) -> None:
    """Restore a backup into a scratch place, compare every count and sum, check the audit, and keep the evidence."""
    with _told() as source:
        place = _place(source, folder=folder)
        label = making.find_label(place, name=name)
        now = _now(source)
        with _scratch() as scratch:
            drilled = restoring.drill_backup(
                source, place=place, name=label.name, secret=_secret(secret_file), scratch=scratch
            )
        record = record_of(drilled, name=label.name, at=now, private=source.signing_key())
        filed = file_record(source, record=record, at=now)
        outcome = outcome_of(drilled, name=label.name, at=now, record=record)
        _note(source, lambda work: backups.note_drill(work, outcome=outcome))
    click.echo(record.decode() if as_json else _told_of(drilled, label=label, now=now, filed=filed))
    if not drilled.passed:
        refuse("The drill has failed.")


def _told_of(drilled: restoring.Drilled, *, label: Label, now: datetime, filed: Path) -> str:
    audit = drilled.audit.outcome
    whole = "whole" if audit.broken is None else f"BROKEN at entry {audit.broken.number}"
    wrong = [f"WRONG: the table {table} has another number of rows than it had" for table in drilled.wrong_tables]
    lines = [
        f"{label.name}: {_contents(drilled.manifest)}",
        f"recovery time {drilled.seconds:.1f} s; what came in the last {_age(label, now=now)} would be lost",
        *wrong,
        f"the audit's chain is {whole}: {audit.checked} entries, {drilled.audit.anchors} anchors",
        f"the signed record is {filed}",
    ]
    return "\n".join([*lines, "The drill has passed."] if drilled.passed else lines)


def _note(source: Source, deed: Callable[[Work], None]) -> None:
    """Note in the desk's audit what was done; where no desk of this version is, say that nobody was told."""
    if source.rows().is_empty() or not _is_current(source):
        click.echo("There is no desk of this version here, so that its audit does not tell of it.", err=True)
        return
    services = build_services(source.settings)
    try:
        with doing("command", "backup"), write(services, actor=CLI_ACTOR) as work:
            deed(work)
    finally:
        services.store.engine.dispose()


def _is_current(source: Source) -> bool:
    store = open_store(source.database_url)
    try:
        with store.engine.connect() as connection:
            return is_current(connection)
    finally:
        store.engine.dispose()


@contextmanager
def _told() -> Iterator[Source]:
    """Give the desk's source; a fault ends the command with its sentence."""
    try:
        yield Source(settings_from_environment())
    except BackupFault as fault:
        refuse(f"{fault} ({fault.detail})" if fault.detail else str(fault))


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="caredesk-drill-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(source: Source, *, folder: Path | None) -> Place:
    return FolderPlace(folder) if folder else source.place()


def _secret(file: Path | None) -> str:
    secret = file.read_text("utf-8") if file else os.environ.get(SECRET_VARIABLE, "")
    if not secret.strip():
        refuse(f"The secret key is needed: --secret-file FILE, or the variable {SECRET_VARIABLE}.")
    # Lines that begin with # are what the program `age-keygen` writes around it.
    secret = next((line for line in secret.splitlines() if line.strip() and not line.startswith("#")), "")
    public_of(secret)
    return secret


def _now(source: Source) -> datetime:
    return clock_of(source.settings.clock_file).now()


def _line(label: Label, *, now: datetime) -> str:
    checked = f"verified {label.verified_at:%Y-%m-%d}" if label.verified_at else "not verified"
    return f"{label.name}  {_age(label, now=now):>8}  {_size(label.size):>9}  {label.store}  {label.version}  {checked}"


def _age(label: Label, *, now: datetime) -> str:
    minutes = max(0, int((now - label.made_at).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2 * 24 * 60 else f"{minutes // 1440} days"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.2f} GB"


def _contents(manifest: Manifest) -> str:
    rows, files = sum(manifest.counts.values()), len(manifest.members)
    return f"{rows} rows in {len(manifest.counts)} tables, {files} files, audit up to entry {manifest.audit_number}"
