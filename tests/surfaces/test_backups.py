"""Backups: made while the desk runs, checked, restored on a clean machine; what is broken is refused in words (B64)."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyrage
import pytest
from alembic import command
from sqlalchemy import text

from caredesk.infra.backup import making
from caredesk.infra.backup.archive import MANIFEST, SIGNATURE, is_safe
from caredesk.infra.backup.faults import SENTENCES, BackupFault
from caredesk.infra.backup.sealing import new_pair, opened, sealed
from caredesk.infra.backup.source import UNFINISHED, Source
from caredesk.infra.backup.stores import counted_in
from caredesk.infra.engine import open_store
from caredesk.infra.schema import _config, is_current
from tests.fixtures.backing import PICTURE, Backed
from tests.fixtures.desk import MONDAY_MORNING, kept_files, kept_recordings


def refused(code: str) -> pytest.RaisesContext[BackupFault]:  # type: ignore[name-defined]
    return pytest.raises(BackupFault, match=f"^{SENTENCES[code][:30]}")


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder by name; nothing when it is not there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---- making and restoring --------------------------------------------------------------------------------


def test_a_desk_comes_back_on_a_clean_machine_as_it_was(backed: Backed) -> None:
    made = backed.make()
    clean = backed.make_clean("clean")
    done = backed.restore(clean, label=made)
    assert done.aside is None
    assert counted_in(clean.database_url).counts == counted_in(backed.source.database_url).counts
    assert kept_files(clean.folder).get(PICTURE) == b"a picture" * 20_000
    voices = kept_recordings(clean.folder)
    assert b"".join(voices.read("recording-0001", start=0, stop=210_000)) == b"a voice" * 30_000
    assert (clean.folder / "secrets" / "audit").read_text() == (backed.source.folder / "secrets" / "audit").read_text()
    assert (clean.folder / "secrets" / "audit").stat().st_mode & 0o077 == 0


def test_the_desk_goes_on_while_a_backup_is_made(backed: Backed, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_to = type(backed.source.rows()).copy_to

    def copied_in_between(rows: object, target: Path) -> object:
        counted = copy_to(rows, target)  # type: ignore[arg-type]
        backed.desk.visit()
        return counted

    monkeypatch.setattr(type(backed.source.rows()), "copy_to", copied_in_between)
    before = counted_in(backed.source.database_url).counts
    made = backed.make()
    manifest = making.verify_backup(backed.place, name=made.name, secret=backed.secret, now=MONDAY_MORNING)
    assert manifest.counts == before
    assert counted_in(backed.source.database_url).counts["visitor"] == before["visitor"] + 1


def test_a_backup_says_what_is_in_it_and_that_it_was_checked(backed: Backed) -> None:
    made = backed.make()
    assert backed.place.labels()[0].verified_at is None
    manifest = making.verify_backup(
        backed.place, name=made.name, secret=backed.secret, now=MONDAY_MORNING,
        public=backed.source.own_signer(),
    )  # fmt: skip
    label = making.find_label(backed.place, name="latest")
    assert (label.name, label.verified_at) == (made.name, MONDAY_MORNING)
    assert manifest.audit_number == counted_in(backed.source.database_url).audit_number
    assert manifest.audit_number >= manifest.anchor_number > 0
    assert backed.file(made).stat().st_size == label.size


def test_nothing_of_a_family_lies_in_a_backup_in_the_clear(backed: Backed) -> None:
    visitor = backed.desk.visit().visitor.id
    backed.desk.say(visitor, "孩子的快递到哪里了")
    made = backed.make()
    with gzip_of(backed, made) as rows:
        assert "孩子的快递到哪里了".encode() in rows.read()
    assert "孩子的快递到哪里了".encode() not in backed.file(made).read_bytes()
    assert not list(backed.source.folder.glob(".backup-work*"))


def gzip_of(backed: Backed, label: object) -> gzip.GzipFile:
    """Open the rows of a backup without caredesk: age, tar and gzip are enough."""
    plain = pyrage.decrypt(
        backed.file(label).read_bytes(), [pyrage.x25519.Identity.from_str(backed.secret)]  # type: ignore[arg-type]
    )  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        names = tar.getnames()
        assert names[-2:] == [MANIFEST, SIGNATURE]
        taken = tar.extractfile(next(name for name in names if name.startswith("database.")))
        assert taken is not None
        return gzip.GzipFile(fileobj=io.BytesIO(taken.read()))


def test_a_desk_that_is_there_is_replaced_only_when_told_so_and_kept_aside(backed: Backed) -> None:
    made = backed.make()
    target = backed.make_clean("target")
    backed.restore(target, label=made)
    (target.folder / "files" / "later").write_bytes(b"later")
    before = files_of(target.folder)
    with refused("not_empty"):
        backed.restore(target, label=made)
    assert files_of(target.folder) == before
    done = backed.restore(target, label=made, replaces=True)
    assert done.aside is not None
    assert (done.aside / "files" / "later").read_bytes() == b"later"
    assert not (target.folder / "files" / "later").exists()


def test_a_running_desk_is_never_restored_over(backed: Backed) -> None:
    made = backed.make()
    with backed.desk.read(), refused("desk_runs"):
        backed.restore(backed.source, label=made, replaces=True)
    assert backed.desk.visit()


def test_an_older_schema_is_migrated_after_the_restore(backed: Backed) -> None:
    store = backed.desk.services.store
    with store.engine.connect().execution_options(writes=True) as connection:
        command.downgrade(_config(connection), "-1")
        connection.commit()
    made = backed.make()
    clean = backed.make_clean("older")
    backed.restore(clean, label=made)
    restored = open_store(clean.database_url)
    with restored.engine.connect() as connection:
        assert is_current(connection)
    restored.engine.dispose()


def test_a_newer_schema_is_refused_before_anything_is_touched(backed: Backed) -> None:
    with backed.desk.services.store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.commit()
    made = backed.make()
    clean = backed.make_clean("newer")
    with refused("newer_schema"):
        backed.restore(clean, label=made)
    assert files_of(clean.folder) == {}


# ---- what is broken --------------------------------------------------------------------------------------

BREAKS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut off": (lambda sealed: sealed[: len(sealed) // 2], "not_whole"),
    "cut off at its end": (lambda sealed: sealed[:-1], "not_whole"),
    "one bit turned": (lambda sealed: sealed[:-900] + bytes([sealed[-900] ^ 1]) + sealed[-899:], "not_whole"),
    "empty": (lambda _sealed: b"", "not_whole"),
    "something else": (lambda _sealed: b"no backup at all" * 100, "not_whole"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_backup_is_refused_and_nothing_is_touched(backed: Backed, name: str) -> None:
    change, code = BREAKS[name]
    made = backed.make()
    backed.file(made).write_bytes(change(backed.file(made).read_bytes()))
    clean = backed.make_clean("broken")
    with refused(code):
        making.verify_backup(backed.place, name=made.name, secret=backed.secret, now=MONDAY_MORNING)
    with refused(code):
        backed.restore(clean, label=made)
    assert files_of(clean.folder) == {}
    assert backed.place.labels()[0].verified_at is None


def test_another_secret_key_does_not_open_it(backed: Backed) -> None:
    made = backed.make()
    other, _ = new_pair()
    with refused("wrong_secret"):
        making.verify_backup(backed.place, name=made.name, secret=other, now=MONDAY_MORNING)
    with refused("bad_secret"):
        making.verify_backup(backed.place, name=made.name, secret="AGE-SECRET-KEY-1NONE", now=MONDAY_MORNING)


def test_who_has_the_public_key_alone_cannot_forge_one(backed: Backed) -> None:
    made = backed.make()
    with backed.file(made).open("rb") as file, opened(file, secret=backed.secret) as plain:
        content = b"".join(iter(lambda: plain.read(65_536), b""))
    forged = content.replace(b'"version": "0.', b'"version": "9.')
    with sealed(iter([forged]), public=made.public_key) as stream:
        backed.file(made).write_bytes(b"".join(iter(lambda: stream.read(65_536), b"")))
    with refused("wrong_signature"):
        making.verify_backup(backed.place, name=made.name, secret=backed.secret, now=MONDAY_MORNING)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "data/../../outside", "", "data\\..\\x"])
def test_a_name_that_leads_outside_is_no_name(name: str) -> None:
    assert not is_safe(name)
    assert is_safe("data/files/de/0190a0a0")


def test_a_full_disk_leaves_nothing_behind(backed: Backed, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> Iterator[None]:
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setattr(Source, "files", lambda _source: full())
    with refused("disk_full"):
        backed.make()
    assert files_of(backed.place.folder) == {}
    assert not list(backed.source.folder.glob(".backup-work*"))


def test_what_a_killed_one_left_is_gone_with_the_next(backed: Backed) -> None:
    backed.place.folder.mkdir(parents=True)
    (backed.place.folder / ".caredesk-20260101T000000Z-dead.tar.age.part").write_bytes(b"half")
    (backed.source.folder / ".backup-work").mkdir()
    (backed.source.folder / ".backup-work" / "database.sqlite3.gz").write_bytes(b"half")
    made = backed.make()
    assert set(files_of(backed.place.folder)) == {made.name, f"{made.name}.json"}


def test_a_restore_that_was_cut_off_can_be_done_again(backed: Backed) -> None:
    made = backed.make()
    target = backed.make_clean("again")
    backed.restore(target, label=made)
    (target.folder / UNFINISHED).touch()
    backed.restore(target, label=made)
    assert not (target.folder / UNFINISHED).exists()


def test_two_backups_are_not_made_at_once(backed: Backed) -> None:
    with backed.source.work_folder(), refused("busy"):
        backed.make()


def test_without_a_key_no_backup_is_made(backed: Backed) -> None:
    (backed.source.folder / "backup_key.pub").unlink()
    with refused("no_key"):
        backed.make()


# ---- drills ----------------------------------------------------------------------------------------------


def test_a_drill_restores_and_compares_everything(backed: Backed, tmp_path: Path) -> None:
    made = backed.make()
    (tmp_path / "scratch").mkdir()
    drilled = backed.drill(made, scratch=tmp_path / "scratch")
    assert drilled.passed
    assert drilled.audit.outcome.checked == drilled.manifest.audit_number
    assert drilled.audit.anchors == 1


def test_a_drill_finds_an_audit_that_was_changed_before_the_backup(backed: Backed, tmp_path: Path) -> None:
    store = backed.desk.services.store
    with store.writing() as session:
        if store.engine.dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_entry_no_update"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE audit_entry SET subject = 'x' WHERE number = 1"))
        session.commit()
    made = backed.make()
    (tmp_path / "scratch").mkdir()
    drilled = backed.drill(made, scratch=tmp_path / "scratch")
    assert not drilled.passed
    assert drilled.audit.outcome.broken is not None
