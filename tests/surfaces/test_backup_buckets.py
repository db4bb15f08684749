"""Backups in a bucket of a real storage: whole or not listed, whatever breaks; what is wrong is told in words."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caredesk.cli.main import main
from caredesk.core.clock import SystemClock
from caredesk.infra.backup.faults import SENTENCES, BackupFault
from caredesk.infra.backup.keeper import Keeper
from caredesk.infra.backup.places import Label
from caredesk.infra.backup.s3_place import BucketPlace, Lock
from caredesk.infra.backup.sealing import new_pair, opened, sealed
from caredesk.infra.backup.source import PUBLIC_KEY, Source
from caredesk.settings import Settings
from tests.fixtures.backing import Backed
from tests.fixtures.desk import MONDAY_MORNING
from tests.fixtures.storage import KEY_ID, PART, SECRET, Line, Storage, line_to, place_at, storing

NAME = "caredesk-20261123T020000Z-abcd.tar.age"
AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
CONTENT = bytes(range(251)) * (3 * PART // 251) + b"the rest"
"""Two whole parts and a bit of the third."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    folder = tmp_path_factory.mktemp("storage") / "buckets"
    folder.mkdir()
    with storing(folder) as port:
        yield port, folder


@pytest.fixture
def storage(running: tuple[int, Path]) -> Storage:
    """Return the running storage with an empty bucket of the test's own."""
    port, folder = running
    bucket = folder / f"backups-{len(list(folder.iterdir()))}"
    bucket.mkdir()
    return Storage(port, bucket)


@pytest.fixture
def line(storage: Storage) -> Iterator[Line]:
    with line_to(storage.port) as made:
        yield made


def kept(place: BucketPlace, *, content: bytes = CONTENT, name: str = NAME) -> Label:
    """Keep some bytes as a backup, with its label."""
    size, digest = place.keep(name, io.BytesIO(content))
    label = Label(name, AT, "1", "0001", "sqlite", size, digest, "age1")
    place.put_label(label)
    return label


def refused(code: str) -> pytest.RaisesContext[BackupFault]:  # type: ignore[name-defined]
    return pytest.raises(BackupFault, match=f"^{SENTENCES[code][:30]}")


# ---- a desk ----------------------------------------------------------------------------------------------


@dataclass
class Terminal:
    """Runs commands of one desk whose backups lie in the bucket."""

    settings: Settings
    environment: dict[str, str]

    def run(self, *arguments: str) -> Result:
        own = {
            "CAREDESK_DATABASE_URL": self.settings.database_url,
            "CAREDESK_DATA_DIR": str(self.settings.data_dir),
            "CAREDESK_BACKUP_PG_TOOLS": str(self.settings.backup_pg_tools or ""),
        }
        told = {name: value for name, value in (own | self.environment).items() if value}
        return CliRunner(env=told).invoke(main, ["backup", *arguments])


def in_bucket(storage: Storage, folder: Path) -> dict[str, str]:
    secret = folder / "storage.txt"
    secret.write_text(f"{SECRET}\n", "ascii")
    return {
        "CAREDESK_BACKUP_S3_URL": f"http://127.0.0.1:{storage.port}",
        "CAREDESK_BACKUP_S3_BUCKET": storage.bucket.name,
        "CAREDESK_BACKUP_S3_PREFIX": "hospital/desk-1",
        "CAREDESK_BACKUP_S3_KEY_ID": KEY_ID,
        "CAREDESK_BACKUP_S3_KEY_FILE": str(secret),
        "CAREDESK_BACKUP_S3_REACH": "loopback",
        "CAREDESK_BACKUP_S3_PART_MIB": "5",
    }


def test_a_desk_comes_back_from_a_bucket(backed: Backed, storage: Storage, tmp_path: Path) -> None:
    backed.desk.services.files.put("0190a0a0-0000-7000-8000-0000000b16b1", os.urandom(6_000_000))
    environment = in_bucket(storage, tmp_path) | {"CAREDESK_BACKUP_SECRET": backed.secret}
    desk = Terminal(backed.source.settings, environment)
    made = desk.run("create")
    assert made.exit_code == 0, made.output
    name = made.stdout.split(":")[0]
    assert storage.names() == {f"hospital/desk-1/{name}", f"hospital/desk-1/{name}.json"}
    assert not (backed.source.folder / "backups").exists()
    verified, listed, drilled = desk.run("verify"), desk.run("list"), desk.run("drill")
    assert verified.stdout.startswith(f"{name} is whole")
    assert "not verified" not in listed.stdout and f"the bucket {storage.bucket.name} at 127.0.0.1" in listed.stdout
    assert drilled.stdout.endswith("The drill has passed.\n"), drilled.output
    clean = backed.make_clean("clean")
    back = Terminal(clean.settings, environment).run("restore")
    assert back.exit_code == 0, back.output
    assert (clean.folder / "secrets" / "audit").exists()


def test_what_is_kept_no_longer_is_deleted_in_the_bucket_as_well(
    backed: Backed, storage: Storage, tmp_path: Path
) -> None:
    told = {name.removeprefix("CAREDESK_").lower(): value for name, value in in_bucket(storage, tmp_path).items()}
    kept_so = {"backup_keep_daily": 2, "backup_keep_weekly": 0, "backup_keep_monthly": 0}
    own = backed.source.settings.model_dump(include={"data_dir", "database_url", "backup_pg_tools"})
    settings = Settings(**own, **told, **kept_so)  # type: ignore[arg-type]
    keeper = Keeper(settings)
    for day in range(3):
        outcome = keeper.make(now=MONDAY_MORNING + timedelta(days=day))
        assert outcome is not None and not outcome.fault
    assert [label.made_at.day for label in Source(settings).place().labels()] == [25, 24]
    assert len(storage.names()) == 4


