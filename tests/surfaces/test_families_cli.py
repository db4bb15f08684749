"""`caredesk families import` as somebody at a terminal, or a program, sees it. All people are invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from caredesk.cli.main import main
from caredesk.patients import queries
from tests.fixtures.database import opened_like

HEADING = "guardian_id,guardian,phone,id_number,relation,child_id,child,birth_date,sex\n"
WANG = "G1,王丽娟,13800001001,,mother,C1,刘子墨,2022-04-18,male\n"
SECOND_CHILD = "G1,王丽娟,13800001001,,mother,C2,刘子萱,,\n"


class Terminal:
    """Runs commands on one desk."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._runner = CliRunner(env=environment)
        self._folder = folder
        self._environment = environment

    def bring_in(self, content: str | bytes, *options: str) -> Result:
        file = self._folder / "families.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self._runner.invoke(main, ["families", "import", str(file), *options])

    def report(self, content: str | bytes, *, code: int = 0) -> Any:
        result = self.bring_in(content, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def knows(self, external_id: str) -> bool:
        store = opened_like(self._environment)
        with store.reading() as session:
            found = queries.find_guardian_by_external_id(session, external_id=external_id)
        store.engine.dispose()
        return found is not None


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    return Terminal({"CAREDESK_DATA_DIR": str(tmp_path / "data"), "CAREDESK_DATABASE_URL": database_url}, tmp_path)


def outcomes(report: Any) -> list[tuple[int, str]]:
    return [(row["row"], row["outcome"]) for row in report["rows"]]


def test_families_come_in_once_and_are_brought_up_to_date(terminal: Terminal) -> None:
    first = terminal.report(HEADING + WANG + SECOND_CHILD)
    assert (first["applied"], first["total"]) == (True, 2)
    assert outcomes(first) == [(2, "added"), (3, "added")]
    again = terminal.report(HEADING + WANG.replace("13800001001", "13800001002"))
    assert outcomes(again) == [(2, "changed")]
    assert outcomes(terminal.report(HEADING + WANG.replace("13800001001", "13800001002"))) == [(2, "unchanged")]


def test_one_bad_row_keeps_the_whole_file_out(terminal: Terminal) -> None:
    bad = "G2,,,,aunt,C3,周小雨,2022-13-01,\n"
    report = terminal.report(HEADING + WANG + bad, code=1)
    assert (report["applied"], report["total"], report["refused"]) == (False, 2, 1)
    faults = {(fault["column"], fault["code"]) for fault in report["rows"][0]["faults"]}
    assert faults == {("guardian", "missing"), ("relation", "no_choice"), ("birth_date", "no_date")}
    assert not terminal.knows("G1")


def test_a_report_repeats_no_personal_value(terminal: Terminal) -> None:
    bad = f"G2,{'王' * 61},{'1' * 31},{'9' * 31},mother,C3,周小雨,出生,male,多\n"
    for options in ([], ["--json"]):
        said = terminal.bring_in(HEADING + WANG + bad, *options).output
        assert [value for value in ("王", "111", "999", "周小雨", "出生", "多\n") if value in said] == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("guardian_id,guardian\nG1,王\n", "relation, child_id, child"),
        (b"\x00\x01\x02", "line 0"),
    ],
)
def test_a_file_that_is_no_table_of_families_is_refused_with_its_reason(
    terminal: Terminal, content: str | bytes, told: str
) -> None:
    result = terminal.bring_in(content)
    assert result.exit_code == 1
    assert told in result.stderr


def test_without_a_file_the_usage_is_told(terminal: Terminal) -> None:
    assert CliRunner().invoke(main, ["families", "import", "nowhere.csv"]).exit_code == 2


def test_a_file_of_excel_in_china_is_read(terminal: Terminal) -> None:
    assert outcomes(terminal.report((HEADING + WANG).encode("gb18030"))) == [(2, "added")]
