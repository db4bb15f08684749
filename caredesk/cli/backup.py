"""`caredesk backup`: make, list, check and restore backups, and drill the restore (docs/backups.md)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from caredesk.cli.plain import refuse, settings_from_environment
from caredesk.core.clock import ShiftedClock, SystemClock
from caredesk.infra.backup import making, restoring
from caredesk.infra.backup.archive import Manifest
from caredesk.infra.backup.faults import BackupFault
from caredesk.infra.backup.places import FolderPlace, Label, Place
from caredesk.infra.backup.sealing import new_pair, public_of
from caredesk.infra.backup.source import PUBLIC_KEY, Source

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
        label = making.make_backup(source, now=_now(source))
        click.echo(f"{label.name}: {_size(label.size)} in {source.place()}")


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
        click.echo("Next: caredesk audit verify, caredesk doctor, and start the desk.")


@backup.command()
@click.argument("name", default="latest")
@secret_option
@from_option
def drill(*, name: str, secret_file: Path | None, folder: Path | None) -> None:
    """Restore a backup into a scratch place, compare every count and sum, check the audit, and keep the evidence."""
    with _told() as source:
        place = _place(source, folder=folder)
        label = making.find_label(place, name=name)
        now = _now(source)
        with _scratch() as scratch:
            drilled = restoring.drill_backup(
                source, place=place, name=label.name, secret=_secret(secret_file), scratch=scratch
            )
        audit = drilled.audit.outcome
        click.echo(f"{label.name}: {_contents(drilled.manifest)}")
        click.echo(f"recovery time {drilled.seconds:.1f} s; what came in the last {_age(label, now=now)} would be lost")
        for table in drilled.wrong_tables:
            click.echo(f"WRONG: the table {table} has another number of rows than when the backup was made")
        told = "whole" if audit.broken is None else f"BROKEN at entry {audit.broken.number}"
        click.echo(f"the audit's chain is {told}: {audit.checked} entries, {drilled.audit.anchors} anchors")
        if not drilled.passed:
            refuse("The drill has failed.")
        click.echo("The drill has passed.")


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
    shifted = source.settings.clock_file
    return (ShiftedClock(shifted) if shifted else SystemClock()).now()


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
