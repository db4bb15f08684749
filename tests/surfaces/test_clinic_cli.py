"""`caredesk clinic`, `caredesk queue` and `caredesk demo` as somebody at a terminal, or a program, sees them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from caredesk.cli.main import main
from caredesk.infra.engine import open_store
from caredesk.queue.models import Queue
from tests.fixtures.database import PostgresDatabases, SqliteDatabases

HEADING = "department,doctor,date,start,end,kind,status\n"
MORNING = "皮肤科,吴安然,{d},08:30,11:30,上午,开诊\n"
NIGHT = "night-clinic,,{d},20:00,08:00,night,scheduled\n"
_weeks = count()
QUEUES = ("general", "booking", "medicine", "assistant")


class Terminal:
    """Runs commands on one desk."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._runner = CliRunner(env=environment)
        self._folder = folder

    def run(self, *arguments: str) -> Result:
        return self._runner.invoke(main, arguments)

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def file(self, content: str | bytes, *, name: str = "week.csv") -> str:
        path = self._folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    return Terminal({"CAREDESK_DATA_DIR": str(tmp_path / "data"), "CAREDESK_DATABASE_URL": database_url}, tmp_path)


@pytest.fixture(scope="module")
def demo_terminal(databases: SqliteDatabases | PostgresDatabases, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A desk with the demo hospital, loaded once because the tests keep out of each other's years.

    Its general queue follows the clinic alone here; the demo's is open by day in any case.
    """
    folder = tmp_path_factory.mktemp("demo")
    url = databases.make(folder)
    terminal = Terminal({"CAREDESK_DATA_DIR": str(folder), "CAREDESK_DATABASE_URL": url}, folder)
    result = terminal.run("demo", "load")
    assert result.exit_code == 0, result.output
    store = open_store(url)
    with store.writing() as session:
        session.execute(update(Queue).where(Queue.key == "general").values(fixed_hours={}))
        session.commit()
    store.engine.dispose()
    return terminal


@dataclass(frozen=True)
class Week:
    """The demo desk and a Monday that no other test knows; `{d}` and `{next}` in texts are it and its Tuesday."""

    desk: Terminal
    monday: date

    def file(self, *lines: str, encoding: str = "utf-8") -> str:
        return self.desk.file(self.dated(HEADING + "".join(lines)).encode(encoding))

    def imported(self, *lines: str, code: int = 0) -> Any:
        return self.desk.json("clinic", "import", self.file(*lines), code=code)

    def queues(self, at: str) -> dict[str, Any]:
        return {queue["key"]: queue for queue in self.status(at)["queues"]}

    def status(self, at: str) -> Any:
        return self.desk.json("queue", "status", "--at", self.dated(at))

    def dated(self, text: str) -> str:
        return text.replace("{d}", str(self.monday)).replace("{next}", str(self.monday + timedelta(days=1)))


@pytest.fixture
def week(demo_terminal: Terminal) -> Week:
    # More than a year apart: what one test schedules is beyond what the next one can see.
    return Week(demo_terminal, date(2027, 3, 1) + next(_weeks) * timedelta(weeks=53))


def outcomes(report: dict[str, Any]) -> list[str]:
    return [row["outcome"] for row in report["rows"]]


def codes(report: dict[str, Any]) -> dict[int, list[str]]:
    return {row["row"]: [fault["code"] for fault in row["faults"]] for row in report["rows"] if row["faults"]}


# ---- demo load -------------------------------------------------------------------------------------------


def test_loading_the_demo_twice_adds_nothing_the_second_time(terminal: Terminal) -> None:
    first = terminal.json("demo", "load")
    assert first["added"]["doctors"] == 40
    assert terminal.json("demo", "load")["total"] == 0
    assert "was there already" in terminal.run("demo", "load").output


def test_a_folder_without_a_hospital_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    result = terminal.run("demo", "load", "--folder", str(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "hospital.yaml" in result.stderr


# ---- queue status ----------------------------------------------------------------------------------------


def test_a_fresh_desk_has_no_queues_and_says_what_to_do(terminal: Terminal) -> None:
    assert terminal.json("queue", "status")["queues"] == []
    assert "caredesk demo load" in terminal.run("queue", "status").output


def test_the_state_of_each_queue_is_told_with_reason_and_next_change(week: Week) -> None:
    week.imported(MORNING, NIGHT)
    queues = week.queues("{d}T09:00:00+08:00")
    assert tuple(queues) == QUEUES
    general = queues["general"]
    assert (general["open"], general["reason"]) == (True, "in_session")
    assert datetime.fromisoformat(general["next_change"]) == datetime.fromisoformat(week.dated("{d}T12:00+08:00"))
    assert datetime.fromisoformat(general["next_open"]) == datetime.fromisoformat(week.dated("{d}T19:30+08:00"))
    assert [session["department"] for session in general["sessions"]] == ["皮肤科"]
    assert general["why"] == {"zh": "开诊中", "en": "a clinic session is running"}
    assert week.queues("{d}T15:00:00+08:00")["general"]["open"] is False
    assert week.queues("{next}T03:00:00+08:00")["general"]["reason"] == "in_session"
    assert queues["booking"]["reason"] == "fixed_hours"


@pytest.mark.parametrize("at", ["{d}T01:00:00Z", "{d}T09:00:00+08:00", "{d} 09:00"])
def test_a_time_without_an_offset_is_the_clinics(week: Week, at: str) -> None:
    assert week.status(at)["at"] == week.dated("{d}T01:00:00+00:00")


def test_people_read_the_state_in_both_languages(week: Week) -> None:
    output = week.desk.run("queue", "status", "--at", week.dated("{d}T09:00")).output
    assert "在线客服 · Online service" in output
    assert "开放中（服务时间内），今天 20:00 结束" in output
    assert "open (within fixed service hours), until today 20:00" in output


@pytest.mark.parametrize("at", ["tomorrow", "2027-13-01", "9999-12-31T00:00", "0001-01-01", ""])
def test_a_time_that_is_none_is_wrong_usage(terminal: Terminal, at: str) -> None:
    result = terminal.run("queue", "status", "--at", at)
    assert result.exit_code == 2
    assert "--at" in result.stderr


# ---- clinic import ---------------------------------------------------------------------------------------


def test_an_import_tells_every_row_and_again_changes_nothing(week: Week) -> None:
    report = week.imported(MORNING, NIGHT)
    assert (report["applied"], report["total"], report["added"], outcomes(report)) == (True, 2, 2, ["added", "added"])
    again = week.imported(MORNING, NIGHT)
    assert (again["unchanged"], again["added"]) == (2, 0)


def test_a_cancelled_session_closes_the_queue(week: Week) -> None:
    week.imported(MORNING)
    assert week.queues("{d}T09:00")["general"]["open"] is True
    assert outcomes(week.imported(MORNING.replace("开诊", "停诊"))) == ["cancelled"]
    general = week.queues("{d}T09:00")["general"]
    assert (general["open"], general["reason"]) == (False, "cancelled")


def test_bad_rows_are_told_one_by_one_and_nothing_is_imported(week: Week) -> None:
    bad = (
        "不存在科,,{d},08:00,12:00,上午,开诊\n",
        "皮肤科,吴安然,2027-02-30,08:00,12:00,上午,开诊\n",
        "皮肤科,吴安然,{d},12:00,08:00,上午,开诊\n",
        "呼吸科,wu-anran,{d},11:00,13:00,下午,开诊\n",
    )
    report = week.imported(MORNING, *bad, MORNING, code=1)
    assert (report["applied"], report["refused"]) == (False, 5)
    assert codes(report) == {
        3: ["department_unknown"],
        4: ["date_invalid"],
        5: ["end_before_start"],
        6: ["overlap"],
        7: ["duplicate"],
    }
    assert week.queues("{d}T09:00")["general"]["reason"] == "no_schedule"


def test_people_read_what_is_wrong_with_a_row(week: Week) -> None:
    result = week.desk.run("clinic", "import", week.file(MORNING, MORNING.replace("皮肤科", "不存在科")))
    assert result.exit_code == 1
    assert "row 3: refused" in result.stdout and "row 2" not in result.stdout
    assert "找不到科室“不存在科”" in result.stdout and "unknown department “不存在科”" in result.stdout
    assert "Nothing was imported; rows refused: 1." in result.stdout


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_come_in_every_usual_encoding(week: Week, encoding: str) -> None:
    file = week.file(MORNING, encoding=encoding)
    assert week.desk.json("clinic", "import", file)["added"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"department,date\n", "doctor, start, end, kind, status"),
        (b"", "clinic.columns_missing"),
        (b"PK\x03\x04\x00\x00\x00", "clinic.sheet_unreadable"),
    ],
)
def test_a_file_that_is_no_schedule_is_refused_with_the_reason(terminal: Terminal, content: bytes, said: str) -> None:
    result = terminal.run("clinic", "import", terminal.file(content))
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("clinic", "import"), ("clinic", "import", "/nowhere/file.csv"), ("clinic", "impart"), ("queue", "stat")],
)
def test_wrong_usage_ends_with_two(terminal: Terminal, arguments: Sequence[str]) -> None:
    assert terminal.run(*arguments).exit_code == 2


def test_a_new_clinic_brings_its_departments_and_doctors_in(terminal: Terminal) -> None:
    departments = terminal.file("编号,name\n", name="none.csv")
    assert terminal.run("clinic", "departments", departments).exit_code == 1
    departments = terminal.file("id,name,name_en\nskin,皮肤科,Dermatology\n", name="departments.csv")
    doctors = terminal.file("id,name,department\nwu,吴安然,皮肤科\n", name="doctors.csv")
    assert terminal.json("clinic", "departments", departments)["added"] == 1
    assert terminal.json("clinic", "doctors", doctors)["added"] == 1
    assert (
        terminal.json("clinic", "import", terminal.file((HEADING + MORNING).replace("{d}", "2027-03-01")))["added"] == 1
    )
