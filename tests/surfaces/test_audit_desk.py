"""The auditor's page, as a browser asks for it: what is found, what it says of the chain, and what nobody else sees."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from caredesk.actions import audit_desk, auditing
from caredesk.audit import queries
from caredesk.audit.rules import Entry
from caredesk.core.deed import Deed
from caredesk.core.work import Actor
from caredesk.edge.audit_jobs import read_chain, sign_head
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import add_family, conversation_of_family, name_hospital, put_into_queue, sign_in

AUDIT = "/api/console/audit"
Ask = Callable[..., Any]


@pytest.fixture
def ask(desk: DeskForTests, client: FlaskClient) -> Ask:
    """Asks as an auditor and returns the answer's JSON."""
    headers = sign_in(desk, client, staff_id=desk.add_staff("auditor", roles=("auditor",)))

    def asked(path: str = "", *, method: str = "GET", **query: object) -> Any:
        response = client.open(AUDIT + path, method=method, query_string=query, headers=headers, buffered=True)
        return response.json if response.is_json else response

    return asked


@pytest.fixture
def agent(desk: DeskForTests) -> Actor:
    return Actor(kind="staff", id=desk.add_staff("lin"), name="林")


def do(desk: DeskForTests, actor: Actor, name: str, *, subject: str = "guardian:g", why: str = "") -> int:
    """Have somebody do something; return the number of its entry."""
    with desk.write(actor=actor) as work:
        work.attest(Deed(name, subject=subject, why=why))
    return entries_of(desk)[-1].number


def entries_of(desk: DeskForTests) -> list[Entry]:
    with desk.read() as session:
        return list(queries.stream_entries(session))


def numbers(page: dict[str, Any]) -> list[int]:
    return [one["number"] for one in page["entries"]]


def read_whole(desk: DeskForTests, *, check_id: str = "") -> None:
    checked = read_chain(desk.services, {})
    with desk.write() as work:
        audit_desk.keep_check(work, check_id=check_id, checked=checked)


def change_behind_its_back(desk: DeskForTests, *, number: int) -> None:
    with desk.services.store.writing() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_entry_no_update"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE audit_entry SET subject = 'guardian:x' WHERE number = :n"), {"n": number})
        session.commit()


# ---- looking ---------------------------------------------------------------------------------------------


def test_entries_are_found_by_person_deed_subject_why_and_day(desk: DeskForTests, ask: Ask, agent: Actor) -> None:
    phone = do(desk, agent, "family.revealed", why="phone")
    name = do(desk, agent, "family.revealed", subject="guardian:other", why="name")
    by_system = do(desk, Actor(kind="system", id="desk", name=""), "audit.checked", subject="", why="whole")
    assert numbers(ask("/entries", who=agent.id)) == [name, phone]
    assert numbers(ask("/entries", who="system", deed="audit.checked")) == [by_system]
    assert numbers(ask("/entries", deed="family.revealed", why="phone")) == [phone]
    assert numbers(ask("/entries", subject="guardian:other")) == numbers(ask("/entries", subject="other")) == [name]
    today = (desk.clock.now() + timedelta(hours=8)).date()
    assert numbers(ask("/entries", who=agent.id, since=today, until=today)) == [name, phone]
    assert numbers(ask("/entries", who=agent.id, until=today - timedelta(days=1))) == []
    assert ask("/entries", since=today, until=today - timedelta(days=1))["code"] == "input.invalid"


def test_a_conversation_is_found_by_its_number_and_named_by_it(desk: DeskForTests, ask: Ask, agent: Actor) -> None:
    name_hospital(desk)
    guardian_id = add_family(desk)
    _, conversation_id = conversation_of_family(desk, guardian_id=guardian_id)
    put_into_queue(desk, conversation_id, queue_id=desk.add_queue())
    looked = do(desk, agent, "conversation.viewed", subject=f"conversation:{conversation_id}")
    number = desk.conversation(conversation_id).number
    found = ask("/entries", subject=number, deed="conversation.viewed")["entries"]
    assert [(one["number"], one["subject_name"], one["actor_name"]) for one in found] == [(looked, number, "客服lin")]
    assert numbers(ask("/entries", subject=number[-4:], deed="conversation.viewed")) == [looked]


def test_a_member_of_staff_is_found_as_subject_by_login(desk: DeskForTests, ask: Ask, agent: Actor) -> None:
    signed_in = do(desk, agent, "staff.signed_in", subject=f"staff:{agent.id}")
    assert numbers(ask("/entries", subject="lin")) == [signed_in]


def test_pages_follow_each_other_without_a_gap(desk: DeskForTests, ask: Ask, agent: Actor) -> None:
    wanted = [do(desk, agent, "family.revealed") for _ in range(audit_desk.PAGE + 3)]
    first = ask("/entries", deed="family.revealed")
    rest = ask("/entries", deed="family.revealed", before=first["before"])
    assert numbers(first) + numbers(rest) == wanted[::-1]
    assert rest["before"] is None


