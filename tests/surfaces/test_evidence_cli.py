"""`caredesk evidence` at a terminal: by conversation, call and request, with the recordings when two people say so."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caredesk.accounts.access_rules import AccessTable, Reach, default_table
from caredesk.accounts.rules import Role
from caredesk.actions.access_desk import change_table
from caredesk.actions.export_approvals import ask_for_approval, decide_approval
from caredesk.assistance.models import AssistRequest
from caredesk.cli.main import main
from caredesk.conversations.models import BotTurn
from caredesk.core.clock import SystemClock
from caredesk.core.ids import new_id
from caredesk.core.work import Actor
from caredesk.edge.services import Services
from caredesk.evidence.verify_bundle import check_bundle
from caredesk.evidence.verify_bundle import main as check
from caredesk.infra.profiles import build_services
from caredesk.knowledge_base.models import KbEntry, KbVersion
from caredesk.settings import Settings
from caredesk.telephony.models import Call
from caredesk.telephony.recording_models import Recording
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import PHONE, name_hospital

SOUND = b"RIFF" + bytes(range(256))
# What the tests' store is opened with, as `SECRETS` of tests/fixtures/database.py.
KEYS = {
    "CAREDESK_PERSONAL_KEYS": "a-master-key-that-only-tests-know",
    "CAREDESK_PERSONAL_INDEX_SECRET": "an-index-secret-that-only-tests-know",
}


@pytest.fixture
def desk_now(desk: DeskForTests) -> DeskForTests:
    """A desk at today's time: a command has no other clock."""
    desk.clock.advance(seconds=(SystemClock().now() - desk.clock.now()).total_seconds())
    return desk


