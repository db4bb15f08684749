"""Putting a backup in the place of a desk, and drilling that: everything is checked before anything is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter

from caredesk.actions.audit_checks import Checked, Keys, check_chain
from caredesk.core.ids import new_id
from caredesk.infra.anchors import read_anchors
from caredesk.infra.backup.archive import DATA, DATABASE, SETTINGS, Manifest, unpacked
from caredesk.infra.backup.faults import BackupFault, told_plainly
from caredesk.infra.backup.places import Place
from caredesk.infra.backup.sealing import opened
from caredesk.infra.backup.source import ANCHORS, DATABASE_FILE, UNFINISHED, Source
from caredesk.infra.backup.stores import PostgresRows, Rows, SqliteRows, counted_in, unpack_sqlite
from caredesk.infra.engine import open_store
from caredesk.infra.schema import knows, migrate
from caredesk.settings import Settings

STAGED = ".restoring"
ASIDE = ".before-restore"


@dataclass(frozen=True)
class Restored:
    """What was put back, and where what was there before is kept; None when nothing was."""

    manifest: Manifest
    aside: Path | None


@dataclass(frozen=True)
class Drilled:
    """What a drill has shown. `seconds`: until the restored desk was whole and checked, the recovery time."""

    manifest: Manifest
    seconds: float
    wrong_tables: list[str]
    audit: Checked

    @property
    def passed(self) -> bool:
        """Whether the restored rows are those that were counted, and the audit's chain is whole."""
        return not self.wrong_tables and self.audit.outcome.broken is None


def restore_backup(
    source: Source, *, place: Place, name: str, secret: str, now: datetime, replaces: bool = False, public: str = ""
) -> Restored:
    """Put a backup where the settings say that the desk is, and bring it to this version's schema.

    A desk that is there is refused unless `replaces`, and a running one always; its files are moved aside, not deleted.
    """
    rows = source.rows()
    _refuse_what_is_there(source, rows=rows, replaces=replaces)
    with _staged(source.folder) as stage, told_plainly(otherwise="unwritable"):
        manifest = _unpack(place, name=name, secret=secret, stage=stage, public=public)
        if manifest.store != rows.kind:
            raise BackupFault("other_store")
        # Again, for a large backup took its time, and somebody may have started the desk.
        _refuse_what_is_there(source, rows=rows, replaces=replaces)
        (source.folder / UNFINISHED).touch()
        if isinstance(rows, PostgresRows):
            rows.load(stage / DATABASE["postgresql"])
        aside = _swap(source, stage=stage, now=now)
        (source.folder / UNFINISHED).unlink()
    _bring_up_to_date(source.database_url)
    return Restored(manifest, aside)


def drill_backup(source: Source, *, place: Place, name: str, secret: str, scratch: Path) -> Drilled:
    """Restore a backup into a scratch place, compare it with what was counted, and check the audit's chain.

    `scratch` is an empty folder; on PostgreSQL a database of its own is made beside the desk's, and dropped.
    """
    began = perf_counter()
    manifest = _unpack(place, name=name, secret=secret, stage=scratch, public=source.own_signer())
    rows = source.rows()
    if manifest.store == "sqlite":
        file = scratch / DATABASE_FILE
        return _judged(f"sqlite:///{file}", manifest=manifest, scratch=scratch, source=source, began=began)
    if not isinstance(rows, PostgresRows):
        raise BackupFault("other_store")
    with rows.scratch(f"caredesk_drill_{new_id()[-12:]}") as made:
        made.load(scratch / DATABASE["postgresql"])
        return _judged(made.url, manifest=manifest, scratch=scratch, source=source, began=began)


def _judged(url: str, *, manifest: Manifest, scratch: Path, source: Source, began: float) -> Drilled:
    found = counted_in(url).counts
    names = {*found, *manifest.counts}
    wrong = sorted(table for table in names if found.get(table) != manifest.counts.get(table))
    _bring_up_to_date(url)
    store = open_store(url)
    # On a clean machine there is only the key that came with the backup.
    public = source.own_signer() or Source(Settings(data_dir=scratch / DATA)).own_signer()
    keys = Keys(public, anchors=list(read_anchors(scratch / DATA / ANCHORS)))
    try:
        with store.reading() as session:
            checked = check_chain(session, keys=keys)
    finally:
        store.engine.dispose()
    return Drilled(manifest, perf_counter() - began, wrong, checked)


def _refuse_what_is_there(source: Source, *, rows: Rows, replaces: bool) -> None:
    if rows.in_use():
        raise BackupFault("desk_runs")
    is_empty = rows.is_empty() and not any(True for _ in source.files())
    if not is_empty and not replaces and not (source.folder / UNFINISHED).exists():
        raise BackupFault("not_empty")


def _unpack(place: Place, *, name: str, secret: str, stage: Path, public: str) -> Manifest:
    """Put a backup's files into a folder and check all that can be checked without touching a desk."""
    with place.open(name) as file, opened(file, secret=secret) as plain:
        manifest = unpacked(plain, folder=stage, public=public)
    if not knows(manifest.revision):
        raise BackupFault("newer_schema", detail=f"{manifest.version}, {manifest.revision}")
    database = DATABASE[manifest.store]
    if database not in manifest.members:
        raise BackupFault("not_a_backup")
    if manifest.store == "sqlite":
        unpack_sqlite(stage / database, target=stage / DATABASE_FILE)
        if counted_in(f"sqlite:///{stage / DATABASE_FILE}").counts != manifest.counts:
            raise BackupFault("database_failed")
    return manifest


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """Return an empty folder inside of the data folder: from there a rename suffices, also when that is a volume."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.glob(f"{STAGED}-*"):
        shutil.rmtree(left, ignore_errors=True)
    stage = folder / f"{STAGED}-{new_id()[-8:]}"
    stage.mkdir(mode=0o700)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _swap(source: Source, *, stage: Path, now: datetime) -> Path | None:
    """Move what is there aside and what was staged into its place; each is a rename."""
    folder = source.folder
    old = [path for path in folder.iterdir() if _belongs_to_desk(path, source=source)]
    rows = source.rows()
    if isinstance(rows, SqliteRows) and rows.file.parent != folder:
        old += [path for path in rows.file.parent.glob(f"{rows.file.name}*") if path.is_file()]
    aside = folder / f"{ASIDE}-{now:%Y%m%dT%H%M%SZ}-{stage.name[-8:]}" if old else None
    if aside is not None:
        aside.mkdir(mode=0o700)
        for path in old:
            shutil.move(path, aside / path.name)
    for path in sorted((stage / DATA).iterdir()) if (stage / DATA).exists() else []:
        path.rename(folder / path.name)
    (stage / SETTINGS).rename(folder / ".settings-at-backup.env")
    if isinstance(rows, SqliteRows):
        rows.file.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(stage / DATABASE_FILE, rows.file)
    _sync(folder)
    return aside


def _belongs_to_desk(path: Path, *, source: Source) -> bool:
    return not path.name.startswith(".") and path != source.backup_folder


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _bring_up_to_date(url: str) -> None:
    store = open_store(url)
    try:
        migrate(store)
    finally:
        store.engine.dispose()
