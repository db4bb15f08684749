"""`caredesk doctor` as an administrator runs it, on installations that are sound and on such as are really broken."""

from __future__ import annotations

import ast
import json
import re
import socket
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from sqlalchemy import text

from caredesk.accounts import passwords
from caredesk.accounts.schemas import NewStaff
from caredesk.actions import backups
from caredesk.actions.accounts import add_staff
from caredesk.actions.backups import BackupOutcome, DrillOutcome
from caredesk.cli.main import main
from caredesk.core.clock import SystemClock
from caredesk.core.work import SYSTEM
from caredesk.edge.transactions import write
from caredesk.infra.backup.sealing import new_pair
from caredesk.infra.checkup import house, machine
from caredesk.infra.checkup.finding import Finding
from caredesk.infra.checkup.machine import clock_finding, file_system_of
from caredesk.infra.engine import open_store
from caredesk.infra.hotline.embedded.wss import VALID_DAYS, certificate_in
from caredesk.infra.profiles import build_services
from caredesk.settings import Settings
from caredesk.telephony import queries as telephony
from tests.conventions.source import PACKAGE
from tests.fixtures.desk import DeskForTests
from tests.fixtures.passwords import PASSWORD_HASH

pytestmark = pytest.mark.usefixtures("quick_hashing")

CHECKUP = PACKAGE / "infra" / "checkup"
Look = Callable[..., dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "installation"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture
def run(database_url: str, folder: Path) -> Callable[..., Result]:
    """Run `caredesk doctor …` on a migrated, empty database and a folder of its own, under more settings."""

    def run(*words: str, **settings: str) -> Result:
        environment = {
            "CAREDESK_DATA_DIR": str(folder),
            "CAREDESK_DATABASE_URL": database_url,
            # Any that is free: a certain one might be taken while the test runs.
            "CAREDESK_PORT": "0",
            **{f"CAREDESK_{name.upper()}": value for name, value in settings.items()},
        }
        return CliRunner().invoke(main, ["doctor", *words], env=environment)

    return run


@pytest.fixture
def look(run: Callable[..., Result]) -> Look:
    """Return what the doctor finds that is not as it should be: the verdict by code."""

    def look(*words: str, **settings: str) -> dict[str, str]:
        result = run("--json", *words, **settings)
        told = json.loads(result.stdout)
        found = {one["code"]: one["verdict"] for one in told["findings"]}
        wrong = [code for code, verdict in found.items() if verdict == "bad"]
        assert (told["healthy"], result.exit_code) == (not wrong, 1 if wrong else 0)
        return {code: verdict for code, verdict in found.items() if verdict != "ok" and code != OWNER}

    return look


OWNER = "audit.not_apart"
"""The tests' user of PostgreSQL owns its tables; tests/surfaces/test_audit_role.py tells of one who does not."""


NEW = {"accounts.none": "warn", "backups.no_key": "warn", "index.none": "warn"}
"""What a sound installation lacks before anybody has worked with it."""


def test_a_sound_installation_is_healthy(look: Look) -> None:
    assert look() == NEW


def test_it_says_so_in_both_languages_and_changes_nothing(run: Callable[..., Result], folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    result = run()
    assert result.exit_code == 0
    assert "正常 ok" in result.stdout and "0 个问题" in result.stdout and "0 wrong" in result.stdout
    assert "caredesk user add" in result.stdout
    assert sorted(folder.rglob("*")) == before


# ---- the folder ------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there(look: Look, tmp_path: Path) -> None:
    assert look(data_dir=str(tmp_path / "gone"))["folder.missing"] == "bad"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="only Linux has a folder that nobody can write into")
def test_a_folder_into_which_nothing_can_be_written(look: Look) -> None:
    # Nobody can make a file there, not even root, as whom tests may run.
    assert look(data_dir="/proc/self")["folder.closed"] == "bad"


def test_a_folder_that_others_may_read(look: Look, folder: Path) -> None:
    folder.chmod(0o755)
    assert look() == {**NEW, "folder.open": "warn"}


def test_secrets_that_others_may_read_or_that_are_empty(look: Look, folder: Path) -> None:
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    for name, content, mode in (("identity", "x", 0o644), ("fhir", "", 0o600), ("hotline", "x", 0o600)):
        (secrets / name).write_text(content)
        (secrets / name).chmod(mode)
    assert look() == {**NEW, "secrets.open": "bad", "secrets.empty": "bad"}
    (secrets / "identity").chmod(stat.S_IRUSR | stat.S_IWUSR)
    (secrets / "fhir").write_text("x")
    assert look() == NEW


def test_a_recording_that_is_not_sealed(look: Look, folder: Path) -> None:
    services = build_services(Settings(data_dir=folder))
    services.recordings.keep("0190b3e0-sealed", [b"sound"])
    services.store.engine.dispose()
    assert look() == NEW
    (folder / "recordings" / "zz.wav").write_bytes(b"RIFF....WAVE")
    assert look() == {**NEW, "recordings.clear": "bad"}


def test_a_full_disk_and_a_slow_one(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 2**80)
    monkeypatch.setattr(machine, "SLOW_SYNC_SECONDS", -1.0)
    assert look() == {**NEW, "disk.full": "bad", "disk.slow": "warn"}


def test_the_file_system_below_a_folder_is_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/data {tmp_path} nfs4 rw 0 0\nnone /elsewhere tmpfs rw 0 0\n")
    assert file_system_of(tmp_path / "data", mounts=mounts) == "nfs4"
    assert file_system_of(Path("/srv"), mounts=mounts) == "ext4"
    assert file_system_of(tmp_path, mounts=tmp_path / "no such file") == ""


# ---- database and Redis ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/caredesk.db", "postgresql+psycopg://a:geheim@127.0.0.1:1/x"]
)
def test_a_database_that_does_not_answer(look: Look, run: Callable[..., Result], url: str) -> None:
    if "psycopg" in url:
        pytest.importorskip("psycopg")
    assert look(database_url=url)["database.away"] == "bad"
    assert "geheim" not in run(database_url=url).stdout


