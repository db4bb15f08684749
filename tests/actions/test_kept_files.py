"""Pictures and other kept files: sealed on disk, sealed anew by a job that may be killed, and never half there."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from caredesk.actions.file_keys import begin_sealing
from caredesk.core.errors import FilesFull, FileUnreadable, NotFound
from caredesk.core.ids import new_id
from caredesk.infra import sealed_files
from caredesk.infra.files import by_end
from caredesk.infra.master_keys import GivenKeys
from caredesk.infra.runner import Runner
from tests.fixtures.desk import DeskForTests, kept_files, kept_recordings

RASH = b"\x89PNG a picture of a rash" * 400


def on_disk(desk: DeskForTests, folder: str = "files") -> list[Path]:
    return [path for path in (desk.services.settings.data_dir / folder).rglob("*") if path.is_file()]


def test_a_file_is_read_again_and_lies_sealed_for_the_owner_alone(desk: DeskForTests) -> None:
    name = new_id()
    desk.services.files.put(name, RASH)
    (path,) = on_disk(desk)
    assert desk.services.files.get(name) == RASH
    assert b"rash" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_changed_is_not_shown(desk: DeskForTests) -> None:
    name = new_id()
    desk.services.files.put(name, RASH)
    (path,) = on_disk(desk)
    stored = path.read_bytes()
    path.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    with pytest.raises(FileUnreadable):
        desk.services.files.get(name)


def test_a_disk_that_is_full_in_the_middle_leaves_nothing(desk: DeskForTests, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(sealed_files.os, "fsync", full)
    with pytest.raises(FilesFull):
        desk.services.files.put(new_id(), RASH)
    assert on_disk(desk) == []


@pytest.mark.parametrize("name", ["../../secrets/identity", "", "a" * 36 + "/..", "x" * 36, "picture.png"])
def test_only_ids_are_names(desk: DeskForTests, name: str) -> None:
    for deed in (desk.services.files.get, desk.services.files.drop, lambda one: desk.services.files.put(one, b"x")):
        with pytest.raises(NotFound):
            deed(name)
    assert on_disk(desk) == []


def test_the_walk_seals_pictures_that_lay_plain_and_rotates_what_is_sealed(desk: DeskForTests) -> None:
    old, plain, voice = new_id(), new_id(), new_id()
    desk.services.files.put(old, RASH)
    desk.services.recordings.keep(voice, [b"a voice" * 100])
    lay = desk.services.settings.data_dir / "files" / by_end(plain) / plain
    lay.parent.mkdir(exist_ok=True)
    lay.write_bytes(RASH)
    assert desk.services.files.get(plain) == RASH

    newest = GivenKeys(["the-newest", "a-master-key-that-only-tests-know"])
    data = desk.services.settings.data_dir
    rotated = replace(
        desk.services, files=kept_files(data, masters=newest), recordings=kept_recordings(data, masters=newest)
    )
    with desk.write() as work:
        begin_sealing(work)
    Runner(rotated, kinds=desk.runner._kinds).run_due()

    alone = GivenKeys(["the-newest"])
    files, recordings = kept_files(data, masters=alone), kept_recordings(data, masters=alone)
    assert (files.standings(), recordings.standings()) == ({"in_force": 2}, {"in_force": 1})
    assert files.get(old) == files.get(plain) == RASH
    assert b"".join(recordings.read(voice, start=0, stop=700)) == b"a voice" * 100
    assert b"rash" not in lay.read_bytes()
