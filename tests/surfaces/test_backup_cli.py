"""`caredesk backup` as a technician at a terminal sees it."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from caredesk.actions import backups
from caredesk.audit import queries
from caredesk.audit.queries import SoughtDeeds
from caredesk.audit.rules import Entry
from caredesk.cli.main import main
from caredesk.infra.backup.archive import FORMAT
from caredesk.infra.backup.evidence import written
from caredesk.infra.backup.source import PUBLIC_KEY, UNFINISHED, Source
from caredesk.infra.profiles import what_size_lacks
from tests.fixtures.backing import Backed


class Terminal:
    """Runs commands on one desk."""

    def __init__(self, source: Source, *, secret: str) -> None:
        settings = source.settings
        environment = {
            "CAREDESK_DATABASE_URL": settings.database_url,
            "CAREDESK_DATA_DIR": str(settings.data_dir),
            "CAREDESK_BACKUP_SECRET": secret,
        }
        if settings.backup_pg_tools is not None:
            environment["CAREDESK_BACKUP_PG_TOOLS"] = str(settings.backup_pg_tools)
        self._runner = CliRunner(env=environment)

    def run(self, *arguments: str) -> Result:
        return self._runner.invoke(main, ["backup", *arguments])


@pytest.fixture
def terminal(backed: Backed) -> Terminal:
    return Terminal(backed.source, secret=backed.secret)


def entries(backed: Backed, *, deed: str) -> list[Entry]:
    with backed.desk.read() as session:
        return list(queries.search_entries(session, sought=SoughtDeeds(deed=deed), before=None, limit=9))


def test_the_secret_key_is_printed_once_and_kept_nowhere(backed: Backed, terminal: Terminal) -> None:
    refused = terminal.run("key")
    assert (refused.exit_code, "--replace" in refused.stderr) == (1, True)
    made = terminal.run("key", "--replace").stdout
    secret = re.findall(r"AGE-SECRET-KEY-1\w+", made)
    assert len(secret) == 1
    kept = [path.read_bytes() for path in backed.source.folder.rglob("*") if path.is_file()]
    assert not any(secret[0].encode() in content for content in kept)
    assert (backed.source.folder / PUBLIC_KEY).read_text().strip() in made


def test_a_backup_is_made_listed_and_verified(backed: Backed, terminal: Terminal) -> None:
    made = terminal.run("create")
    assert made.exit_code == 0, made.output
    name = made.stdout.split(":")[0]
    assert "not verified" in terminal.run("list").stdout
    told = terminal.run("verify")
    assert told.stdout.startswith(f"{name} is whole: ")
    assert "not verified" not in terminal.run("list").stdout
    assert [one["name"] for one in json.loads(terminal.run("list", "--json").stdout)] == [name]
    for deed in ("backup.made", "backup.verified"):
        assert [entry.subject for entry in entries(backed, deed=deed)] == [f"backup:{name}"]


def test_a_drill_leaves_a_signed_record_whose_sum_stands_in_the_audit(backed: Backed, terminal: Terminal) -> None:
    terminal.run("create")
    drilled = terminal.run("drill", "--json")
    assert drilled.exit_code == 0, drilled.output
    record = json.loads(drilled.stdout)
    assert (record["passed"], record["wrong_tables"], record["audit_broken_at"]) == (True, [], None)
    filed = next((backed.source.folder / "drills").iterdir()).read_bytes()
    assert json.loads(filed) == record
    entry = entries(backed, deed="drill.passed")[0]
    assert entry.record == f"sha256:{hashlib.sha256(filed).hexdigest()}"
    key, signature = record.pop("public_key"), record.pop("signature")
    assert key == backed.source.own_signer()
    told = f"{FORMAT}\n{hashlib.sha256(written(record)).hexdigest()}\n".encode()
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(base64.b64decode(signature), told)
    with backed.desk.read() as session:
        state = backups.backups_state(session, now=entry.at, drill_days=35, wanted=True)
    assert (state.backup_overdue, state.drill_overdue) == (False, False)


def test_a_restore_tells_what_is_missing_and_the_restored_desk_remembers_it(backed: Backed, terminal: Terminal) -> None:
    terminal.run("create")
    clean = Terminal(backed.make_clean("clean"), secret=backed.secret)
    done = clean.run("restore", "--from", str(backed.place.folder))
    assert done.exit_code == 0, done.output
    assert "what came later is not in it" in done.stdout
    again = clean.run("restore", "--from", str(backed.place.folder))
    assert (again.exit_code, "--replace" in again.stderr) == (1, True)


@pytest.mark.parametrize("command", ["verify", "drill", "restore"])
def test_without_a_secret_or_a_backup_a_sentence_says_so(backed: Backed, terminal: Terminal, command: str) -> None:
    assert "There is no backup yet" in terminal.run(command).stderr
    terminal.run("create")
    assert "no such backup" in terminal.run(command, "caredesk-none.tar.age").stderr
    told = Terminal(backed.source, secret="").run(command)
    assert (told.exit_code, "The secret key is needed" in told.stderr) == (1, True)


def test_nothing_starts_on_a_restore_that_was_cut_off(backed: Backed) -> None:
    assert what_size_lacks(backed.source.settings) == ""
    (backed.source.folder / UNFINISHED).touch()
    assert "A restore was cut off" in what_size_lacks(backed.source.settings)
