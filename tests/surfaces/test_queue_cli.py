"""`caredesk queue policy | replay | honesty | faults` as somebody at a terminal sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from caredesk.cli.main import main
from caredesk.queue.models import RoutingDecision
from tests.fixtures.desk import DeskForTests


class Terminal:
    """Runs commands on the desk of a test."""

    def __init__(self, url: str, folder: Path) -> None:
        self._runner = CliRunner(env={"CAREDESK_DATABASE_URL": url, "CAREDESK_DATA_DIR": str(folder / "data")})
        self._folder = folder

    def run(self, *arguments: str) -> Result:
        return self._runner.invoke(main, ["queue", *arguments])

    def file(self, content: str) -> str:
        path = self._folder / "policy.yaml"
        path.write_text(content, encoding="utf-8")
        return str(path)


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    return Terminal(database_url, tmp_path)


def test_a_policy_goes_out_is_changed_comes_in_and_is_taken_back(terminal: Terminal) -> None:
    shown = terminal.run("policy", "show").stdout
    changed = terminal.file(shown.replace("limit: 3", "limit: 5"))
    assert "before: {'limit': 3}" in terminal.run("policy", "check", changed).stdout
    applied = terminal.run("policy", "apply", changed, "--note", "高峰期放宽")
    assert (applied.exit_code, applied.stdout.splitlines()[-1]) == (0, "version 2 holds")
    assert terminal.run("policy", "apply", changed).stdout.splitlines()[0] == "nothing changes"
    assert terminal.run("policy", "activate", "1", "--reason", "高峰过了").stdout.endswith("version 1 holds\n")
    history = json.loads(terminal.run("policy", "history", "--json").stdout)
    assert [(one["version"], one["reason"]) for one in history] == [(1, "高峰过了"), (2, "高峰期放宽")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("rules: [{rule: magic}]", "rules.0: union_tag_invalid"),
        ("rules: [", "neither YAML nor JSON"),
        ("just words", "rules: not_a_list"),
        (
            "rules: [{rule: least_loaded}, {rule: overflow, queue: a, to: b, after_seconds: 5}]",
            "overflow.queue: queue_unknown",
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_fault_and_changes_nothing(terminal: Terminal, content: str, said: str) -> None:
    for command in ("check", "apply"):
        refused = terminal.run("policy", command, terminal.file(content))
        assert refused.exit_code == 1
        assert said in refused.stderr
    assert terminal.run("policy", "show").stdout.startswith("# version 1\n")


def test_unknown_versions_and_decisions_are_refused(terminal: Terminal) -> None:
    for arguments in (("policy", "activate", "9"), ("policy", "show", "--version", "9"), ("replay", "nothing")):
        assert terminal.run(*arguments).exit_code == 1


def test_a_decision_is_made_again_at_the_terminal(desk: DeskForTests, terminal: Terminal) -> None:
    queue_id = desk.add_queue()
    desk.add_agent("lin", queues=[queue_id])
    desk.add_agent("bo", queues=[queue_id], ready=False)
    desk.waiting_visitor()
    desk.run_jobs()
    with desk.read() as session:
        decision_id = session.scalars(select(RoutingDecision.id)).one()
    again = terminal.run("replay", decision_id)
    assert again.exit_code == 0, again.output
    assert "客服lin" in again.stdout
    assert "not_connected, not_ready" in again.stdout
    assert "decided by being the only one" in again.stdout


def test_a_desk_without_waits_and_faults_says_so(terminal: Terminal) -> None:
    assert terminal.run("honesty").stdout == "no wait that was told has ended yet\n"
    assert terminal.run("faults").stdout == "none\n"


def test_the_report_of_what_was_taken_out_of_order_can_be_printed(terminal: Terminal) -> None:
    assert terminal.run("claims").stdout == "nothing was taken out of its order\n"
    assert json.loads(terminal.run("claims", "--days", "3", "--json").stdout) == []