@pytest.mark.parametrize("url", ["no url at all", "nosuchbase://host/x"])
def test_an_address_that_is_none(look: Look, url: str) -> None:
    assert look(database_url=url)["database.bad_url"] == "bad"


def test_no_database_yet_and_none_is_made(look: Look, folder: Path) -> None:
    assert look(database_url="")["database.missing"] == "bad"
    assert not (folder / "caredesk.db").exists()


@pytest.mark.parametrize(("version", "code"), [("0001", "schema.old"), ("9999", "schema.newer")])
def test_a_schema_of_another_version(look: Look, database_url: str, version: str, code: str) -> None:
    store = open_store(database_url)
    with store.engine.connect() as connection:
        connection.execute(text("update alembic_version set version_num = :version"), {"version": version})
        connection.commit()
    store.engine.dispose()
    assert look()[code] == "bad"


def test_an_empty_database(look: Look, tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    sqlite3.connect(empty).close()
    assert look(database_url=f"sqlite:///{empty}")["schema.empty"] == "bad"


def test_a_database_with_another_journal(look: Look, folder: Path) -> None:
    opened = sqlite3.connect(folder / "caredesk.db")
    opened.execute("create table anything (id integer)")
    opened.close()
    before = (folder / "caredesk.db").read_bytes()
    assert look(database_url="")["journal.other"] == "bad"
    assert (folder / "caredesk.db").read_bytes() == before


def test_a_database_whose_file_is_damaged(look: Look, folder: Path) -> None:
    (folder / "caredesk.db").write_bytes(b"not a database at all, but long enough to be one" * 100)
    assert look(database_url="")["journal.unreadable"] == "bad"


def test_redis_that_does_not_answer_and_an_address_that_is_none(look: Look) -> None:
    pytest.importorskip("redis")
    assert look(redis_url="redis://127.0.0.1:1/0")["redis.away"] == "bad"
    assert look(redis_url="no address")["redis.bad_url"] == "bad"


# ---- the machine -----------------------------------------------------------------------------------------


def test_an_old_python_and_a_time_zone_that_is_unknown_or_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [
        one.code for name in ("Asia/Nowhere", "Europe/Berlin", "Asia/Shanghai") for one in machine.check_zone(name)
    ]
    assert codes == ["zone.missing", "zone.wrong", "zone.known"]
    monkeypatch.setattr(machine, "OLDEST_PYTHON", (4, 0))
    assert [one.code for one in machine.check_python()] == ["python.old"]


@pytest.mark.parametrize(
    ("settings", "code", "verdict"),
    [
        ({"public_url": "https://desk.example", "trusted_proxies": "1"}, "settings.cookies", "bad"),
        (
            {"public_url": "http://desk.example", "trusted_proxies": "1", "secure_cookies": "1"},
            "settings.no_https",
            "bad",
        ),
        ({"public_url": "http://desk.example"}, "settings.no_proxy", "warn"),
        ({"clock_file": "/tmp/no-such-clock.json"}, "settings.drill", "warn"),
        ({"database_url": "", "redis_url": "redis://127.0.0.1:1"}, "settings.redis_alone", "bad"),
    ],
)
def test_settings_that_contradict_each_other(look: Look, settings: dict[str, str], code: str, verdict: str) -> None:
    assert look(**settings)[code] == verdict


def test_who_does_jobs_is_told_when_two_addresses_have_decided_it() -> None:
    both = Settings(database_url="postgresql+psycopg://127.0.0.1:1/desk", redis_url="redis://127.0.0.1:1")
    assert "settings.scaled_by_urls" in [one.code for one in machine.check_settings(both)]
    named = both.model_copy(update={"size": "embedded"})
    assert "settings.scaled_by_urls" not in [one.code for one in machine.check_settings(named)]


def test_a_port_that_another_program_has(look: Look) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with mute_answers(other):
            assert look(port=str(other.getsockname()[1]))["port.taken"] == "bad"


def mute_answers(listener: socket.socket) -> Any:
    """Hang up on whoever connects, until the block ends."""

    class Mute:
        def __enter__(self) -> None:
            threading.Thread(target=self.run, daemon=True).start()

        def __exit__(self, *_: object) -> None:
            listener.close()

        def run(self) -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return

    return Mute()


class Answering(BaseHTTPRequestHandler):
    """Says that it lives, and tells the time of another planet."""

    def do_GET(self) -> None:
        self.send_response_only(200)
        self.end_headers()
        self.wfile.write(b'{"ok":true}')

    def do_HEAD(self) -> None:
        self.send_response_only(200)
        self.send_header("Date", format_datetime(SystemClock().now() + timedelta(hours=2), usegmt=True))
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        return None


@pytest.fixture
def web() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_port_that_the_desk_has(look: Look, web: int) -> None:
    assert look(port=str(web)) == NEW


def test_a_clock_that_is_wrong(look: Look, web: int) -> None:
    assert look("--date-from", f"http://127.0.0.1:{web}/") == {**NEW, "clock.off": "bad"}


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "nothing", "ftp://127.0.0.1/"])
def test_a_clock_that_nobody_compares(look: Look, address: str) -> None:
    assert look("--date-from", address) == {**NEW, "clock.unknown": "warn"}


