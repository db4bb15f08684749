"""Letting old entries go: what is left verifies from a signed link, and nobody can let more go unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from caredesk.actions import auditing
from caredesk.actions.audit_cutting import CutDone, make_cut, plan_cut
from caredesk.actions.audit_desk import audit_detail
from caredesk.audit import queries
from caredesk.audit.rules import Break, Cut, Entry
from caredesk.cli.main import main
from caredesk.core.deed import Deed
from caredesk.core.work import Actor
from caredesk.edge.audit_jobs import read_chain, sign_head
from tests.fixtures.desk import DeskForTests

LIN = Actor(kind="staff", id="lin", name="林")
OTHER = "UPDATE audit_entry SET deed = '', subject = '', actor_id = '', actor_kind = '' WHERE number = {}"


def attest(desk: DeskForTests, *names: str) -> None:
    with desk.write(actor=LIN) as work:
        for name in names:
            work.attest(Deed(name, subject="conversation:c"))
    signed = sign_head(desk.services, {})
    with desk.write() as work:
        auditing.keep_anchor(work, anchor=signed)


@pytest.fixture
def old(desk: DeskForTests) -> DeskForTests:
    """Entries 1 and 2 are three years old, 3 to 5 are one year old, 6 is new; each lot is signed."""
    attest(desk, "family.revealed", "entry.appended")
    desk.clock.advance(days=800)
    attest(desk, "entry.appended", "conversation.viewed", "message.created")
    desk.clock.advance(days=400)
    attest(desk, "entry.appended")
    return desk


def cut(desk: DeskForTests, *, months: int = 36, bulk_months: int = 12) -> CutDone | None:
    anchors = desk.services.anchors
    assert anchors is not None
    with desk.read() as session:
        plan = plan_cut(session, now=desk.clock.now(), months=months, bulk_months=bulk_months)
    if plan is None:
        return None
    with desk.write(actor=LIN) as work:
        return make_cut(work, plan=plan, sign=anchors.sign_cut)


def entries_of(desk: DeskForTests) -> list[Entry]:
    with desk.read() as session:
        return list(queries.stream_entries(session))


def broken(desk: DeskForTests) -> Break | None:
    return read_chain(desk.services, {}).outcome.broken


def tamper(desk: DeskForTests, statement: str) -> None:
    with desk.services.store.writing() as session:
        if session.get_bind().dialect.name == "sqlite":
            for guard in ("audit_entry_no_update", "audit_entry_no_delete"):
                session.execute(text(f"DROP TRIGGER {guard}"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        session.execute(text(statement))
        session.commit()


def test_old_entries_go_bulk_ones_lose_their_words_and_the_rest_verifies(old: DeskForTests) -> None:
    done = cut(old)
    assert done is not None and (done.removed, done.emptied) == (2, 2)
    left = [(one.number, one.deed) for one in entries_of(old)]
    assert left == [(3, ""), (4, "conversation.viewed"), (5, ""), (6, "entry.appended"), (7, "audit.cut")]
    assert broken(old) is None
    attest(old, "one.done")
    assert broken(old) is None
    assert cut(old) is None


def test_the_store_guards_what_is_left_as_before(old: DeskForTests) -> None:
    cut(old)
    for statement in ("DELETE FROM audit_entry", "UPDATE audit_entry SET why = 'x'"):
        with pytest.raises(Exception, match="only added to"), old.services.store.writing() as session:
            session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (OTHER.format(4), Break(5, "emptied")),
        (OTHER.format(6), Break(6, "changed")),
        ("DELETE FROM audit_entry WHERE number = 3", Break(3, "missing")),
        ("UPDATE audit_entry SET deed = 'other.done' WHERE number = 3", Break(3, "changed")),
    ],
)
def test_letting_more_go_than_was_signed_is_found(old: DeskForTests, statement: str, found: Break) -> None:
    cut(old)
    tamper(old, statement)
    assert broken(old) == found


def test_a_cut_that_the_key_has_not_signed_is_found(old: DeskForTests) -> None:
    link = entries_of(old)[4]
    forged = Cut(5, link.hash, 5, "0" * 64, old.clock.now(), key_id="0" * 16, signature="AAAA")
    with old.services.store.writing() as session:
        queries.add_cut(session, cut=forged)
        session.commit()
    tamper(old, "DELETE FROM audit_entry WHERE number <= 5")
    assert broken(old) == Break(5, "signature")


def test_the_auditor_sees_nothing_of_emptied_entries_and_the_first_one_follows_the_cut(old: DeskForTests) -> None:
    cut(old)
    with old.read() as session:
        found = queries.search_entries(session, sought=queries.SoughtDeeds(), before=None, limit=50)
        first = audit_detail(session, number=3, is_signed=lambda _anchor: True)
    assert [one.number for one in found] == [7, 6, 4]
    assert (first.intact, first.follows, first.followed) == (True, True, True)


@pytest.fixture
def terminal(database_url: str, old: DeskForTests) -> CliRunner:
    data = old.services.settings.data_dir
    return CliRunner(env={"CAREDESK_DATABASE_URL": database_url, "CAREDESK_DATA_DIR": str(data)})


def run(terminal: CliRunner, *words: str) -> Result:
    return terminal.invoke(main, ["audit", *words])


def test_an_export_from_behind_a_cut_proves_itself(old: DeskForTests, terminal: CliRunner, tmp_path: Path) -> None:
    cut(old)
    folder = tmp_path / "export"
    assert run(terminal, "export", str(folder)).exit_code == 0
    assert check_alone(folder) == 0
    lines = [json.loads(line) for line in (folder / "entries.jsonl").read_text("utf-8").splitlines()]
    emptied = {**lines[1], **dict.fromkeys(("deed", "subject", "actor_id"), "")}
    others = [lines[0], emptied, *lines[2:]]
    (folder / "entries.jsonl").write_text("".join(json.dumps(one) + "\n" for one in others), "utf-8")
    assert check_alone(folder) == 1


def check_alone(folder: Path) -> int:
    script = [sys.executable, "-I", str(folder / "check_export.py"), str(folder)]
    return subprocess.run(script, cwd=folder, check=False, capture_output=True, timeout=300).returncode


def test_the_command_keeps_six_months_at_least_and_tells_before_it_does(terminal: CliRunner) -> None:
    assert run(terminal, "cut", "--months", "5").exit_code == 2
    # The command's clock is today's, so that all that the test's desk has written is of one age; nothing goes untold.
    told = json.loads(run(terminal, "cut", "--dry-run", "--json").stdout)
    assert told["done"] is None
    assert json.loads(run(terminal, "verify", "--json").stdout)["whole"] is True


def test_what_was_sealed_before_a_cut_needs_nothing_of_what_went(old: DeskForTests) -> None:
    with old.read() as session:
        before = queries.find_tree_over(session, number=1)
    cut(old)
    with old.read() as session:
        assert queries.find_tree_over(session, number=1) == before
    assert old.clock.now() > entries_of(old)[0].at + timedelta(days=365)
