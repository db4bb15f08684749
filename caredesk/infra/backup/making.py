"""Making a backup while the desk runs, and checking one that is there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from caredesk import __version__
from caredesk.core.ids import new_id
from caredesk.infra.backup.archive import DATA, DATABASE, Manifest, Member, packed, unpacked
from caredesk.infra.backup.faults import BackupFault, told_plainly
from caredesk.infra.backup.places import ENDING, Label, Place
from caredesk.infra.backup.sealing import opened, sealed
from caredesk.infra.backup.source import ANCHORS, Source


def make_backup(source: Source, *, now: datetime) -> Label:
    """Make a backup of a desk that may be running; it is in its place whole, or not at all."""
    public = source.public_key()
    if not public:
        raise BackupFault("no_key")
    place = source.place()
    name = f"caredesk-{now:%Y%m%dT%H%M%SZ}-{new_id()[-4:]}{ENDING}"
    with source.work_folder() as work, told_plainly(otherwise="unwritable"):
        # Anchors first: an anchor in the file that the copied rows do not reach would look like a chain that was cut.
        anchors = _copied_anchors(source, work=work)
        rows = source.rows()
        database = work / DATABASE[rows.kind]
        counted = rows.copy_to(database)
        manifest = Manifest(now, __version__, store=rows.kind, **vars(counted))
        members = _members(source, database=Member(database.name, database), anchors=anchors)
        pieces = packed(members, manifest=manifest, private=source.signing_key())
        with sealed(pieces, public=public) as stream:
            size, digest = place.keep(name, stream)
    label = Label(name, now, __version__, manifest.revision, manifest.store, size, digest, public)
    place.put_label(label)
    return label


def _copied_anchors(source: Source, *, work: Path) -> Member | None:
    file = source.folder / ANCHORS
    if not file.exists():
        return None
    shutil.copyfile(file, work / ANCHORS.name)
    return Member(DATA + ANCHORS.as_posix(), work / ANCHORS.name)


def _members(source: Source, *, database: Member, anchors: Member | None) -> Iterator[Member]:
    yield database
    yield source.written_settings()
    if anchors is not None:
        yield anchors
    # Pictures and recordings are on disk before their rows, so that what the rows name is found behind them.
    yield from (one for one in source.files() if one.name != DATA + ANCHORS.as_posix())


def verify_backup(place: Place, *, name: str, secret: str, now: datetime, public: str = "") -> Manifest:
    """Read a backup to its end and check every sum; note on its label that it was. `public`: who must have made it."""
    with place.open(name) as file, opened(file, secret=secret) as plain:
        manifest = unpacked(plain, folder=None, public=public)
    label = find_label(place, name=name)
    place.put_label(replace(label, verified_at=now))
    return manifest


def find_label(place: Place, *, name: str) -> Label:
    """Return what is known of a backup; `latest` is the newest."""
    labels = place.labels()
    if name == "latest":
        if not labels:
            raise BackupFault("no_backup")
        return labels[0]
    found = next((label for label in labels if label.name == name), None)
    if found is None:
        raise BackupFault("no_such_backup")
    return found
