"""A database that a newer release has migrated: who runs goes on (`test_readiness.py`), and nobody older begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from caredesk.cli.main import main
from caredesk.core.store import Store


@pytest.mark.parametrize("command", ["migrate", "audit verify"])
def test_a_command_of_an_older_release_ends_with_a_sentence(
    database: Store, database_url: str, tmp_path: Path, command: str
) -> None:
    with database.engine.connect().execution_options(writes=True) as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
        connection.commit()
    settings = {"CAREDESK_DATABASE_URL": database_url, "CAREDESK_DATA_DIR": str(tmp_path / "data")}
    told = CliRunner(env=settings).invoke(main, command.split())
    assert told.exit_code == 1
    assert "A newer caredesk has migrated the database" in told.stderr
    with database.engine.connect() as connection:
        assert connection.scalar(text("select version_num from alembic_version")) == "9999"
