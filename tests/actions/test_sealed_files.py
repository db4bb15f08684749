"""Recordings at rest can be read in part by the desk, by nobody else, and not at all when anything was changed."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from caredesk.core.ids import new_id
from caredesk.infra.master_keys import GivenKeys
from caredesk.infra.sealed_files import SHELVES, SealedFolder
from caredesk.infra.sealed_stream import CHUNK, HEAD, SLOT, TAG
from caredesk.telephony.recording_errors import RecordingNotFound, RecordingUnreadable

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17]


@pytest.fixture
def folder(tmp_path: Path) -> SealedFolder:
    return SealedFolder(tmp_path / "recordings", masters=GivenKeys(["a-master-key"]))


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
    stranger = SealedFolder(tmp_path / "recordings", masters=GivenKeys(["another-master-key"]))
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


# ---- keys of older times ---------------------------------------------------------------------------------

OLD, NEW = "a-master-key", "a-newer-master-key"


def folder_of(tmp_path: Path, *secrets: str, **options: object) -> SealedFolder:
    return SealedFolder(tmp_path / "recordings", masters=GivenKeys(list(secrets)), **options)  # type: ignore[arg-type]


def reseal_all(folder: SealedFolder) -> int:
    return sum(folder.reseal(shelf).done for shelf in range(SHELVES))


def kept_by_the_first_format(tmp_path: Path, name: str, whole: bytes) -> None:
    """Keep a file as the releases before did: one key for all, chunk by chunk."""
    key = HKDF(SHA256(), 32, salt=None, info=b"caredesk recordings").derive(b"the-first-secret")
    prefix, cipher = bytes(7), AESGCM(key)
    chunks = [whole[start : start + CHUNK] for start in range(0, len(whole), CHUNK)]
    sealed = [
        cipher.encrypt(prefix + number.to_bytes(4, "big") + bytes([number == len(chunks) - 1]), chunk, name.encode())
        for number, chunk in enumerate(chunks)
    ]
    path = folder_of(tmp_path, OLD).path(name)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"CDSF1" + sha256(b"key id" + key).digest()[:8] + prefix + b"".join(sealed))


def test_a_new_master_key_wraps_each_files_key_and_writes_no_chunk(tmp_path: Path) -> None:
    name, whole = new_id(), content(2 * CHUNK + 5)
    folder_of(tmp_path, OLD).keep(name, [whole])
    chunks = sealed_file(tmp_path, name).read_bytes()[HEAD:]

    rotated = folder_of(tmp_path, NEW, OLD)
    assert rotated.standings() == {"older": 1}
    assert (reseal_all(rotated), reseal_all(rotated)) == (1, 0)

    after = folder_of(tmp_path, NEW)
    assert after.standings() == {"in_force": 1}
    assert read(after, name, stop=len(whole)) == whole
    assert sealed_file(tmp_path, name).read_bytes()[HEAD:] == chunks
    with pytest.raises(RecordingUnreadable):
        read(folder_of(tmp_path, OLD), name, stop=1)


@pytest.mark.parametrize("killed_after", ["the new slot", "half of the new slot"])
def test_a_rotation_that_was_killed_leaves_a_file_that_opens_and_is_finished(tmp_path: Path, killed_after: str) -> None:
    name, whole = new_id(), content(500)
    folder_of(tmp_path, OLD).keep(name, [whole])
    before = sealed_file(tmp_path, name).read_bytes()
    reseal_all(folder_of(tmp_path, NEW, OLD))
    done = sealed_file(tmp_path, name).read_bytes()
    first, second = slice(5, 5 + SLOT), slice(5 + SLOT, 5 + 2 * SLOT)
    written = done[second] if killed_after == "the new slot" else done[second][:30] + bytes(SLOT - 30)
    sealed_file(tmp_path, name).write_bytes(before[:5] + before[first] + written + before[5 + 2 * SLOT :])

    rotated = folder_of(tmp_path, NEW, OLD)
    assert read(rotated, name, stop=500) == whole
    assert rotated.standings() == {"older": 1}
    reseal_all(rotated)
    assert folder_of(tmp_path, NEW).standings() == {"in_force": 1}
    assert read(folder_of(tmp_path, NEW), name, stop=500) == whole


def test_what_older_releases_have_sealed_is_read_and_gets_a_key_of_its_own(tmp_path: Path) -> None:
    name, whole = new_id(), content(2 * CHUNK + 9)
    kept_by_the_first_format(tmp_path, name, whole)
    folder = folder_of(tmp_path, NEW, secret="the-first-secret")
    assert folder.standings() == {"first": 1}
    assert read(folder, name, start=CHUNK - 1, stop=CHUNK + 3) == whole[CHUNK - 1 : CHUNK + 3]

    reseal_all(folder)

    assert folder_of(tmp_path, NEW).standings() == {"in_force": 1}
    assert read(folder_of(tmp_path, NEW), name, stop=len(whole)) == whole


def test_what_lay_in_the_clear_is_sealed_only_where_files_once_did(tmp_path: Path) -> None:
    name = new_id()
    path = folder_of(tmp_path, NEW).path(name)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a child's picture" * 5000)
    assert folder_of(tmp_path, NEW).standings() == {"lost": 1}
    assert reseal_all(folder_of(tmp_path, NEW)) == 0

    reseal_all(folder_of(tmp_path, NEW, was_plain=True))

    assert b"child" not in path.read_bytes()
    assert read(folder_of(tmp_path, NEW), name, stop=85_000) == b"a child's picture" * 5000


def test_a_file_whose_key_is_not_here_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    name = new_id()
    folder_of(tmp_path, OLD).keep(name, [b"x"])
    before = sealed_file(tmp_path, name).read_bytes()
    stranger = folder_of(tmp_path, "another")
    assert stranger.standings() == {"lost": 1}
    assert reseal_all(stranger) == 0
    assert sealed_file(tmp_path, name).read_bytes() == before
