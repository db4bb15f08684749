"""`caredesk user` as an administrator types it: output and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caredesk.actions.accounts import check_password
from caredesk.cli.main import main
from caredesk.edge.transactions import read
from caredesk.infra.profiles import build_services
from caredesk.settings import Settings

pytestmark = pytest.mark.usefixtures("quick_hashing")

PASSWORD = "correct horse battery"
Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Run `caredesk user …` on a fresh database."""
    environment = {"CAREDESK_DATABASE_URL": database_url, "CAREDESK_DATA_DIR": str(tmp_path / "data")}

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, ["user", *words], input=typed, env=environment)

    return run


@pytest.fixture
def signs_in(database_url: str, tmp_path: Path) -> Callable[[str], bool]:
    """Tell whether a password is that of lina."""

    def signs_in(password: str) -> bool:
        services = build_services(Settings(database_url=database_url, data_dir=tmp_path / "data"))
        with read(services) as session:
            found = check_password(session, login="lina", password=password).staff_id is not None
        services.store.engine.dispose()
        return found

    return signs_in


def add_lina(run: Run, *options: str, typed: str = f"{PASSWORD}\n") -> Result:
    return run("add", "Lina", "--name", "李娜", "--role", "agent", "--role", "supervisor", *options, typed=typed)


def listed(run: Run) -> list[dict[str, object]]:
    return json.loads(run("list", "--json").stdout)


def test_a_piped_password_opens_an_account(run: Run, signs_in: Callable[[str], bool]) -> None:
    result = add_lina(run, "--password-stdin")
    assert (result.exit_code, result.stdout) == (0, "Added lina (agent, supervisor).\n")
    assert signs_in(PASSWORD)
    [person] = listed(run)
    assert (person["login"], person["name"], person["active"]) == ("lina", "李娜", True)
    assert not any("password" in key for key in person)


def test_a_typed_password_is_asked_twice_and_not_shown(run: Run, signs_in: Callable[[str], bool]) -> None:
    result = add_lina(run, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert signs_in(PASSWORD)


def test_a_generated_password_is_shown_once_and_works(run: Run, signs_in: Callable[[str], bool]) -> None:
    result = add_lina(run, "--generate")
    password = result.stdout.strip().rpartition(" ")[2]
    assert len(password) == 23
    assert signs_in(password)


def test_a_new_password_replaces_the_old_one(run: Run, signs_in: Callable[[str], bool]) -> None:
    add_lina(run, "--password-stdin")
    assert run("password", "LINA", "--password-stdin", typed="another long sentence\n").exit_code == 0
    assert signs_in("another long sentence")
    assert not signs_in(PASSWORD)


def test_a_closed_account_does_not_sign_in_until_it_is_opened(run: Run, signs_in: Callable[[str], bool]) -> None:
    add_lina(run, "--password-stdin")
    assert run("disable", "lina").exit_code == 0
    assert not signs_in(PASSWORD)
    assert "(closed)" in run("list").stdout
    assert run("enable", "lina").exit_code == 0
    assert signs_in(PASSWORD)


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (("add", "lina", "--name", "x", "--role", "agent", "--password-stdin"), PASSWORD, "an account with this login"),
        (("add", "wang", "--name", "x", "--role", "agent", "--password-stdin"), "short", "too short"),
        (("add", "w g", "--name", "x", "--role", "agent", "--password-stdin"), PASSWORD, "A login has"),
        (("add", "wang", "--name", "名" * 61, "--role", "agent", "--password-stdin"), PASSWORD, "A name has"),
        (("password", "nobody", "--password-stdin"), PASSWORD, "no account"),
        (("disable", "nobody"), "", "no account"),
    ],
)
def test_a_refusal_is_a_sentence_and_exit_code_1(run: Run, words: tuple[str, ...], typed: str, sentence: str) -> None:
    add_lina(run, "--password-stdin")
    result = run(*words, typed=f"{typed}\n")
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert len(listed(run)) == 1


@pytest.mark.parametrize("words", [("add", "x"), ("add", "x", "--name", "x", "--role", "boss"), ("fly",)])
def test_a_command_that_makes_no_sense_is_exit_code_2(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_ways_are_noted_and_what_reaches_nobody_is_refused(run: Run) -> None:
    add_lina(run, "--password-stdin")
    noted = run("ways", "Lina", "--phone", "138 0000 1234", "--wecom", "LiNa", "--department", "skin")
    assert (noted.exit_code, noted.stdout) == (0, "Noted for lina: phone, wecom_id, department_id.\n")
    refused = run("ways", "lina", "--phone", "010-12345678")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "no number that a text message reaches" in refused.stderr
    assert run("ways", "nobody", "--phone", "13800001234").exit_code == 1


def test_sign_ins_by_other_systems_are_listed(run: Run) -> None:
    add_lina(run, "--password-stdin")
    assert (run("sign-ins").stdout, json.loads(run("sign-ins", "lina", "--json").stdout)) == ("", [])
    assert run("sign-ins", "nobody").exit_code == 1
