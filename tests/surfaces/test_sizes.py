"""What the scaled size needs is told before anything begins, in one sentence that names the setting."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from caredesk.cli.main import main
from tests.browser.desk_process import free_port

POSTGRES = "postgresql+psycopg://nobody:secret-word@127.0.0.1:{port}/nothing"
REDIS = "redis://:secret-word@127.0.0.1:{port}/0"
COMMANDS = [["run", "--size", "scaled", "--port", "0"], ["worker"], ["timer"]]


def start(command: list[str], **settings: str) -> Result:
    environment = {f"CAREDESK_{name.upper()}": value for name, value in settings.items()}
    return CliRunner().invoke(main, command, env=environment)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_postgresql_nothing_begins(command: list[str]) -> None:
    result = start(command, database_url="", redis_url=REDIS.format(port=free_port()))
    assert (result.exit_code, result.output) == (
        1,
        "The scaled size needs PostgreSQL: set CAREDESK_DATABASE_URL=postgresql+psycopg://…\n",
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_redis_nothing_begins(command: list[str]) -> None:
    result = start(command, database_url=POSTGRES.format(port=free_port()), redis_url="")
    assert (result.exit_code, result.output) == (
        1,
        "The scaled size needs Redis or Valkey: set CAREDESK_REDIS_URL=redis://…\n",
    )


def test_a_postgresql_that_does_not_answer_is_named_and_its_password_is_not() -> None:
    result = start(["worker"], database_url=POSTGRES.format(port=free_port()), redis_url=REDIS.format(port=free_port()))
    assert result.exit_code == 1
    assert result.output.startswith("PostgreSQL does not answer at CAREDESK_DATABASE_URL.")
    assert "secret-word" not in result.output


def test_a_size_that_is_none_is_wrong_usage() -> None:
    result = start(["run"], size="enormous")
    assert result.exit_code == 2
    assert "CAREDESK_SIZE" in result.output
