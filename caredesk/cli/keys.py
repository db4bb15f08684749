"""`caredesk keys`: the master keys of families' data: how they stand, a new one, and the proof that old ones may go."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import click

from caredesk.actions.file_keys import begin_sealing
from caredesk.actions.personal_keys import KeyStatus, begin_rotation, drop_old_keys, key_status
from caredesk.cli.desk import BAD_DATA, CLI_ACTOR, open_desk, print_json, refuse
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.infra.master_keys import FolderKeys, master_keys

BUSY = "A round is on its way already; `caredesk keys status` tells how far it is."
GIVEN = (
    "The settings give the master keys: put a new one first in CAREDESK_PERSONAL_KEYS, "
    "restart all processes, and come again."
)

STANDINGS = ("plain", "first", "in_force", "older", "lost")
"""How files are kept: in the clear, by the first format's one key, by the master key in force, an older one, none."""


@click.group(help="Look after the keys of families' data.")
def keys() -> None:
    """Group the commands."""


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(*, as_json: bool) -> None:
    """Tell how many values and files are sealed by which keys, and how far the last round is."""
    with open_desk() as services:
        _print(_status(services), _files(services), as_json=as_json)


@keys.command()
def rotate() -> None:
    """Make a new master key and have every value and file sealed anew, while the desk works on."""
    with open_desk() as services:
        before = _status(services)
        if before.last_round is not None and before.last_round.ended_at is None:
            refuse(BUSY)
        masters = master_keys(services.settings)
        if isinstance(masters, FolderKeys):
            masters.add()
        elif not (before.older or before.old_keys):
            refuse(GIVEN)
        with write(services, actor=CLI_ACTOR) as work:
            begun = begin_rotation(work)
            if begun is not None:
                begin_sealing(work)
        if begun is None:
            refuse(BUSY)
    click.echo("A new master key is in force. The desk seals every value and file anew in the background.")


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def drill(*, as_json: bool) -> None:
    """Prove that no value, key or file needs an older master key; exit code 1 when one does."""
    with open_desk() as services:
        now, kept = _status(services), _files(services)
    _print(now, kept, as_json=as_json)
    if not (now.is_clean and _are_clean(kept)):
        raise SystemExit(BAD_DATA)


@keys.command()
def retire() -> None:
    """Delete the older master keys from the data folder, when nothing needs them any more."""
    with open_desk() as services:
        masters = master_keys(services.settings)
        with write(services, actor=CLI_ACTOR) as work:
            if key_status(work.session).older == 0:
                drop_old_keys(work)
        if not (_status(services).is_clean and _are_clean(_files(services))):
            refuse("Values, keys or files still need an older master key; `caredesk keys drill` counts them.")
        gone = masters.drop_older() if isinstance(masters, FolderKeys) else []
    click.echo(f"{len(gone)} older master keys deleted.")


def _status(services: Services) -> KeyStatus:
    with read(services) as session:
        return key_status(session)


def _files(services: Services) -> Counter[str]:
    """Return how many files are kept by which key. Reads the head of each: a million take a minute."""
    return Counter(services.files.standings()) + Counter(services.recordings.standings())


def _are_clean(kept: Counter[str]) -> bool:
    return not (kept["plain"] or kept["first"] or kept["older"])


def _print(found: KeyStatus, kept: Counter[str], *, as_json: bool) -> None:
    if as_json:
        files = {name: kept[name] for name in STANDINGS}
        print_json(_as_json(found) | {"files": files, "is_clean": found.is_clean and _are_clean(kept)})
        return
    counted = (("plain", found.plain), ("in force", found.in_force), ("older", found.older), ("lost", found.lost))
    for name, count in counted:
        click.echo(f"values {name:<10} {count:>8}")
    click.echo(f"keys {'older':<12} {found.old_keys:>8}")
    for name in STANDINGS:
        click.echo(f"files {name.replace('_', ' '):<11} {kept[name]:>8}")
    if found.last_round is not None:
        ended = "ended" if found.last_round.ended_at else "on its way"
        click.echo(f"last round: {found.last_round.kind}, {found.last_round.done} of {found.last_round.total}, {ended}")


def _as_json(found: KeyStatus) -> dict[str, Any]:
    counts = {name: value for name, value in asdict(found).items() if name != "last_round"}
    last = found.last_round
    told = last and {"kind": last.kind, "done": last.done, "total": last.total, "ended_at": last.ended_at}
    return {**counts, "is_clean": found.is_clean, "last_round": told}
