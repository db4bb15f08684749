"""The commands of `dev.py`: what is checked once in CI, and that a check without tests says so."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from devtools import side_by_side
from devtools.programs import StepFailed
from tests.conventions.source import ROOT
from tests.fixtures.together import FOLDERS, Together


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch, ran: list[str]) -> ModuleType:
    """`dev.py` whose programs only note that they were started, and pass."""
    spec = importlib.util.spec_from_file_location("dev_under_test", ROOT / "dev.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "dev_under_test", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "prepare", lambda _steps, _extras: None)
    monkeypatch.setattr(module, "build_front_end", lambda: None)

    def succeeds(command: list[str | Path]) -> bool:
        ran.append(" ".join(Path(word).name for word in command))
        return True

    monkeypatch.setattr(module, "succeeds", succeeds)
    monkeypatch.setattr(module, "exit_code", lambda command: not succeeds(command))
    return module


def chosen_tests(ran: list[str]) -> list[str]:
    return [command for command in ran if "pytest" in command or "webbuild test" in command]


def test_a_check_without_tests_runs_every_linter_and_no_test(dev: ModuleType, ran: list[str]) -> None:
    assert dev.check(["--without-tests"]) == 0
    alone = list(ran)
    assert chosen_tests(alone) == []
    ran.clear()
    dev.check([])
    assert [command for command in ran if command not in chosen_tests(ran)] == alone != []
    assert len(chosen_tests(ran)) == 2


def test_a_check_in_which_no_test_ran_is_a_failure_unless_none_was_wanted(
    dev: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dev.check([]) == 1
    assert "Failed: no test was run" in capsys.readouterr().out


def test_ci_runs_each_test_once() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("python3 dev.py")] == [
        "python3 dev.py check --without-tests",
        "python3 dev.py build",
        "python3 dev.py test",
    ]


def test_with_the_hotline_the_desk_gets_the_other_options_and_both_know_its_port(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[list[str], str, str]] = []
    monkeypatch.setattr(dev.debian, "install", lambda *_wanted: None)
    monkeypatch.setattr(dev, "require_free_port", lambda _options: None)

    def run_both(_python: Path, *, options: list[str], host: str, port: str) -> int:
        begun.append((options, host, port))
        return 0

    monkeypatch.setattr(dev, "run_both", run_both)
    assert dev.run(["--hotline", "--port", "5012", "--calm"]) == 0
    assert begun == [(["--port", "5012", "--calm"], "127.0.0.1", "5012")]


def test_without_options_the_desk_listens_where_the_readme_says(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(dev, "require_free_port", lambda options: started.append([*dev.address_of(options)]))
    monkeypatch.setattr(dev.os, "execv", lambda _python, command: started.append(command[1:]))
    for name in ("CAREDESK_HOST", "CAREDESK_PORT"):
        monkeypatch.delenv(name, raising=False)

    # It takes the place of the process; here it returns, and what would follow is the hotline's.
    monkeypatch.setattr(dev, "run_both", lambda *_command, **_options: 0)
    dev.run([])

    assert started == [["127.0.0.1", "5000"], ["-m", "caredesk", "run", "--demo"]]


@pytest.mark.parametrize(
    ("options", "port"),
    [([], "5000"), (["--port", "5001"], "5001"), (["--port=5001"], "5001"), (["--host", "::1", "--port"], "5000")],
)
def test_the_port_is_read_in_every_way_that_it_may_be_given(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, options: list[str], port: str
) -> None:
    monkeypatch.delenv("CAREDESK_PORT", raising=False)

    assert dev.address_of(options)[1] == port


def test_the_hotline_needs_a_port_that_it_can_be_told() -> None:
    with pytest.raises(StepFailed, match="port"):
        side_by_side.run_both(Path("python"), options=[], host="127.0.0.1", port="0")


def test_what_one_process_runs_is_found_by_where_it_stands() -> None:
    assert [place for place in FOLDERS if not (ROOT / place).exists()] == []
    sharing = Together.__new__(Together)
    assert {sharing._split_scope(f"tests/telephony/test_{name}.py::test_it[a@b]") for name in "ab"} == {FOLDERS[0]}
    assert sharing._split_scope("tests/live/test_a.py::test_it") == "tests/live/test_a.py::test_it"
