"""`caredesk staffing` as somebody at a terminal sees it: need, forecast, proposal, and rosters out and in as files."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from caredesk.cli.main import main
from caredesk.core.clock import SystemClock, clinic_time
from caredesk.staffing import queries
from caredesk.staffing.grid import grid_of, monday_of
from tests.fixtures.desk import OFFICE, DeskForTests

WEEK = monday_of(clinic_time(SystemClock().now()).date()) + timedelta(days=14)
"""The week after next: commands go by the machine's clock, and what is past cannot be rostered."""
DAYS = [(WEEK + timedelta(days=n)).isoformat() for n in range(7)]
HEADING = "账号,日期,开始,结束\n"


class Terminal:
    """Runs commands on the desk of a test."""

    def __init__(self, url: str, folder: Path) -> None:
        self._runner = CliRunner(env={"CAREDESK_DATABASE_URL": url, "CAREDESK_DATA_DIR": str(folder / "data")})
        self.folder = folder

    def run(self, *arguments: str) -> Result:
        return self._runner.invoke(main, ["staffing", *arguments])

    def json(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def file(self, *lines: str, heading: str = HEADING) -> str:
        path = self.folder / "roster.csv"
        path.write_text(heading + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        return str(path)


@pytest.fixture
def terminal(desk: DeskForTests, database_url: str, tmp_path: Path) -> Terminal:
    """A desk with a queue that is open from eight to six, and two agents."""
    queue = desk.add_queue(hours=OFFICE)
    for login in ("lin", "wang"):
        desk.add_agent(login, queues=[queue], ready=False)
    return Terminal(database_url, tmp_path)


def count_shifts(desk: DeskForTests) -> int:
    grid = grid_of(WEEK, days=7)
    with desk.read() as session:
        return len(queries.list_shifts(session, since=grid.starts_at, until=grid.ends_at))


# ---- figures ---------------------------------------------------------------------------------------------


def test_need_is_told_by_hour_for_people_and_by_quarter_for_programs(terminal: Terminal) -> None:
    lines = terminal.run("need", "--day", DAYS[0]).stdout.splitlines()
    assert lines[0].split() == [DAYS[0], "needed", "rostered", "missing"]
    assert [line.split()[0] for line in lines[1:]] == [f"{hour:02}:00" for hour in range(8, 18)]
    quarters = terminal.json("need", "--day", DAYS[0])
    assert len(quarters) == 96
    assert (quarters[31]["need"], quarters[32]["need"], quarters[32]["missing"]) == (0, 1, 1)


def test_a_forecast_without_history_says_so(terminal: Terminal) -> None:
    assert "no held-out week yet" in terminal.run("forecast", "--week", DAYS[0]).stdout
    (queue,) = terminal.json("forecast", "--week", DAYS[3])["queues"]
    assert (queue["queue"], len(queue["contacts_by_day"]), queue["learned_from"]) == ("general", 7, 0)
    assert queue["wape_day"] is None


# ---- the proposal ----------------------------------------------------------------------------------------


def test_a_proposal_is_printed_and_applied_only_when_asked(terminal: Terminal, desk: DeskForTests) -> None:
    said = terminal.run("propose", "--week", DAYS[0], "--seconds", "5").stdout
    assert said.startswith("missing quarters 280 -> ")
    assert count_shifts(desk) == 0
    said = terminal.run("propose", "--week", DAYS[0], "--seconds", "5", "--apply").stdout
    assert "applied as change " in said
    assert count_shifts(desk) == sum(line.startswith("+ ") for line in said.splitlines()) > 0


# ---- files -----------------------------------------------------------------------------------------------


def test_a_roster_goes_in_once_and_out_as_table_and_calendar(terminal: Terminal, desk: DeskForTests) -> None:
    file = terminal.file(f"lin,{DAYS[0]},08:00,16:00", f"wang,{DAYS[1]},10:00,14:00")
    assert "added 2, unchanged 0, refused 0" in terminal.run("import", file, "--dry-run").stdout
    assert count_shifts(desk) == 0
    assert terminal.run("import", file).exit_code == 0
    assert "added 0, unchanged 2, refused 0" in terminal.run("import", file).stdout
    assert count_shifts(desk) == 2
    table, calendar = terminal.folder / "week.xlsx", terminal.folder / "lin.ics"
    assert "2 shifts" in terminal.run("export", str(table), "--week", DAYS[2]).stdout
    assert load_workbook(table).active is not None
    assert "1 shifts" in terminal.run("export", str(calendar), "--week", DAYS[2], "--agent", "lin").stdout
    assert calendar.read_text("utf-8").count("BEGIN:VEVENT") == 1


def test_a_table_that_was_exported_comes_in_again_unchanged(terminal: Terminal) -> None:
    terminal.run("import", terminal.file(f"lin,{DAYS[0]},08:00,16:00"))
    table = terminal.folder / "week.xlsx"
    terminal.run("export", str(table), "--week", DAYS[0])
    assert "added 0, unchanged 1, refused 0" in terminal.run("import", str(table)).stdout


def test_bad_rows_are_told_one_by_one_and_nothing_comes_in(terminal: Terminal, desk: DeskForTests) -> None:
    file = terminal.file(
        f"lin,{DAYS[0]},08:00,16:00",
        f"wer,{DAYS[0]},08:00,16:00",
        "lin,2026-13-01,08:00,16:00",
        f"lin,{DAYS[1]},8点,16:00",
        f"lin,{DAYS[0]},15:00,19:00",
        f"wang,{DAYS[2]},08:00,08:30",
        f"wang,{DAYS[3]},06:00,23:00",
        "wang,2031-01-01,08:00,16:00",
    )
    result = terminal.run("import", file)
    assert result.exit_code == 1
    faults = dict(line.removeprefix("line ").split()[:2] for line in result.stdout.splitlines()[:-1])
    assert faults == {
        "3:": "agent_unknown",
        "4:": "bad_date",
        "5:": "bad_time",
        "6:": "overlaps",
        "7:": "too_short",
        "8:": "too_long",
        "9:": "date_far",
    }
    assert result.stdout.splitlines()[-1] == "added 1, unchanged 0, refused 7"
    assert count_shifts(desk) == 0


def test_three_wrong_rows_of_five_thousand_are_named_and_nothing_comes_in(
    terminal: Terminal, desk: DeskForTests
) -> None:
    lines = []
    for n in range(5000):
        day, hour = WEEK + timedelta(days=n // 2 % 340), n // 680 * 2
        lines.append(f"{('lin', 'wang')[n % 2]},{day},{hour:02}:00,{hour + 2:02}:00")
    lines[10], lines[300] = lines[10].replace("lin", "nobody"), lines[300].replace("00:00", "25:00")
    lines[4999] = f"lin,{DAYS[0]},20:00,20:15"
    result = terminal.run("import", terminal.file(*lines))
    assert result.exit_code == 1
    told = [line.split(":")[0] for line in result.stdout.splitlines() if line.startswith("line ")]
    assert told == ["line 12", "line 302", "line 5001"]
    assert count_shifts(desk) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("import", "/nowhere.csv"), 2, "does not exist"),
        (("export", "week.pdf"), 1, "only .xlsx and .ics"),
        (("export", "week.ics", "--agent", "nobody"), 1, "nobody"),
        (("need", "--day", "tomorrow"), 2, "--day"),
        (("propose", "--seconds", "0"), 2, "--seconds"),
        (("forecast", "--week", "2026-02-30"), 2, "--week"),
    ],
)
def test_wrong_usage_is_told_on_standard_error(
    terminal: Terminal, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = terminal.run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_file_that_is_no_roster_is_refused(terminal: Terminal) -> None:
    result = terminal.run("import", terminal.file("lin,08:00", heading="login,when\n"))
    assert result.exit_code == 1
    assert "roster.file_unreadable" in result.stderr