def test_looks_at_the_audit_stand_in_the_audit_without_what_was_typed(desk: DeskForTests, ask: Ask) -> None:
    ask("/entries", subject="somebody-secret", deed="family.revealed")
    ask("/entries/1")
    ask("/export")
    told = [(one.deed, one.subject, one.why) for one in entries_of(desk)[-3:]]
    assert told == [
        ("audit.searched", "", "deed+subject"),
        ("audit.shown", "audit_entry:1", ""),
        ("audit.exported", "", ""),
    ]
    assert "somebody-secret" not in repr(entries_of(desk))


# ---- one entry in its chain ------------------------------------------------------------------------------


def test_an_entry_says_where_it_stands_and_who_signed_it(desk: DeskForTests, ask: Ask, agent: Actor) -> None:
    before = do(desk, agent, "family.revealed", why="name")
    number = do(desk, agent, "family.revealed", why="phone")
    shown = ask(f"/entries/{number}")
    assert (shown["intact"], shown["follows"], shown["followed"], shown["anchor"]) == (True, True, None, None)
    signed = sign_head(desk.services, {})
    with desk.write() as work:
        auditing.keep_anchor(work, anchor=signed)
    shown = ask(f"/entries/{number}")
    assert shown["followed"] is True
    assert shown["anchor"]["genuine"] is True
    assert shown["anchor"]["number"] >= number
    assert shown["previous"] == ask(f"/entries/{before}")["hash"]


def test_a_changed_entry_says_so_and_so_does_nobody_for_one_that_is_not_there(
    desk: DeskForTests, ask: Ask, agent: Actor
) -> None:
    number = do(desk, agent, "family.revealed")
    change_behind_its_back(desk, number=number)
    assert ask(f"/entries/{number}")["intact"] is False
    assert ask("/entries/999999")["code"] == "audit.entry_not_found"


# ---- how the chain stands --------------------------------------------------------------------------------


def test_the_state_tells_of_the_last_reading_and_names_the_broken_entry(
    desk: DeskForTests, ask: Ask, agent: Actor
) -> None:
    assert ask()["check"] is None
    read_whole(desk)
    whole = ask()["check"]
    assert (whole["broken_number"], whole["asked_by"]) == (None, "")
    number = do(desk, agent, "family.revealed")
    change_behind_its_back(desk, number=number)
    read_whole(desk)
    told = ask()["check"]
    assert (told["broken_number"], told["broken_fault"]) == (number, "changed")
    last = entries_of(desk)[-1]
    assert (last.deed, last.subject, last.why) == ("audit.checked", f"audit_entry:{number}", "changed")


def test_a_reading_is_asked_for_once_and_told_by_whom(desk: DeskForTests, ask: Ask) -> None:
    ask("/checks", method="POST")
    ask("/checks", method="POST")
    assert ask()["checking"] is True
    with desk.read() as session:
        asked = session.execute(text("SELECT id FROM audit_check")).scalars().all()
    assert len(asked) == 1
    read_whole(desk, check_id=asked[0])
    state = ask()
    assert (state["checking"], state["check"]["asked_by"]) == (False, "客服auditor")


def test_an_export_proves_itself_and_holds_that_it_was_made(desk: DeskForTests, ask: Ask, tmp_path: Path) -> None:
    signed = sign_head(desk.services, {})
    with desk.write() as work:
        auditing.keep_anchor(work, anchor=signed)
    archive = zipfile.ZipFile(io.BytesIO(ask("/export").data))
    archive.extractall(tmp_path)
    assert "audit.exported" in (tmp_path / "entries.jsonl").read_text("utf-8").splitlines()[-1]
    script = [sys.executable, "-I", str(tmp_path / "check_export.py"), str(tmp_path)]
    assert subprocess.run(script, check=False, capture_output=True, timeout=120).returncode == 0


def test_who_administers_accounts_or_leads_the_floor_sees_nothing_of_it(
    desk: DeskForTests, client: FlaskClient
) -> None:
    for role in ("admin", "supervisor"):
        sign_in(desk, client, staff_id=desk.add_staff(role, roles=(role,)))
        for path in ("", "/entries", "/entries/1", "/export"):
            assert client.get(AUDIT + path).json["code"] == "auth.not_permitted"


def test_an_auditor_sees_no_conversations(desk: DeskForTests, client: FlaskClient, ask: Ask) -> None:
    desk.add_queue()
    _, conversation_id = desk.waiting_visitor()
    for path in ("/snapshot", "/search", f"/conversations/{conversation_id}"):
        assert client.get("/api/console" + path).json["code"] == "auth.not_permitted"
    assert ask()["length"] > 0
