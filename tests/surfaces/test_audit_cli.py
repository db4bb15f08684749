"""`caredesk audit` as a security officer at a terminal, or an auditor elsewhere, sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import text

from caredesk.actions import auditing
from caredesk.audit import queries
from caredesk.audit.rules import Entry
from caredesk.cli.main import main
from caredesk.core.deed import Deed
from caredesk.core.work import Actor
from caredesk.edge.audit_jobs import sign_head
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import add_family, conversation_of_family, name_hospital, put_into_queue, sign_in

LIN = Actor(kind="staff", id="lin", name="林")


class Terminal:
    """Runs commands on the desk of a test."""

    def __init__(self, url: str, data: Path) -> None:
        self._runner = CliRunner(env={"CAREDESK_DATABASE_URL": url, "CAREDESK_DATA_DIR": str(data)})

    def run(self, *arguments: str) -> Result:
        return self._runner.invoke(main, ["audit", *arguments])


@pytest.fixture
def terminal(database_url: str, desk: DeskForTests) -> Terminal:
    return Terminal(database_url, desk.services.settings.data_dir)


@pytest.fixture
def chained(desk: DeskForTests) -> DeskForTests:
    """A desk with three entries, of which two are signed."""
    for names in (("one.done", "two.done"), ("three.done",)):
        with desk.write(actor=LIN) as work:
            for name in names:
                work.attest(Deed(name, subject="guardian:g"))
        if len(names) == 2:
            signed = sign_head(desk.services, {})
            with desk.write() as work:
                auditing.keep_anchor(work, anchor=signed)
    return desk


def empty_last(desk: DeskForTests) -> None:
    with desk.services.store.writing() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_entry_no_update"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE audit_entry SET subject = '' WHERE number = 2"))
        session.commit()


def test_a_whole_chain_is_told_as_such(chained: DeskForTests, terminal: Terminal) -> None:
    told = json.loads(terminal.run("verify", "--json").stdout)
    assert (told["whole"], told["first"], told["last"], told["signed_until"]) == (True, 1, 3, 2)
    assert terminal.run("verify").stdout.splitlines()[0] == "entries 1 to 3, 3 checked"


def test_a_broken_chain_ends_the_command_with_the_first_broken_entry(chained: DeskForTests, terminal: Terminal) -> None:
    empty_last(chained)
    told = terminal.run("verify", "--json")
    assert (told.exit_code, json.loads(told.stdout)["broken"]) == (1, {"number": 2, "fault": "changed"})
    assert "BROKEN at entry 2: its columns do not give its hash" in terminal.run("verify").stdout


def test_entries_are_listed_newest_first(chained: DeskForTests, terminal: Terminal) -> None:
    listed = json.loads(terminal.run("list", "--by", "lin", "--json").stdout)
    assert [one["deed"] for one in listed] == ["three.done", "two.done", "one.done"]
    assert terminal.run("list", "--deed", "two.done").stdout.split()[2:] == ["staff:lin", "two.done", "guardian:g"]


def test_an_export_proves_itself_and_shows_what_was_changed(
    chained: DeskForTests, terminal: Terminal, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    assert terminal.run("export", str(folder)).exit_code == 0
    assert sorted(file.name for file in folder.iterdir()) == [
        "anchors.jsonl",
        "check_export.py",
        "entries.jsonl",
        "public_key",
    ]
    assert check_alone(folder) == 0
    lines = (folder / "entries.jsonl").read_text("utf-8")
    for changed in (lines.replace("two.done", "one.done"), lines.split("\n", 1)[0] + "\n", lines.split("\n", 1)[1]):
        (folder / "entries.jsonl").write_text(changed, "utf-8")
        assert check_alone(folder) == 1
    assert terminal.run("export", str(folder)).exit_code == 1


def check_alone(folder: Path) -> int:
    """Run the export's own script in a Python that does not find caredesk."""
    script = [sys.executable, "-I", str(folder / "check_export.py"), str(folder)]
    return subprocess.run(script, cwd=folder, check=False, capture_output=True, timeout=120).returncode


# ---- what surfaces leave in it ---------------------------------------------------------------------------


def entries_of(desk: DeskForTests, *, since: int = 0) -> list[Entry]:
    with desk.read() as session:
        return list(queries.stream_entries(session, after=since))


def test_looking_at_families_leaves_who_what_and_from_where(desk: DeskForTests, client: FlaskClient) -> None:
    name_hospital(desk)
    guardian_id = add_family(desk)
    _, conversation_id = conversation_of_family(desk, guardian_id=guardian_id)
    put_into_queue(desk, conversation_id, queue_id=desk.add_queue())
    boss = desk.add_staff("boss", roles=("supervisor",))
    headers = sign_in(desk, client, staff_id=boss)
    before = len(entries_of(desk))
    client.get(f"/api/console/conversations/{conversation_id}")
    client.get("/api/console/search", query_string={"person": "王"})
    client.post(f"/api/console/families/{guardian_id}/reveal", json=REVEAL, headers=headers)
    client.get(f"/api/console/conversations/{conversation_id}/export.json")
    found = [one for one in entries_of(desk, since=before) if one.actor_id == boss]
    assert {one.address for one in found} == {"127.0.0.1"}
    told = {(one.deed, one.subject, one.why) for one in found}
    assert {
        ("conversation.viewed", f"conversation:{conversation_id}", ""),
        ("records.searched", "", "person"),
        ("record.shown", f"conversation:{conversation_id}", ""),
        ("family.revealed", f"guardian:{guardian_id}", "phone"),
        ("conversation.exported", f"conversation:{conversation_id}", "json"),
    } <= told
    assert REVEAL["reason"] not in repr(found)


REVEAL = {"field": "phone", "reason": "回电确认快递地址"}


def test_a_failed_sign_in_names_nobody(desk: DeskForTests, client: FlaskClient) -> None:
    client.post("/api/auth/sign-in", json={"login": "nobody", "password": "wrong-password-1"})
    last = entries_of(desk)[-1]
    assert (last.deed, last.subject, last.why, last.address) == ("sign_in.refused", "staff:", "wrong", "127.0.0.1")
    assert "nobody" not in repr(last)
