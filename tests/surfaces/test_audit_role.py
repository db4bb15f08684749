"""The audit kept apart on a real PostgreSQL: a user of the desk's own adds to it and reads it, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from caredesk.actions import auditing
from caredesk.actions.audit_cutting import CutPlan, make_cut
from caredesk.audit.rules import Link
from caredesk.cli.main import main
from caredesk.core.deed import Deed
from caredesk.core.work import SYSTEM
from caredesk.edge.audit_jobs import read_chain, sign_head
from caredesk.edge.services import Services
from caredesk.edge.transactions import write
from caredesk.infra.audit_role import KEPT, rights_too_many, statements_for
from caredesk.infra.checkup.store import check_database
from caredesk.infra.engine import open_store
from caredesk.infra.schema import migrate
from caredesk.settings import Settings
from tests.conventions.source import ROOT
from tests.fixtures.database import SECRETS

_numbers = count(1)


@pytest.fixture
def role(store: str, database_url: str, tmp_path: Path) -> Iterator[str]:
    """A role to which everything was granted by the command that the owner of the tables gives."""
    if store != "postgres":
        pytest.skip("SQLite has no users")
    name = f"desk_role_{next(_numbers)}"
    owner = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'only-a-test-knows'"))
    assert told(database_url, tmp_path, "role", name, "--apply").exit_code == 0
    yield name
    with owner.connect() as connection:
        connection.execute(text(f"DROP OWNED BY {name}"))
        connection.execute(text(f"DROP ROLE {name}"))
    owner.dispose()


def told(url: str, folder: Path, *words: str) -> Result:
    environment = {"CAREDESK_DATABASE_URL": url, "CAREDESK_DATA_DIR": str(folder / "data")}
    return CliRunner(env=environment).invoke(main, ["audit", *words])


@pytest.fixture
def url(role: str, database_url: str) -> str:
    """Where the desk's own user connects."""
    own = make_url(database_url).set(username=role, password="only-a-test-knows")
    return own.render_as_string(hide_password=False)


@pytest.fixture
def apart(url: str, services: Services) -> Iterator[Services]:
    """The desk at work under the role, migrated already, with something in the audit that is signed."""
    opened = open_store(url, secrets=SECRETS)
    migrate(opened)
    desk = Services(**{**vars(services), "store": opened})
    with write(desk, actor=SYSTEM) as work:
        work.attest(Deed("one.done"))
    signed = sign_head(desk, {})
    with write(desk, actor=SYSTEM) as work:
        auditing.keep_anchor(work, anchor=signed)
    yield desk
    opened.engine.dispose()


REFUSED = [
    *(f"UPDATE {table} SET at = now()" for table in KEPT),
    *(f"DELETE FROM {table}" for table in (*KEPT, "audit_head")),
    *(f"TRUNCATE {table}" for table in (*KEPT, "audit_head")),
    *(f"DROP TABLE {table}" for table in (*KEPT, "audit_head")),
    *(f"DROP TRIGGER {table}_kept ON {table}" for table in KEPT),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in KEPT),
    "DROP FUNCTION audit_is_kept() CASCADE",
    "CREATE OR REPLACE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "SET session_replication_role = replica",
    "UPDATE alembic_version SET version_num = '0001'",
]


def test_the_desk_works_under_its_own_user_and_can_change_nothing_of_the_audit(apart: Services, url: str) -> None:
    engine = create_engine(url)
    for statement in REFUSED:
        with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
            connection.execute(text(statement))
        assert refused.type.__name__ == "ProgrammingError", statement
        assert "permission denied" in str(refused.value) or "must be owner" in str(refused.value), statement
    with engine.connect() as connection:
        assert rights_too_many(connection) == []
    engine.dispose()
    assert read_chain(apart, {}).outcome.broken is None


def test_only_the_owner_lets_old_entries_go(apart: Services) -> None:
    anchors = apart.anchors
    assert anchors is not None
    plan = CutPlan(Link(), emptied_until=1)
    with pytest.raises(DBAPIError, match="must be owner"), write(apart, actor=SYSTEM) as work:
        make_cut(work, plan=plan, sign=anchors.sign_cut)
    assert read_chain(apart, {}).outcome.broken is None


def test_doctor_says_whether_the_audit_is_kept_apart(apart: Services, url: str, database_url: str) -> None:
    def found(at: str) -> list[str]:
        opened = open_store(at)
        try:
            findings = list(check_database(Settings(database_url=at), store=opened))
        finally:
            opened.engine.dispose()
        return [one.code for one in findings if one.check == "audit"]

    assert found(url) == ["audit.apart"]
    assert found(database_url) == ["audit.not_apart"]


def test_the_file_for_psql_says_what_the_command_says(tmp_path: Path) -> None:
    written = (ROOT / "deploy" / "postgres" / "audit_role.sql").read_text("utf-8")
    for statement in statements_for("role"):
        assert f'{statement[: -len("role")]}:"role";\n' in written
    url = f"sqlite:///{tmp_path / 'caredesk.db'}"
    shown = told(url, tmp_path, "role", "caredesk_desk")
    assert [line.rstrip(";") for line in shown.output.splitlines()] == list(statements_for("caredesk_desk"))
    assert "Only PostgreSQL has roles" in told(url, tmp_path, "role", "caredesk_desk", "--apply").output
    assert told(url, tmp_path, "role", "x; DROP TABLE staff").exit_code == 1
