"""Recordings at rest can be read in part by the desk, by nobody else, and not at all when anything was changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from caredesk.core.ids import new_id
from caredesk.infra.sealed_files import CHUNK, HEAD, TAG, SealedFolder
from caredesk.telephony.recording_errors import RecordingNotFound, RecordingUnreadable

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17]


@pytest.fixture
def folder(tmp_path: Path) -> SealedFolder:
    return SealedFolder(tmp_path / "recordings", secret="a-secret-that-only-tests-know")


def content(size: int) -> bytes:
    return bytes(index * 7 % 251 for index in range(size))


def pieces(whole: bytes, *, of: int = 10_000) -> Iterator[bytes]:
    return (whole[start : start + of] for start in range(0, len(whole), of))


def read(folder: SealedFolder, name: str, *, start: int = 0, stop: int) -> bytes:
    return b"".join(folder.read(name, start=start, stop=stop))


def sealed_file(tmp_path: Path, name: str) -> Path:
    (found,) = (tmp_path / "recordings").glob(f"*/{name}")
    return found


@pytest.mark.parametrize("size", SIZES)
def test_what_was_kept_is_read_again(folder: SealedFolder, size: int) -> None:
    name, whole = new_id(), content(size)
    assert folder.keep(name, pieces(whole)) == size
    assert read(folder, name, stop=size) == whole


@pytest.mark.parametrize("start", [0, 1, CHUNK - 1, CHUNK, CHUNK + 5, 2 * CHUNK + 100])
@pytest.mark.parametrize("length", [1, 50, CHUNK, CHUNK + 30])
def test_any_part_can_be_read(folder: SealedFolder, start: int, length: int) -> None:
    name, whole = new_id(), content(4 * CHUNK)
    folder.keep(name, [whole])
    assert read(folder, name, start=start, stop=start + length) == whole[start : start + length]


def test_nothing_lies_there_in_the_clear(folder: SealedFolder, tmp_path: Path) -> None:
    name = new_id()
    folder.keep(name, [b"RIFF", b"a mother's voice" * 5000])
    stored = sealed_file(tmp_path, name).read_bytes()
    assert b"RIFF" not in stored and b"mother" not in stored


def test_recordings_are_spread_over_folders_that_are_the_owners_alone(folder: SealedFolder, tmp_path: Path) -> None:
    names = [f"{new_id()}-r" for _ in range(20)]
    for name in names:
        folder.keep(name, [b"x"])
    files = [sealed_file(tmp_path, name) for name in names]
    assert len({file.parent for file in files}) > 5
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_same_recording_twice_looks_different(folder: SealedFolder, tmp_path: Path) -> None:
    names = new_id(), new_id()
    for name in names:
        folder.keep(name, [content(500)])
    first, second = (sealed_file(tmp_path, name).read_bytes() for name in names)
    assert first[HEAD:] != second[HEAD:]


def flipped(stored: bytes) -> bytes:
    return stored[:-30] + bytes([stored[-30] ^ 1]) + stored[-29:]


def shortened(stored: bytes) -> bytes:
    return stored[: HEAD + 2 * (CHUNK + TAG)]


def reordered(stored: bytes) -> bytes:
    step = CHUNK + TAG
    body = stored[HEAD:]
    return stored[:HEAD] + body[step : 2 * step] + body[:step] + body[2 * step :]


def beheaded(stored: bytes) -> bytes:
    return stored[:10]


@pytest.mark.parametrize("change", [flipped, shortened, reordered, beheaded])
def test_a_file_that_was_tampered_with_is_not_played(folder: SealedFolder, tmp_path: Path, change: object) -> None:
    name = new_id()
    folder.keep(name, [content(3 * CHUNK)])
    path = sealed_file(tmp_path, name)
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(RecordingUnreadable):
        read(folder, name, stop=3 * CHUNK)


def test_a_file_under_another_recordings_name_is_not_played(folder: SealedFolder, tmp_path: Path) -> None:
    mine, other = new_id(), new_id()
    for name in (mine, other):
        folder.keep(name, [content(100)])
    sealed_file(tmp_path, mine).write_bytes(sealed_file(tmp_path, other).read_bytes())
    with pytest.raises(RecordingUnreadable):
        read(folder, mine, stop=100)


def test_another_key_opens_nothing(folder: SealedFolder, tmp_path: Path) -> None:
    name = new_id()
    folder.keep(name, [content(100)])
    stranger = SealedFolder(tmp_path / "recordings", secret="another secret")
    assert stranger.key_id != folder.key_id
    with pytest.raises(RecordingUnreadable):
        stranger.read(name, start=0, stop=100)


def test_a_broken_transfer_leaves_nothing_behind(folder: SealedFolder, tmp_path: Path) -> None:
    def breaks() -> Iterator[bytes]:
        yield content(CHUNK * 2)
        raise OSError("the line broke")

    with pytest.raises(OSError, match="broke"):
        folder.keep(new_id(), breaks())
    assert [path for path in (tmp_path / "recordings").rglob("*") if path.is_file()] == []


def test_a_dropped_file_is_gone_and_may_be_dropped_again(folder: SealedFolder) -> None:
    name = new_id()
    folder.keep(name, [b"x"])
    folder.drop(name)
    folder.drop(name)
    with pytest.raises(RecordingNotFound):
        folder.read(name, start=0, stop=1)


@pytest.mark.parametrize("name", ["../../secrets/hotline", "", "a/b", "x", "." * 40])
def test_only_ids_are_names(folder: SealedFolder, name: str) -> None:
    with pytest.raises(RecordingNotFound):
        folder.keep(name, [b"x"])