def test_seconds_are_forgiven() -> None:
    assert [clock_finding(s, whose="x").verdict for s in (0.0, 4.9, -4.9, 5.1, -60.0)] == [
        "ok",
        "ok",
        "ok",
        "bad",
        "bad",
    ]


def test_certificates_that_hold_end_have_ended_or_are_none(look: Look, folder: Path, tmp_path: Path) -> None:
    now = SystemClock().now()
    made = {}
    for name, age in (("holds", 0), ("ends", VALID_DAYS - 3), ("over", VALID_DAYS + 9)):
        place = tmp_path / name
        place.mkdir()
        made[name] = certificate_in(place, names=["desk.example"], now=now - timedelta(days=age))

    def judged(file: Path, key: Path) -> dict[str, str]:
        return look(hotline_certificate=str(file), hotline_certificate_key=str(key))

    assert judged(*made["holds"]) == NEW
    assert judged(*made["ends"]) == {**NEW, "certificate.ends": "warn"}
    assert judged(*made["over"]) == {**NEW, "certificate.over": "bad"}
    assert judged(made["holds"][1], made["holds"][1]) == {**NEW, "certificate.unreadable": "bad"}
    assert judged(made["holds"][0], tmp_path / "gone") == {**NEW, "certificate.no_key": "bad"}


# ---- who signs in, and the telephone ---------------------------------------------------------------------


def test_accounts_with_the_demos_password(look: Look, database_url: str, folder: Path) -> None:
    demo = passwords.hash_password(house.DEMO_PASSWORD)
    services = build_services(Settings(data_dir=folder, database_url=database_url))
    with write(services, actor=SYSTEM) as work:
        add_staff(work, new=NewStaff(login="wang.li", name="王丽", roles=("agent",), password_hash=PASSWORD_HASH))
        add_staff(work, new=NewStaff(login="chief", name="班长", roles=("supervisor",), password_hash=demo))
    services.store.engine.dispose()
    assert look() == {"accounts.known_password": "bad", "backups.no_key": "warn", "index.none": "warn"}