def test_a_bucket_without_its_key_is_told_to_whoever_starts_a_backup(backed: Backed) -> None:
    settings = Settings(data_dir=backed.source.folder, backup_s3_url="https://s3.hospital.example")
    with refused("s3_settings"):
        Source(settings).place()
    assert (backed.source.folder / PUBLIC_KEY).exists()
    outcome = Keeper(settings).make(now=MONDAY_MORNING)
    assert outcome is not None and outcome.fault == "s3_settings"


# ---- what breaks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART])
def test_what_was_kept_is_what_is_read(storage: Storage, size: int) -> None:
    place = place_at(storage.port, name=storage.bucket.name, prefix="/a/desk/")
    label = kept(place, content=CONTENT[:size])
    assert place.open(NAME).read() == CONTENT[:size]
    assert place.labels() == [label]
    place.drop(NAME)
    assert (place.labels(), storage.names()) == ([], set())
    # Dropping what is gone is no fault: a killed retention is done again.
    place.drop(NAME)


@pytest.mark.parametrize("at", range(1, 8, 2))
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_line_that_breaks_once_costs_one_more_try(line: Line, storage: Storage, at: int, way: str) -> None:
    place = place_at(line.port, name=storage.bucket.name)
    line.cuts = [("", 0)] * at + [(way, 100 if way == "down" else 1500)]
    label = kept(place)
    line.cuts = [("down", PART)]
    assert place.open(NAME).read() == CONTENT
    assert place.labels() == [label]


def test_a_storage_that_dies_in_the_middle_leaves_nothing_that_is_listed(line: Line, storage: Storage) -> None:
    class Dying(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= PART:
                line.is_down = True
            return super().read(size)

    waited: list[float] = []
    place = place_at(line.port, name=storage.bucket.name, pause=waited.append)
    with refused("s3_away"):
        place.keep(NAME, Dying(CONTENT))
    assert waited[:3] == [1.0, 3.0, 9.0]
    assert storage.names() == set()
    line.is_down = False
    assert len(place.bucket.uploads("")) == 1
    kept(place, name=NAME.replace("abcd", "beef"))
    assert place.bucket.uploads("") == []


def test_what_fails_while_it_is_made_is_given_up_at_once(storage: Storage) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 2 * PART:
                raise BackupFault("disk_full")
            return super().read(size)

    place = place_at(storage.port, name=storage.bucket.name)
    with refused("disk_full"):
        place.keep(NAME, Full(CONTENT))
    assert (storage.names(), place.bucket.uploads("")) == (set(), [])


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "not_whole": lambda content: content[:-9] + b"something",
    "s3_cut": lambda content: content[:-1],
}


@pytest.mark.parametrize("code", CHANGES)
def test_what_was_changed_at_the_storage_is_not_read_as_a_backup(storage: Storage, code: str) -> None:
    secret, public = new_pair()
    place = place_at(storage.port, name=storage.bucket.name)
    with sealed(iter([CONTENT]), public=public) as stream:
        kept(place, content=stream.read())
    object_there = storage.bucket / NAME
    object_there.write_bytes(CHANGES[code](object_there.read_bytes()))
    with refused(code), opened(place.open(NAME), secret=secret) as plain:
        while plain.read(65_536):
            pass
    assert len(place.labels()) == (1 if code == "not_whole" else 0)


def test_a_label_of_another_backup_lists_nothing(storage: Storage) -> None:
    place = place_at(storage.port, name=storage.bucket.name)
    kept(place)
    there = storage.bucket
    (there / f"other-{NAME}").write_bytes(CONTENT)
    (there / f"other-{NAME}.json").write_bytes((there / f"{NAME}.json").read_bytes())
    (there / f"alone-{NAME}.json").write_bytes((there / f"{NAME}.json").read_bytes())
    (there / f"broken-{NAME}.json").write_bytes(b"{")
    (there / f"broken-{NAME}").write_bytes(b"")
    assert [label.name for label in place.labels()] == [NAME]
    with refused("no_such_backup"):
        place.open(f"other-{NAME}")


class Behind:
    """A clock that is an hour late."""

    def now(self) -> datetime:
        return SystemClock().now() - timedelta(hours=1)


@pytest.mark.parametrize(
    ("told", "code"),
    [({"secret": "another"}, "s3_key"), ({"name": "nowhere"}, "s3_no_bucket"), ({"clock": Behind()}, "s3_clock")],
    ids=["a wrong key", "no such bucket", "a clock that is off"],
)
def test_what_is_wrong_with_the_storage_is_told_in_words(storage: Storage, told: dict[str, object], code: str) -> None:
    place = place_at(storage.port, **{"name": storage.bucket.name, **told})  # type: ignore[arg-type]
    with refused(code):
        place.keep(NAME, io.BytesIO(CONTENT))
    with refused(code):
        place.labels()
    assert storage.names() == set()


def test_a_storage_that_nobody_may_reach_is_not_asked() -> None:
    bucket = replace(place_at(9, name="backups").bucket, reach="public")
    with refused("s3_address"):
        BucketPlace(bucket, part=PART).labels()


def test_a_lock_is_asked_for_with_each_backup_and_not_with_its_label(line: Line, storage: Storage) -> None:
    place = place_at(line.port, name=storage.bucket.name, lock=Lock("compliance", 30))
    kept(place)
    locked = [head for head in line.said if b"x-amz-object-lock-mode: COMPLIANCE" in head]
    assert len(locked) == 1
    assert locked[0].startswith(b"POST ") and b"?uploads=" in locked[0]
    until = SystemClock().now() + timedelta(days=30)
    assert f"x-amz-object-lock-retain-until-date: {until:%Y-%m}".encode() in locked[0]