@pytest.fixture
def commands(desk: DeskForTests, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The desk as commands open it, with the keys that they have."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    services = build_services(Settings(data_dir=desk.services.settings.data_dir, database_url=database_url))
    yield services
    services.store.engine.dispose()


@pytest.fixture
def talk(desk_now: DeskForTests, commands: Services) -> str:
    """A conversation with everything that may belong to one: a call, its recording, a request, a quoted answer."""
    desk = desk_now
    name_hospital(desk)
    _, agent, conversation_id = desk.served_conversation()
    call_id, recording_id = new_id(), new_id()
    size = commands.recordings.keep(recording_id, [SOUND])
    with desk.write() as work:
        work.session.add(
            Call(
                id=call_id,
                conversation_id=conversation_id,
                engine="e",
                direction="in",
                phase="ended",
                state={},
                caller=PHONE,
                agent_id=agent,
                recording_id=recording_id,
                started_at=work.now - timedelta(minutes=5),
                ended_at=work.now,
            )
        )
        work.session.add(
            Recording(
                id=recording_id,
                call_id=call_id,
                kind="call",
                seconds=1.0,
                channels=2,
                size=size,
                sha256="0" * 64,
                key_id="0" * 16,
                peaks=[],
                kept_at=work.now,
            )
        )
        work.session.add(
            AssistRequest(
                id=new_id(),
                conversation_id=conversation_id,
                type_key="free_text",
                sender="staff:x",
                client_key=desk.key(),
                form={},
                raised_at=work.now,
                report_due_at=work.now + timedelta(minutes=30),
            )
        )
        quote(work.session, conversation_id=conversation_id, at=work.now)
    return conversation_id


def quote(session: object, *, conversation_id: str, at: object) -> None:
    """Have the assistant quote the second of three versions, which was the one that was served."""
    words = {"category": "c", "question": "退款多久", "similar": [], "source": "收费处", "owner": "o"}
    rows: list[object] = [
        KbEntry(id="refund", answer="现在的", state="published", created_at=at, updated_at=at, **words)
    ]
    times = [at - timedelta(days=9), at - timedelta(days=1), at + timedelta(days=1)]  # type: ignore[operator]
    rows += [
        KbVersion(
            id=new_id(),
            entry_id="refund",
            version=number,
            answer=f"第{number}版",
            popular=False,
            created_at=when,
            created_by="editor",
            published_at=when,
            **words,
        )
        for number, when in enumerate(times, start=1)
    ]
    rows.append(
        BotTurn(
            id=new_id(),
            conversation_id=conversation_id,
            question_id=new_id(),
            outcome="answer",
            kb_entry_id="refund",
            confidence=0.9,
            candidates=[],
            index_version="2",
            at=at,
        )
    )
    for row in rows:
        session.add(row)  # type: ignore[attr-defined]
        session.flush()  # type: ignore[attr-defined]


@pytest.fixture
def terminal(database_url: str, desk_now: DeskForTests) -> CliRunner:
    data = desk_now.services.settings.data_dir
    return CliRunner(env={"CAREDESK_DATABASE_URL": database_url, "CAREDESK_DATA_DIR": str(data), **KEYS})


def seal(terminal: CliRunner, folder: Path, *words: str) -> Result:
    return terminal.invoke(main, ["evidence", *words, "--purpose", "dispute", "--to", str(folder), "--json"])


def ids_of(desk: DeskForTests, talk: str) -> dict[str, str]:
    with desk.read() as session:
        call = session.query(Call).one().id
        request = session.query(AssistRequest).one().id
    return {"conversation": desk.conversation(talk).number, "call": call, "request": request}


def test_each_of_the_three_leads_to_the_same_conversation_whole(
    desk: DeskForTests, terminal: CliRunner, talk: str, tmp_path: Path
) -> None:
    for kind, thing in ids_of(desk, talk).items():
        told = json.loads(seal(terminal, tmp_path / kind, kind, thing).stdout)
        found = check_bundle(Path(told["file"]), key=told["public_key"])
        assert found.manifest["subject"] == f"conversation {desk.conversation(talk).number}"
        assert (tmp_path / kind / "verify_bundle.py").exists()
        with zipfile.ZipFile(told["file"]) as bundle:
            about = json.loads(bundle.read("about.json"))
            assert not [name for name in bundle.namelist() if name.startswith("recordings/")]
            assert PHONE not in bundle.read("about.json").decode()
        assert [one["answer"] for one in about["knowledge"]] == ["第2版"]
        assert [one["size"] for one in about["recordings"]] == [len(SOUND)]
        assert about["request"]["report_due_at"] is not None
        assert check([told["file"], "--key", told["public_key"]]) == 0


def test_with_a_request_that_was_allowed_the_sound_is_inside_for_who_may_hear_it(
    desk: DeskForTests, terminal: CliRunner, talk: str, tmp_path: Path
) -> None:
    asker, second = (desk.add_staff(login, roles=("supervisor",)) for login in ("asker", "second"))
    with desk.write(actor=Actor("staff", asker)) as work:
        who = desk.as_supervisor(asker)
        asked = ask_for_approval(work, conversation_id=talk, who=who, purpose="dispute", reason="律师要求原始录音")
    refused = seal(terminal, tmp_path / "early", "conversation", talk, "--approval", asked.id)
    assert (refused.exit_code, refused.stderr.strip()) == (1, "Nothing was sealed: export.not_approved.")
    with desk.write(actor=Actor("staff", second)) as work:
        decide_approval(work, approval_id=asked.id, staff_id=second, approve=True)
    told = json.loads(seal(terminal, tmp_path / "late", "conversation", talk, "--approval", asked.id).stdout)
    with zipfile.ZipFile(told["file"]) as bundle:
        sounds = [bundle.read(name) for name in bundle.namelist() if name.startswith("recordings/")]
        assert PHONE in bundle.read("about.json").decode()
    assert sounds == [SOUND]
    assert check_bundle(Path(told["file"])).manifest["masked"] is False
    with desk.write(actor=Actor("staff", second)) as work:
        change_table(work, table=without_recordings(), expected=0, note="")
    told = json.loads(seal(terminal, tmp_path / "mute", "conversation", talk, "--approval", asked.id).stdout)
    with zipfile.ZipFile(told["file"]) as bundle:
        assert not [name for name in bundle.namelist() if name.startswith("recordings/")]
    assert check_bundle(Path(told["file"])).manifest["masked"] is False


def without_recordings() -> AccessTable:
    """Return the usual table, but supervisors hear no recordings."""
    table = default_table()
    roles = [
        one.model_copy(update={"recording": Reach.NONE}) if one.role is Role.SUPERVISOR else one for one in table.roles
    ]
    return table.model_copy(update={"roles": roles})


@pytest.mark.parametrize("kind", ["conversation", "call", "request"])
def test_what_is_not_there_is_not_sealed(terminal: CliRunner, talk: str, tmp_path: Path, kind: str) -> None:
    assert seal(terminal, tmp_path / "none", kind, new_id()).exit_code == 1
    assert not (tmp_path / "none").exists()