def test_a_demo_is_told_to_be_one(desk: DeskForTests) -> None:
    with desk.write() as work:
        work.session.execute(
            text(
                "insert into hospital (id, name, name_en, hotline, emergency_phone, demo) "
                "values (1, '演示', 'Demo', '', '120', true)"
            )
        )
    with desk.read() as session:
        assert [one.code for one in house.check_accounts(session)] == ["accounts.demo"]


def test_an_engine_that_has_fallen_silent(desk: DeskForTests) -> None:
    def codes() -> list[str]:
        with desk.read() as session:
            return [one.code for one in house.check_hotline(session, clock=desk.clock)]

    assert codes() == ["hotline.none"]
    with desk.write() as work:
        telephony.lock_engine(work.session, name="freeswitch", now=work.now)
    assert codes() == ["hotline.speaks"]
    desk.clock.advance(minutes=5)
    assert codes() == ["hotline.silent"]


def test_backups_and_drills_that_are_late_or_have_failed(desk: DeskForTests) -> None:
    told = {"data_dir": desk.services.settings.data_dir, "backup_key": new_pair()[1]}

    def codes(**settings: str) -> list[str]:
        with desk.read() as session:
            found = house.check_backups(session, settings=Settings(**{**told, **settings}), clock=desk.clock)
            return [one.code for one in found]

    def note(outcome: BackupOutcome | DrillOutcome) -> None:
        with desk.write() as work:
            if isinstance(outcome, BackupOutcome):
                backups.note_backup(work, outcome=outcome)
            else:
                backups.note_drill(work, outcome=outcome)

    assert codes(backup_key="age1none") == codes(backup_s3_url="https://s3.example") == ["backups.unfit"]
    assert codes() == ["backups.none"]
    note(BackupOutcome("caredesk-one", 1))
    assert codes() == ["backups.made"]
    note(BackupOutcome(fault="s3_away"))
    note(DrillOutcome("caredesk-one", passed=False, recovery_seconds=1, age=timedelta(0), record="ab" * 32))
    assert codes() == ["backups.failed", "backups.drill_failed"]
    note(DrillOutcome("caredesk-one", passed=True, recovery_seconds=1, age=timedelta(0), record="ab" * 32))
    note(BackupOutcome("caredesk-two", 1))
    desk.clock.advance(days=36)
    assert codes() == ["backups.late", "backups.drill_late"]


# ---- the words -------------------------------------------------------------------------------------------


def codes_in_the_code() -> set[str]:
    """Return what the checks find, as it stands in their calls."""
    texts = [file.read_text("utf-8") for file in (*CHECKUP.glob("*.py"), PACKAGE / "cli" / "doctor.py")]
    constants = (node for one in texts for node in ast.walk(ast.parse(one)) if isinstance(node, ast.Constant))
    words = {node.value for node in constants if isinstance(node.value, str)}
    return {word for word in words if re.fullmatch(r"[a-z]+\.[a-z_]+", word)} - {"words.yaml", "wss.crt", "fuse.sshfs"}


def test_every_finding_has_words_in_both_languages_and_no_word_is_left_over() -> None:
    words: dict[str, Any] = yaml.safe_load((CHECKUP / "words.yaml").read_text("utf-8"))
    codes = codes_in_the_code()
    assert codes == set(words["findings"])
    assert [code for code, said in words["findings"].items() if set(said) != {"zh", "en"}] == []
    assert {code.partition(".")[0] for code in codes} == set(words["checks"])


def test_both_languages_tell_the_same_facts() -> None:
    words: dict[str, Any] = yaml.safe_load((CHECKUP / "words.yaml").read_text("utf-8"))["findings"]
    facts = {code: [sorted(re.findall(r"{(\w+)}", said[one])) for one in ("zh", "en")] for code, said in words.items()}
    assert [code for code, (zh, en) in facts.items() if zh != en] == []


def test_a_finding_says_what_it_found() -> None:
    said = Finding("disk", "warn", "disk.little", {"folder": "/var/lib/caredesk", "gigabytes": 1.2})
    assert "1.2 GB" in said.say(language="zh") and "/var/lib/caredesk" in said.say(language="en")
