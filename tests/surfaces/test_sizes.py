"""What the scaled size needs is told before anything begins, in one sentence that names the setting."""

from __future__ import annotations

from typing import Literal

import pytest
from click.testing import CliRunner, Result

from caredesk.cli.main import main
from caredesk.settings import Settings
from tests.browser.desk_process import free_port

Size = Literal["auto", "embedded", "scaled"]

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


@pytest.mark.parametrize(
    ("size", "database_url", "redis_url", "is_scaled"),
    [
        ("auto", "", "", False),
        ("auto", POSTGRES, "", False),
        ("auto", "", REDIS, False),
        ("auto", "sqlite:///desk.db", REDIS, False),
        ("auto", POSTGRES, REDIS, True),
        ("embedded", POSTGRES, REDIS, False),
        ("scaled", "", "", True),
    ],
)
def test_both_addresses_mean_the_scaled_size_unless_another_is_named(
    size: Size, database_url: str, redis_url: str, is_scaled: bool
) -> None:
    assert Settings(size=size, database_url=database_url, redis_url=redis_url).is_scaled is is_scaled


def test_a_desk_with_both_addresses_asks_for_both_before_it_begins() -> None:
    where = {"database_url": POSTGRES.format(port=free_port()), "redis_url": REDIS.format(port=free_port())}
    result = start(["run", "--port", "0"], **where)
    assert result.exit_code == 1
    assert result.output.startswith("PostgreSQL does not answer at CAREDESK_DATABASE_URL.")


def test_a_size_that_is_none_is_wrong_usage() -> None:
    result = start(["run"], size="enormous")
    assert result.exit_code == 2
    assert "CAREDESK_SIZE" in result.output
